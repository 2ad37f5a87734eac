// The types of columns.
//
//   bool                     one byte a value, 0 or 1
//   int8 int16 int32 int64   two's complement
//   float32 float64          IEEE 754
//   decimal(p, s)            128-bit two's complement of value × 10^s, 1 <= p <= 38, 0 <= s <= p
//   string binary            int32 offsets and bytes; strings hold valid UTF-8
//   date                     int32 days since 1970-01-01
//   timestamp                int64 microseconds since 1970-01-01T00:00Z: an instant
//   timestamp_ntz            int64 microseconds of a wall clock without a zone
//   list<T>                  int32 offsets and one child
//   fixed_size_list<T, n>    one child with n values a row
//   struct<a: T, b: U>       one child a field
//   null                     only the type of the literal null, before it takes another's
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

enum class TypeKind : std::uint8_t {
  kNull,
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kDecimal128,
  kString,
  kBinary,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kList,
  kFixedSizeList,
  kStruct,
};

struct Field;

/// An immutable type; cheap to copy and compare.
class Type {
 public:
  Type() = default;
  /// A type without parameters. Implicit, so that TypeKind::kInt64 can be given where a Type is wanted.
  Type(TypeKind kind) : kind_(kind) {}  // NOLINT(google-explicit-constructor)
  static Type decimal(int precision, int scale);
  static Type list(Type element);
  static Type fixed_size_list(Type element, std::int32_t size);
  static Type structure(std::vector<Field> fields);

  TypeKind kind() const { return kind_; }
  int precision() const { return precision_; }
  int scale() const { return scale_; }
  /// Values per row of a fixed_size_list.
  std::int32_t list_size() const { return list_size_; }
  /// The child fields: one named "element" for both kinds of list, the fields of a struct, else empty.
  const std::vector<Field>& fields() const;
  const Type& element() const;

  /// Bytes of one value in the values buffer; 0 for types without such a buffer (string, binary, list, struct, null).
  std::size_t value_bytes() const;

  bool is_integer() const { return kind_ >= TypeKind::kInt8 && kind_ <= TypeKind::kInt64; }
  bool is_floating() const { return kind_ == TypeKind::kFloat32 || kind_ == TypeKind::kFloat64; }
  bool is_numeric() const { return kind_ >= TypeKind::kInt8 && kind_ <= TypeKind::kDecimal128; }
  bool is_binary_like() const { return kind_ == TypeKind::kString || kind_ == TypeKind::kBinary; }
  bool is_timestamp() const { return kind_ == TypeKind::kTimestamp || kind_ == TypeKind::kTimestampNtz; }
  bool is_list() const { return kind_ == TypeKind::kList || kind_ == TypeKind::kFixedSizeList; }
  bool is_nested() const { return kind_ >= TypeKind::kList; }

  /// The text form listed at the top of this file, as pipelines and messages write it.
  std::string to_string() const;
  /// Reads the text form. Empty when `text` is no type.
  static std::optional<Type> parse(std::string_view text);

  friend bool operator==(const Type& a, const Type& b);

 private:
  TypeKind kind_ = TypeKind::kNull;
  std::int8_t precision_ = 0;
  std::int8_t scale_ = 0;
  std::int32_t list_size_ = 0;
  std::shared_ptr<const std::vector<Field>> fields_;
};

struct Field {
  std::string name;
  Type type;
  bool nullable = true;

  friend bool operator==(const Field&, const Field&) = default;
};

/// An ordered list of uniquely named fields.
class Schema {
 public:
  Schema() = default;
  /// Throws Error(kInvalidPipeline) when two fields share a name.
  explicit Schema(std::vector<Field> fields);

  std::size_t size() const { return fields_.size(); }
  const Field& operator[](std::size_t index) const { return fields_[index]; }
  const std::vector<Field>& fields() const { return fields_; }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

  std::optional<std::size_t> find(std::string_view name) const;
  /// Like find(), but throws Error(kNotFound) with the valid names and the nearest one.
  std::size_t index_of(std::string_view name) const;
  std::vector<std::string> names() const;
  /// "a: int64, b: string not null".
  std::string to_string() const;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
};

/// The plain scalar type names (no parameters), for messages and documentation.
const std::vector<std::string>& type_names();

}  // namespace headrace
