// Arrays as lists. See npy_column.h.
//
// A type of n dimensions is a chain of lists; each row appends to the offsets of every list of the chain and its
// values, in C order, to one buffer. A row that is null or bad appends zeros where sizes are fixed, and nothing else.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/petastorm/npy.h"
#include "headrace/io/petastorm/npy_column.h"

namespace headrace {
namespace {

/// IEEE 754 half precision, exactly.
float float_of_half(std::uint16_t half) {
  std::uint32_t sign = static_cast<std::uint32_t>(half >> 15) << 31;
  std::uint32_t exponent = half >> 10 & 0x1f;
  std::uint32_t mantissa = half & 0x3ff;
  if (exponent == 0) {
    float value = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  std::uint32_t wide = exponent == 31 ? 0xff : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

/// Appends one element; false when its value does not fit.
using AppendElement = bool (*)(const char* from, BufferBuilder& values);

template <typename From, typename To>
bool append_number(const char* from, BufferBuilder& values) {
  From value;
  std::memcpy(&value, from, sizeof(value));
  values.append_value(static_cast<To>(value));
  return true;
}

bool append_bool(const char* from, BufferBuilder& values) {
  values.append_value(static_cast<std::uint8_t>(*from != 0 ? 1 : 0));
  return true;
}

bool append_half(const char* from, BufferBuilder& values) {
  std::uint16_t half;
  std::memcpy(&half, from, sizeof(half));
  values.append_value(float_of_half(half));
  return true;
}

bool append_days(const char* from, BufferBuilder& values) {
  std::int64_t days;
  std::memcpy(&days, from, sizeof(days));
  values.append_value(static_cast<std::int32_t>(days));
  return days >= INT32_MIN && days <= INT32_MAX;
}

/// Microseconds; "not a time" does not fit.
bool append_times(const char* from, BufferBuilder& values) {
  std::int64_t time;
  std::memcpy(&time, from, sizeof(time));
  values.append_value(time);
  return time != INT64_MIN;
}

/// A type of numpy and how it is read.
struct ElementForm {
  std::string_view numpy_dtype;
  std::string_view descr;
  std::size_t bytes;
  TypeKind kind;
  AppendElement append;
};

constexpr ElementForm kForms[] = {
    {"bool_", "|b1", 1, TypeKind::kBool, append_bool},
    {"int8", "|i1", 1, TypeKind::kInt8, append_number<std::int8_t, std::int8_t>},
    {"int16", "<i2", 2, TypeKind::kInt16, append_number<std::int16_t, std::int16_t>},
    {"int32", "<i4", 4, TypeKind::kInt32, append_number<std::int32_t, std::int32_t>},
    {"int64", "<i8", 8, TypeKind::kInt64, append_number<std::int64_t, std::int64_t>},
    {"uint8", "|u1", 1, TypeKind::kInt16, append_number<std::uint8_t, std::int16_t>},
    {"uint16", "<u2", 2, TypeKind::kInt32, append_number<std::uint16_t, std::int32_t>},
    {"uint32", "<u4", 4, TypeKind::kInt64, append_number<std::uint32_t, std::int64_t>},
    {"float16", "<f2", 2, TypeKind::kFloat32, append_half},
    {"float32", "<f4", 4, TypeKind::kFloat32, append_number<float, float>},
    {"float64", "<f8", 8, TypeKind::kFloat64, append_number<double, double>},
    {"datetime64", "<M8[D]", 8, TypeKind::kDate, append_days},
    {"datetime64", "<M8[us]", 8, TypeKind::kTimestamp, append_times},
    {"datetime64", "<M8[us]", 8, TypeKind::kTimestampNtz, append_times},
};

const ElementForm* find_form(std::string_view descr, TypeKind kind) {
  for (const ElementForm& form : kForms) {
    if (form.descr == descr && form.kind == kind) return &form;
  }
  return nullptr;
}

class Decoder {
 public:
  Decoder(const Column& bytes, const Type& type, MemoryBudget& memory, const BadValue& report)
      : bytes_(bytes), report_(report), values_(memory), validity_(memory) {
    for (const Type* level = &type; level->is_nested(); level = &level->element()) levels_.emplace_back(*level, memory);
    leaf_ = levels_.empty() ? type : levels_.back().type.element();
    for (Level& level : levels_) level.offsets.append_value(std::int32_t{0});
  }

  Column decode() {
    bool has_nulls = false;
    for (std::int64_t row = 0; row < bytes_.length(); ++row) {
      bool is_valid = !bytes_.is_null(row);
      std::string problem = is_valid ? append(bytes_.string_at(row)) : std::string();
      is_valid = is_valid && problem.empty();
      if (!problem.empty()) report_(row, "array", std::move(problem));
      if (!is_valid) append_nothing();
      validity_.append_value(static_cast<std::uint8_t>(is_valid ? 1 : 0));
      has_nulls = has_nulls || !is_valid;
    }
    std::shared_ptr<const Buffer> validity = has_nulls ? validity_.take() : nullptr;
    std::int64_t length = values_length();
    Column column = Column::fixed(leaf_, length, values_.take(), levels_.empty() ? validity : nullptr);
    for (std::size_t i = levels_.size(); i > 0; --i) {
      Level& level = levels_[i - 1];
      std::shared_ptr<const Buffer> rows_validity = i == 1 ? validity : nullptr;
      column = level.is_fixed()
                   ? Column::fixed_size_list(level.type, level.length, std::move(column), rows_validity)
                   : Column::list(level.type, level.length, level.offsets.take(), std::move(column), rows_validity);
    }
    return column;
  }

 private:
  /// One list of the chain.
  struct Level {
    Level(Type list, MemoryBudget& memory) : type(std::move(list)), offsets(memory) {}
    bool is_fixed() const { return type.kind() == TypeKind::kFixedSizeList; }

    Type type;
    BufferBuilder offsets;        // of a list
    std::int64_t length = 0;      // lists so far
    std::int64_t child_rows = 0;  // of all of them
  };

  std::int64_t values_length() const { return levels_.empty() ? bytes_.length() : levels_.back().child_rows; }

  /// Appends an array; returns why not, with nothing appended.
  std::string append(std::string_view bytes) {
    NpyArray array;
    std::string problem = parse_npy(bytes, array);
    if (!problem.empty()) return problem;
    const ElementForm* form = find_form(array.descr, leaf_.kind());
    if (form == nullptr)
      return fmt::format("an array of {} where {} is wanted", excerpt(array.descr), leaf_.to_string());
    problem = check_shape(array, form->bytes, bytes.size());
    if (!problem.empty()) return problem;
    std::size_t size_before = values_.size_bytes();
    if (!append_values(array, *form)) {
      values_.resize(size_before);
      return "an element of the array does not fit";
    }
    append_lists(array.shape);
    return {};
  }

  std::string check_shape(const NpyArray& array, std::size_t element_bytes, std::size_t bytes_total) const {
    bool fits = array.shape.size() == levels_.size();
    for (std::size_t i = 0; fits && i < levels_.size(); ++i) {
      fits = !levels_[i].is_fixed() || levels_[i].type.list_size() == array.shape[i];
    }
    if (!fits)
      return fmt::format("an array of shape ({}) where {} is wanted", fmt::join(array.shape, ", "), type_text());
    if (static_cast<std::uint64_t>(array.count()) * element_bytes != array.values.size() ||
        static_cast<std::uint64_t>(array.count()) > bytes_total) {
      return fmt::format("an array of shape ({}) in {} bytes", fmt::join(array.shape, ", "), array.values.size());
    }
    // An empty array may be empty many times over: (1000000, 0).
    std::int64_t lists = 1;
    for (std::int64_t size : array.shape) {
      lists *= size;
      if (lists > static_cast<std::int64_t>(bytes_total)) return "the shape of the array is too large";
    }
    return {};
  }

  std::string type_text() const { return levels_.empty() ? leaf_.to_string() : levels_.front().type.to_string(); }

  bool append_values(const NpyArray& array, const ElementForm& form) {
    std::int64_t count = array.count();
    if (!array.is_fortran || array.shape.size() < 2) {
      for (std::int64_t i = 0; i < count; ++i) {
        if (!form.append(array.values.data() + static_cast<std::size_t>(i) * form.bytes, values_)) return false;
      }
      return true;
    }
    std::vector<std::int64_t> at(array.shape.size(), 0);  // the index of the element, counted up in C order
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t place = 0;
      for (std::size_t d = at.size(); d > 0; --d) place = place * array.shape[d - 1] + at[d - 1];
      if (!form.append(array.values.data() + static_cast<std::size_t>(place) * form.bytes, values_)) return false;
      for (std::size_t d = at.size(); d > 0 && ++at[d - 1] == array.shape[d - 1]; --d) at[d - 1] = 0;
    }
    return true;
  }

  void append_lists(const std::vector<std::int64_t>& shape) {
    std::int64_t lists = 1;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      Level& level = levels_[i];
      if (level.child_rows + lists * shape[i] > std::numeric_limits<std::int32_t>::max()) {
        throw Error(ErrorCode::kUnsupported, "a column of arrays holds more than 2^31 elements in one batch");
      }
      level.length += lists;
      if (level.is_fixed()) {
        level.child_rows += lists * shape[i];
      } else {
        for (std::int64_t list = 0; list < lists; ++list) {
          level.child_rows += shape[i];
          level.offsets.append_value(static_cast<std::int32_t>(level.child_rows));
        }
      }
      lists *= shape[i];
    }
  }

  /// A row without an array: as little as the sizes allow.
  void append_nothing() {
    std::vector<std::int64_t> shape;
    std::int64_t count = 1;
    for (const Level& level : levels_) {
      shape.push_back(level.is_fixed() ? level.type.list_size() : 0);
      count *= shape.back();
    }
    append_lists(shape);
    values_.append_fill(0, static_cast<std::size_t>(count) * leaf_.value_bytes());
  }

  const Column& bytes_;
  const BadValue& report_;
  std::vector<Level> levels_;  // the outermost first
  Type leaf_;
  BufferBuilder values_;
  BufferBuilder validity_;
};

}  // namespace

std::optional<Type> array_type(const UnischemaField& field) {
  const ElementForm* form = nullptr;
  for (const ElementForm& known : kForms) {
    if (known.numpy_dtype == field.numpy_dtype && field.numpy_dtype != "datetime64") form = &known;
  }
  if (form == nullptr || field.codec.kind != UnischemaCodec::Kind::kNdarray) return std::nullopt;
  Type type = form->kind;
  for (auto size = field.shape.rbegin(); size != field.shape.rend(); ++size) {
    if (*size && (**size == 0 || **size > INT32_MAX)) return std::nullopt;
    type = *size ? Type::fixed_size_list(type, static_cast<std::int32_t>(**size)) : Type::list(type);
  }
  return type;
}

bool is_array_of_times(const Type& type) {
  if (!type.is_list()) return false;
  return type.element().kind() == TypeKind::kDate || type.element().is_timestamp() || is_array_of_times(type.element());
}

Column decode_arrays(const Column& bytes, const Type& type, MemoryBudget& memory, const BadValue& report) {
  return Decoder(bytes, type, memory, report).decode();
}

}  // namespace headrace
