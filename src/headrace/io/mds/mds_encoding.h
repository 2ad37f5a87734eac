// How MDS encodes the values of a column, and which of our types that is.
//
//   uint8 … int64, int, float16 … float64   the number; int is int64
//   str, json, bytes, jpeg, png             the text or the bytes
//   str_decimal, str_int, str_float         the number as text
//   ndarray:DTYPE:2,3                       the elements of an array of that shape, row by row
//   ndarray:DTYPE                           a byte axes << 2 | log2 of the bytes of a size, the sizes, the elements
//
// Booleans are written as uint8, dates as int32 (days since 1970), timestamps as int64 (microseconds since 1970). Read
// without declared columns they come back as the integers that they are in the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/type.h"

namespace headrace {

enum class MdsNumber : std::uint8_t {
  kUInt8,
  kInt8,
  kUInt16,
  kInt16,
  kFloat16,
  kUInt32,
  kInt32,
  kFloat32,
  kUInt64,
  kInt64,
  kFloat64,
};

struct MdsEncoding {
  enum class Kind : std::uint8_t {
    kNumber,
    kText,
    kBytes,
    kDecimalText,
    kIntText,
    kFloatText,
    kArray,        // of `shape`
    kRaggedArray,  // of any shape
    kOther,        // cannot be read
  };

  std::string text;  // as files name it
  Kind kind = Kind::kOther;
  MdsNumber number = MdsNumber::kUInt8;  // of numbers and arrays
  std::vector<std::int64_t> shape;
  std::int64_t size_bytes = 0;  // of a value; 0: each has its own

  /// Elements of an array with a shape.
  std::int64_t element_count() const;
};

std::int64_t bytes_of(MdsNumber number);

/// What `text` means; Kind::kOther when it names nothing that can be read.
MdsEncoding parse_mds_encoding(std::string_view text);
/// The name of the encoding that a type is written with; empty when there is none.
std::optional<std::string> mds_encoding_of(const Type& type);
/// The type that values of `encoding` are decoded as; empty when they cannot be. `declared`, if not nullptr, says which
/// of the types that look alike in a file is meant.
std::optional<Type> mds_decoded_type(const MdsEncoding& encoding, const Type* declared);

}  // namespace headrace
