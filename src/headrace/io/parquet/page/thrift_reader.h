// Reads structs of Thrift's compact protocol: as much of it as Parquet's page headers use.
//
//   struct    fields, then a byte 0
//   field     id delta (4 bits) | type (4 bits); delta 0: the id follows as a zigzag varint
//   integers  zigzag varints; bool is the type itself: 1 true, 2 false
//   binary    length, bytes; list: size (4 bits, 15: as varint) | type, elements; map: size, types, pairs
//
// Every read is checked against the end of the bytes, and fields that are not asked for are skipped, nested ones up to
// a depth. What does not parse throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace headrace {

class ThriftReader {
 public:
  enum class Kind : std::uint8_t {
    kStop = 0,
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kInt16 = 4,
    kInt32 = 5,
    kInt64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
  };
  struct FieldHeader {
    int id = 0;
    Kind kind = Kind::kStop;
  };

  explicit ThriftReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The bytes read so far.
  std::size_t position() const { return at_; }
  /// Whether the last failure came from the end of the bytes: with more of them, it may parse.
  bool ended() const { return ended_; }

  /// Calls `on_field(header)` for each field of the struct that starts here. It reads the value, or calls skip().
  template <typename OnField>
  void read_struct(OnField on_field) {
    FieldHeader header;
    while (next_field(header)) on_field(header);
  }
  void skip(const FieldHeader& header) { skip_value(header.kind, 0); }

  /// The value of an int32 field; throws when it is of another kind.
  std::int32_t int32(const FieldHeader& header);
  bool boolean(const FieldHeader& header) const;
  void expect_struct(const FieldHeader& header) const;

 private:
  bool next_field(FieldHeader& header);
  std::uint8_t byte();
  std::uint64_t varint();
  std::int64_t zigzag();
  void skip_bytes(std::uint64_t count);
  void skip_value(Kind kind, int depth);

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace headrace
