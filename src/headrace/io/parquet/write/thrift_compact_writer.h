// Writes structs in Thrift's compact protocol, in which Parquet keeps page headers and footers.
//
//   field    a byte: difference to the last field's number in the high half, type in the low half; then the value
//   i16 …    varint of the zigzag form         bool   in the field's byte
//   binary   varint length, then the bytes     list   size and element type in a byte (size from 15 on: varint behind)
//   struct   its fields, then a zero byte
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "headrace/base/error.h"

namespace headrace {

/// Fields of a struct are written by rising number; structs are begun and ended in turn, the outermost by its owner.
class ThriftCompactWriter {
 public:
  enum class Type : std::uint8_t {
    kTrue = 1,
    kFalse = 2,
    kI8 = 3,
    kI16 = 4,
    kI32 = 5,
    kI64 = 6,
    kBinary = 8,
    kList = 9,
    kStruct = 12
  };

  explicit ThriftCompactWriter(std::string& out) : out_(out) {}

  void begin_struct() {
    HEADRACE_CHECK(depth_ + 1 < last_fields_.size());
    last_fields_[++depth_] = 0;
  }
  void end_struct() {
    HEADRACE_CHECK(depth_ > 0);
    --depth_;
    out_.push_back('\0');
  }

  void field_bool(int number, bool value) { field(number, value ? Type::kTrue : Type::kFalse); }
  void field_i8(int number, std::int8_t value) {
    field(number, Type::kI8);
    out_.push_back(static_cast<char>(value));
  }
  void field_i16(int number, std::int16_t value) { field_integer(number, Type::kI16, value); }
  void field_i32(int number, std::int32_t value) { field_integer(number, Type::kI32, value); }
  void field_i64(int number, std::int64_t value) { field_integer(number, Type::kI64, value); }
  void field_binary(int number, std::string_view value) {
    field(number, Type::kBinary);
    put_binary(value);
  }
  /// Begins a struct that is a field of the present one.
  void field_struct(int number) {
    field(number, Type::kStruct);
    begin_struct();
  }
  /// Begins a list of `size` elements, which follow: put_i32(), put_binary(), or begin_struct() to end_struct().
  void field_list(int number, Type element, std::size_t size) {
    field(number, Type::kList);
    std::uint8_t type = static_cast<std::uint8_t>(element);
    if (size < 15) return out_.push_back(static_cast<char>(size << 4 | type));
    out_.push_back(static_cast<char>(0xf0 | type));
    put_varint(size);
  }

  void put_i32(std::int32_t value) { put_varint(zigzag(value)); }
  void put_binary(std::string_view value) {
    put_varint(value.size());
    out_ += value;
  }

 private:
  static std::uint64_t zigzag(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  }

  void put_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }

  void field(int number, Type type) {
    int step = number - last_fields_[depth_];
    HEADRACE_CHECK(depth_ > 0 && step > 0 && step < 16);
    out_.push_back(static_cast<char>(step << 4 | static_cast<int>(type)));
    last_fields_[depth_] = number;
  }

  void field_integer(int number, Type type, std::int64_t value) {
    field(number, type);
    put_varint(zigzag(value));
  }

  std::string& out_;
  std::array<int, 8> last_fields_{};  // by depth
  std::size_t depth_ = 0;
};

}  // namespace headrace
