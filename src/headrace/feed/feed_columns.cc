// See feed_columns.h.
#include "headrace/feed/feed_columns.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/expr.h"
#include "headrace/expr/shared_parts.h"

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

/// Whether a whole number is a value of an integer type or bool.
bool fits(const Type& type, double value) {
  if (type.kind() == TypeKind::kBool) return value == 0 || value == 1;
  double half = std::ldexp(1.0, static_cast<int>(type.value_bytes()) * 8 - 1);
  return value == std::floor(value) && value >= -half && value < half;
}

class Settler {
 public:
  Settler(const Schema& schema, const FeedOptions& options, bool by_column)
      : schema_(schema), options_(options), by_column_(by_column) {}

  FeedColumns settle() {
    make_computed();
    std::vector<std::string> names = options_.columns.empty() ? shown_.names() : options_.columns;
    check_named(names);
    for (const std::string& name : names) add(shown_[shown_.index_of(name)]);
    make_units();
    if (options_.remainder == Remainder::kPad) {
      result_.padding_mask = add_tensor({kPaddingMask, TypeKind::kBool, 1, false, false, 0, 0});
    }
    for (const TensorColumn& tensor : result_.tensors) {
      if (!tensor.is_ragged) result_.row_bytes_of_fixed += static_cast<double>(tensor.row_bytes());
    }
    return std::move(result_);
  }

 private:
  /// The columns that can be had: those that are stored, or those that are computed of them.
  void make_computed() {
    if (options_.exprs.empty()) {
      shown_ = schema_;
      for (const Field& field : schema_) exprs_.push_back(headrace::column(field.name));
      return;
    }
    std::vector<Field> fields;
    for (const FeedExpr& computed : options_.exprs) {
      BoundExprPtr bound = headrace::bind(computed.expr, schema_);
      fields.push_back({computed.name, bound->type, bound->nullable});
      exprs_.push_back(computed.expr);
    }
    shown_ = Schema(std::move(fields));
  }

  void check_named(const std::vector<std::string>& names) const {
    auto check = [&](const auto& options, const char* what) {
      for (const auto& [name, _] : options) {
        shown_.index_of(name);
        if (std::ranges::find(names, name) == names.end()) {
          throw Error(ErrorCode::kInvalidArgument, fmt::format("{} names column '{}', which is not fed", what, name),
                      "add it to columns, or leave it out");
        }
      }
    };
    check(options_.dtypes, "dtype");
    check(options_.nulls_of, "nulls");
    check(options_.list_lengths, "list_lengths");
    check(options_.augmentations, "augment");
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
    Expr expr = exprs_[shown_.index_of(field.name)];
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
    if (auto augmented = options_.augmentations.find(field.name); augmented != options_.augmentations.end()) {
      check_augmentation(field, type, augmented->second);
      column.augmentation = augmented->second;
    }
    wanted_.push_back({std::move(column), std::move(expr)});
  }

  static void check_augmentation(const Field& field, const Type& type, const Augmentation& augmentation) {
    if (augmentation.kind == Augmentation::Kind::kNoise && !type.is_floating()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("noise on column '{}', which is {}", field.name, type.to_string()),
                  "noise is for floating columns: give it such a dtype");
    }
    if (augmentation.kind == Augmentation::Kind::kReplace && !type.is_floating() && !fits(type, augmentation.value)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("column '{}' is {} and cannot be replaced by {}", field.name, type.to_string(),
                              augmentation.value),
                  "a value of the column's type");
    }
    if (field.type.is_list() || !(augmentation.probability >= 0 && augmentation.probability <= 1)) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("column '{}' cannot be augmented with probability {}", field.name, augmentation.probability),
          "columns of single values can, with a probability from 0 to 1");
    }
  }

  /// Columns that are computed of the same stored ones are read together; without `by_column`, all are.
  void make_units() {
    std::vector<FeedUnit>& units = result_.units;
    for (Wanted& each : wanted_) {
      FeedUnit joined;
      collect_columns(each.expr, joined.source_columns);
      joined.columns.push_back(std::move(each.column));
      exprs_of_[joined.columns[0].tensor] = each.expr;
      bool is_stored = std::holds_alternative<ColumnRef>(each.expr->kind);
      for (std::size_t i = 0; i < units.size();) {
        bool shares = !by_column_ || (!(is_stored && is_stored_[i]) && share_column(units[i], joined));
        if (!shares) {
          ++i;
          continue;
        }
        join(units[i], joined);
        joined = std::move(units[i]);
        units.erase(units.begin() + static_cast<std::ptrdiff_t>(i));
        is_stored_.erase(is_stored_.begin() + static_cast<std::ptrdiff_t>(i));
        is_stored = false;
      }
      units.push_back(std::move(joined));
      is_stored_.push_back(is_stored);
    }
    for (FeedUnit& unit : units) bind_unit(unit);
  }

  static bool share_column(const FeedUnit& a, const FeedUnit& b) {
    return std::ranges::any_of(a.source_columns, [&](const std::string& name) {
      return std::ranges::find(b.source_columns, name) != b.source_columns.end();
    });
  }

  static void join(FeedUnit& unit, FeedUnit& other) {
    for (std::string& name : other.source_columns) {
      if (std::ranges::find(unit.source_columns, name) == unit.source_columns.end()) {
        unit.source_columns.push_back(std::move(name));
      }
    }
    std::ranges::move(other.columns, std::back_inserter(unit.columns));
  }

  void bind_unit(FeedUnit& unit) {
    std::vector<Field> fields;
    for (const std::string& name : unit.source_columns) fields.push_back(schema_[schema_.index_of(name)]);
    Schema schema(std::move(fields));
    std::vector<BoundExprPtr> bound;
    for (const FeedColumn& column : unit.columns) bound.push_back(headrace::bind(exprs_of_[column.tensor], schema));
    bound = share_equal_parts(bound);
    for (std::size_t i = 0; i < bound.size(); ++i) {
      unit.columns[i].expr = bound[i];
      unit.is_computed |= bound[i]->kind != BoundExpr::Kind::kColumn;
    }
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

  struct Wanted {
    FeedColumn column;
    Expr expr;
  };

  const Schema& schema_;
  const FeedOptions& options_;
  bool by_column_;
  Schema shown_;             // what columns can be named
  std::vector<Expr> exprs_;  // of them
  std::vector<Wanted> wanted_;
  std::vector<bool> is_stored_;           // by unit, while they are made
  std::map<std::size_t, Expr> exprs_of_;  // by tensor
  FeedColumns result_;
  std::set<std::string> names_;
};

}  // namespace

std::string mask_name(const std::string& column) { return column + "_is_valid"; }

FeedColumns feed_columns(const Schema& schema, const FeedOptions& options, bool by_column) {
  return Settler(schema, options, by_column).settle();
}

}  // namespace headrace
