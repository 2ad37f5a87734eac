// See example_parse.h.
#include "headrace/io/tfrecord/example_parse.h"

namespace headrace {
namespace {

// Unpacked values: field 1 of a list as a varint or as four bytes.
constexpr std::uint64_t kTagInt = 0x08;
constexpr std::uint64_t kTagFloat = 0x0d;

bool parse_ints(std::string_view list, std::vector<std::int64_t>& values) {
  WireCursor fields(list);
  std::uint64_t tag = 0;
  std::uint64_t value = 0;
  while (!fields.at_end()) {
    if (!fields.read_varint(tag)) return false;
    if (tag == kTagFirst) {
      std::string_view packed;
      if (!fields.read_bytes(packed)) return false;
      WireCursor cursor(packed);
      while (!cursor.at_end()) {
        if (!cursor.read_varint(value)) return false;
        values.push_back(static_cast<std::int64_t>(value));
      }
    } else if (tag == kTagInt) {
      if (!fields.read_varint(value)) return false;
      values.push_back(static_cast<std::int64_t>(value));
    } else if (!fields.skip(tag)) {
      return false;
    }
  }
  return true;
}

bool parse_floats(std::string_view list, std::vector<float>& values) {
  WireCursor fields(list);
  std::uint64_t tag = 0;
  float value = 0;
  while (!fields.at_end()) {
    if (!fields.read_varint(tag)) return false;
    if (tag == kTagFirst) {
      std::string_view packed;
      if (!fields.read_bytes(packed)) return false;
      WireCursor cursor(packed);
      while (!cursor.at_end()) {
        if (!cursor.read_float(value)) return false;
        values.push_back(value);
      }
    } else if (tag == kTagFloat) {
      if (!fields.read_float(value)) return false;
      values.push_back(value);
    } else if (!fields.skip(tag)) {
      return false;
    }
  }
  return true;
}

bool parse_texts(std::string_view list, std::vector<std::string_view>& values) {
  WireCursor fields(list);
  std::uint64_t tag = 0;
  std::string_view value;
  while (!fields.at_end()) {
    if (!fields.read_varint(tag)) return false;
    if (tag == kTagFirst) {
      if (!fields.read_bytes(value)) return false;
      values.push_back(value);
    } else if (!fields.skip(tag)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool WireCursor::read_long_varint(std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) return false;
    std::uint64_t byte = static_cast<unsigned char>(*at_++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireCursor::skip(std::uint64_t tag) {
  if (tag >> 3 == 0 || tag >> 32 != 0) return false;  // Field numbers begin at 1 and have 29 bits.
  std::uint64_t varint = 0;
  std::string_view bytes;
  switch (tag & 7) {
    case 0: return read_varint(varint);
    case 2: return read_bytes(bytes);
    case 1:
    case 5: {
      std::ptrdiff_t size = (tag & 7) == 1 ? 8 : 4;
      if (end_ - at_ < size) return false;
      at_ += size;
      return true;
    }
    default: return false;
  }
}

bool parse_feature(std::string_view feature, FeatureValues& values) {
  auto clear = [&](FeatureKind kind) {
    values.kind = kind;
    values.ints.clear();
    values.floats.clear();
    values.texts.clear();
  };
  clear(FeatureKind::kNone);
  WireCursor fields(feature);
  while (!fields.at_end()) {
    std::uint64_t tag = 0;
    std::string_view list;
    if (!fields.read_varint(tag)) return false;
    FeatureKind kind = tag <= 0x7f ? static_cast<FeatureKind>(tag) : FeatureKind::kNone;
    bool is_list = kind == FeatureKind::kInt64 || kind == FeatureKind::kFloat || kind == FeatureKind::kBytes;
    if (!is_list) {
      if (!fields.skip(tag)) return false;
      continue;
    }
    if (!fields.read_bytes(list)) return false;
    if (kind != values.kind) clear(kind);
    bool parsed = kind == FeatureKind::kInt64   ? parse_ints(list, values.ints)
                  : kind == FeatureKind::kFloat ? parse_floats(list, values.floats)
                                                : parse_texts(list, values.texts);
    if (!parsed) return false;
  }
  return true;
}

}  // namespace headrace
