// See thrift_reader.h.
#include "headrace/io/parquet/page/thrift_reader.h"

#include <limits>

#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

constexpr int kDepthMax = 16;

[[noreturn]] void malformed() { damaged_page("a page header is malformed"); }

}  // namespace

std::uint8_t ThriftReader::byte() {
  if (at_ >= bytes_.size()) {
    ended_ = true;
    damaged_page("a page header ends too early");
  }
  return std::to_integer<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t ThriftReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    std::uint64_t bits = byte();
    value |= (bits & 0x7f) << shift;
    if ((bits & 0x80) == 0) return value;
  }
  malformed();
}

std::int64_t ThriftReader::zigzag() {
  std::uint64_t value = varint();
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

bool ThriftReader::next_field(FieldHeader& header) {
  std::uint8_t first = byte();
  if (first == 0) return false;
  std::int64_t id = first >> 4 == 0 ? zigzag() : header.id + (first >> 4);
  if ((first & 0x0f) > static_cast<int>(Kind::kStruct) || (first & 0x0f) == 0) malformed();
  if (id < 0 || id > std::numeric_limits<std::int16_t>::max()) malformed();
  header = {static_cast<int>(id), static_cast<Kind>(first & 0x0f)};
  return true;
}

std::int32_t ThriftReader::int32(const FieldHeader& header) {
  if (header.kind != Kind::kInt32) malformed();
  std::int64_t value = zigzag();
  if (value != static_cast<std::int32_t>(value)) malformed();
  return static_cast<std::int32_t>(value);
}

bool ThriftReader::boolean(const FieldHeader& header) const {
  if (header.kind != Kind::kTrue && header.kind != Kind::kFalse) malformed();
  return header.kind == Kind::kTrue;
}

void ThriftReader::expect_struct(const FieldHeader& header) const {
  if (header.kind != Kind::kStruct) malformed();
}

void ThriftReader::skip_bytes(std::uint64_t count) {
  if (count > bytes_.size() - at_) {
    ended_ = true;
    damaged_page("a page header ends too early");
  }
  at_ += static_cast<std::size_t>(count);
}

void ThriftReader::skip_value(Kind kind, int depth) {
  if (depth > kDepthMax) malformed();
  switch (kind) {
    case Kind::kStop: malformed();
    case Kind::kTrue:
    case Kind::kFalse: return;
    case Kind::kByte: return skip_bytes(1);
    case Kind::kInt16:
    case Kind::kInt32:
    case Kind::kInt64: return static_cast<void>(varint());
    case Kind::kDouble: return skip_bytes(8);
    case Kind::kBinary: return skip_bytes(varint());
    case Kind::kStruct: return read_struct([&](const FieldHeader& header) { skip_value(header.kind, depth + 1); });
    default: break;
  }
  // Elements of collections carry no header, so a bool is a byte there.
  auto skip_element = [&](int element) {
    if (element < 1 || element > static_cast<int>(Kind::kStruct)) malformed();
    Kind element_kind = static_cast<Kind>(element);
    bool is_bool = element_kind == Kind::kTrue || element_kind == Kind::kFalse;
    skip_value(is_bool ? Kind::kByte : element_kind, depth + 1);
  };
  std::uint8_t first = kind == Kind::kMap ? 0 : byte();
  std::uint64_t size = kind == Kind::kMap || first >> 4 == 15 ? varint() : first >> 4;
  std::uint8_t types = kind == Kind::kMap && size > 0 ? byte() : first;
  // An element takes a byte at least, so that a declared size cannot keep the loop busy for longer than the bytes last.
  for (std::uint64_t i = 0; i < size; ++i) {
    std::size_t before = at_;
    if (kind == Kind::kMap) skip_element(types >> 4);
    skip_element(types & 0x0f);
    if (at_ == before) malformed();
  }
}

}  // namespace headrace
