// See feed_columns.h.
#include "headrace/feed/feed_columns.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/expr.h"

namespace headrace {
namespace {

bool is_element(const Type& type) {
  return type.value_bytes() > 0 && type.kind() != TypeKind::kDecimal128 && !type.is_nested();
}

/// The type that a tensor shows: dates and timestamps are the integers that they are stored as.
Type shown_type(const Type& type) {
  if (type.kind() == TypeKind::kDate) return TypeKind::kInt32;
  return type.is_timestamp() ? Type(TypeKind::kInt64) : type;
}

class Settler {
 public:
  Settler(const Schema& schema, const FeedOptions& options, bool by_column)
      : schema_(schema), options_(options), by_column_(by_column) {}

  FeedColumns settle() {
    std::vector<std::string> names = options_.columns.empty() ? schema_.names() : options_.columns;
    check_named(names);
    if (!by_column_) {
      result_.units.emplace_back();
      result_.units[0].source_columns = names;
    }
    for (const std::string& name : names) add(schema_[schema_.index_of(name)]);
    if (options_.remainder == Remainder::kPad) {
      result_.padding_mask = add_tensor({kPaddingMask, TypeKind::kBool, 1, false, false, 0, 0});
    }
    for (const TensorColumn& tensor : result_.tensors) {
      if (!tensor.is_ragged) result_.row_bytes_of_fixed += static_cast<double>(tensor.row_bytes());
    }
    return std::move(result_);
  }

 private:
  void check_named(const std::vector<std::string>& names) const {
    auto check = [&](const auto& options, const char* what) {
      for (const auto& [name, _] : options) {
        schema_.index_of(name);
        if (std::ranges::find(names, name) == names.end()) {
          throw Error(ErrorCode::kInvalidArgument, fmt::format("{} names column '{}', which is not fed", what, name),
                      "add it to columns, or leave it out");
        }
      }
    };
    check(options_.dtypes, "dtype");
    check(options_.nulls_of, "nulls");
    check(options_.list_lengths, "list_lengths");
  }

  void add(const Field& field) {
    TensorColumn tensor;
    tensor.name = field.name;
    const Type& element = field.type.is_list() ? field.type.element() : field.type;
    if (!is_element(element)) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column '{}' is {}, which is no tensor", field.name, field.type.to_string()),
                  "leave it out by columns=[…], or let a pipeline make numbers of it (hash, vocabulary, cast)");
    }
    FeedColumn column;
    Expr expr = headrace::column(field.name);
    Type type = shown_type(element);
    if (auto wanted = options_.dtypes.find(field.name); wanted != options_.dtypes.end() && wanted->second != type) {
      type = checked_dtype(field, wanted->second);
      expr = cast(std::move(expr), type);
    }
    tensor.type = type;
    auto length = options_.list_lengths.find(field.name);
    if (field.type.kind() == TypeKind::kFixedSizeList) {
      tensor.is_vector = true;
      tensor.width = field.type.list_size();
    } else if (field.type.kind() == TypeKind::kList && length != options_.list_lengths.end()) {
      tensor.is_vector = true;
      tensor.width = length->second;
    } else {
      tensor.is_ragged = field.type.kind() == TypeKind::kList;
    }
    if (length != options_.list_lengths.end()) check_length(field, length->second);
    auto nulls = options_.nulls_of.find(field.name);
    column.nulls = nulls == options_.nulls_of.end() ? options_.nulls : nulls->second;
    if (column.nulls == NullPolicy::kNan && !type.is_floating()) {
      if (nulls != options_.nulls_of.end()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("nulls of column '{}' cannot be NaN: it is {}", field.name, type.to_string()),
                    "\"zero\", \"mask\", or another dtype");
      }
      column.nulls = NullPolicy::kError;
    }
    column.tensor = add_tensor(std::move(tensor));
    if (column.nulls == NullPolicy::kMask && field.nullable) {
      column.mask = add_tensor({mask_name(field.name), TypeKind::kBool, 1, false, false, 0, 0});
    }
    place(field, std::move(column), expr);
  }

  void place(const Field& field, FeedColumn column, const Expr& expr) {
    if (by_column_) {
      column.expr = headrace::bind(expr, Schema({field}));
      result_.units.push_back({{field.name}, {std::move(column)}});
      return;
    }
    std::vector<Field> fields;
    for (const std::string& name : result_.units[0].source_columns) fields.push_back(schema_[schema_.index_of(name)]);
    column.expr = headrace::bind(expr, Schema(std::move(fields)));
    result_.units[0].columns.push_back(std::move(column));
  }

  static Type checked_dtype(const Field& field, const Type& wanted) {
    if (is_element(wanted) && !field.type.is_list()) return wanted;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("column '{}' is {} and cannot become {}", field.name, field.type.to_string(), wanted.to_string()),
        field.type.is_list() ? "cast the elements of lists in the pipeline"
                             : "bool, int8 to int64, float32 and float64 are tensors");
  }

  static void check_length(const Field& field, std::int64_t length) {
    if (field.type.kind() != TypeKind::kList) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("list_lengths names column '{}', which is {}", field.name, field.type.to_string()),
                  "it is for lists of any length");
    }
    if (length < 1) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("the list length of column '{}' is {}", field.name, length),
                  "1 or more");
    }
  }

  std::size_t add_tensor(TensorColumn tensor) {
    if (!names_.insert(tensor.name).second) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("two tensors are called '{}'", tensor.name),
                  "a mask is called like its column with _is_valid, the mask of padding is_row: rename the column");
    }
    result_.tensors.push_back(std::move(tensor));
    return result_.tensors.size() - 1;
  }

  const Schema& schema_;
  const FeedOptions& options_;
  bool by_column_;
  FeedColumns result_;
  std::set<std::string> names_;
};

}  // namespace

std::string mask_name(const std::string& column) { return column + "_is_valid"; }

FeedColumns feed_columns(const Schema& schema, const FeedOptions& options, bool by_column) {
  return Settler(schema, options, by_column).settle();
}

}  // namespace headrace
