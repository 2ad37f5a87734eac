// Parses the wire format of tf.train.Example: a cursor over bytes that never reads beyond them, and the three messages.
//
// There is no recursion: nesting is Example, Features, entry, Feature, list, and nothing else is looked into.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "headrace/io/tfrecord/wire.h"

namespace headrace {

/// Decodes the varint that is all of `bytes`, at most 8 of them, from 8 readable bytes; false when it is not one
/// varint.
inline bool whole_varint(std::string_view bytes, std::uint64_t& value) {
  std::uint64_t x = 0;
  std::memcpy(&x, bytes.data(), sizeof(x));
  std::size_t unused_bits = 64 - 8 * bytes.size();
  x <<= unused_bits;
  x >>= unused_bits;
  // All bytes but the last have the continuation bit.
  std::uint64_t continues = 0x8080808080808080 >> unused_bits;
  std::uint64_t last = std::uint64_t{0x80} << (8 * (bytes.size() - 1));
  if ((x & continues) != (continues ^ last)) return false;
  // Eight groups of 7 bits move together: pairs, fours, eights.
  x = (x & 0x007f007f007f007f) | ((x & 0x7f007f007f007f00) >> 1);
  x = (x & 0x00003fff00003fff) | ((x & 0x3fff00003fff0000) >> 2);
  value = (x & 0x000000000fffffff) | ((x & 0x0fffffff00000000) >> 4);
  return true;
}

/// Reads fields of a message. Every read returns false on malformed bytes.
class WireCursor {
 public:
  explicit WireCursor(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const { return at_ == end_; }

  bool read_varint(std::uint64_t& value) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    return read_long_varint(value);
  }

  bool read_bytes(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (!read_varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return false;
    bytes = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  bool read_float(float& value) {
    if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof(value))) return false;
    std::memcpy(&value, at_, sizeof(value));
    at_ += sizeof(value);
    return true;
  }

  /// Skips the value of a field with that tag. Groups, which proto3 has not, are malformed.
  bool skip(std::uint64_t tag);

 private:
  bool read_long_varint(std::uint64_t& value);

  const char* at_;
  const char* end_;
};

/// Calls visit(bytes) for each field with `tag`, one with a length, of a message, and skips the others; false when the
/// message is malformed or as soon as visit() says so.
template <typename Visit>
bool visit_fields(std::string_view message, char tag, Visit&& visit) {
  WireCursor fields(message);
  while (!fields.at_end()) {
    std::uint64_t field_tag = 0;
    std::string_view bytes;
    if (!fields.read_varint(field_tag)) return false;
    bool is_wanted = field_tag == static_cast<std::uint64_t>(tag);
    bool is_valid = is_wanted ? fields.read_bytes(bytes) && visit(bytes) : fields.skip(field_tag);
    if (!is_valid) return false;
  }
  return true;
}

/// Calls visit(key, value bytes) for each entry of a map from texts to messages; false when malformed.
template <typename Visit>
bool visit_map(std::string_view map, Visit&& visit) {
  return visit_fields(map, kTagFirst, [&](std::string_view entry) {
    WireCursor fields(entry);
    std::string_view key;
    std::string_view value;
    while (!fields.at_end()) {
      std::uint64_t tag = 0;
      if (!fields.read_varint(tag)) return false;
      bool read = tag == kTagFirst    ? fields.read_bytes(key)
                  : tag == kTagSecond ? fields.read_bytes(value)
                                      : fields.skip(tag);
      if (!read) return false;
    }
    visit(key, value);
    return true;
  });
}

/// Calls visit(key, feature bytes) for each feature of an Example, or of the context of a SequenceExample, in the order
/// of the bytes; false when malformed.
template <typename Visit>
bool visit_features(std::string_view example, Visit&& visit) {
  return visit_fields(example, kTagFirst, [&](std::string_view features) { return visit_map(features, visit); });
}

/// Calls visit(key, feature list bytes) for each feature list of a SequenceExample; false when malformed.
template <typename Visit>
bool visit_feature_lists(std::string_view example, Visit&& visit) {
  return visit_fields(example, kTagSecond, [&](std::string_view lists) { return visit_map(lists, visit); });
}

/// Calls visit(feature bytes) for each step of a FeatureList; false when malformed.
template <typename Visit>
bool visit_steps(std::string_view feature_list, Visit&& visit) {
  return visit_fields(feature_list, kTagFirst, [&](std::string_view feature) {
    visit(feature);
    return true;
  });
}

/// The values of a Feature of any form.
struct FeatureValues {
  FeatureKind kind = FeatureKind::kNone;
  std::vector<std::int64_t> ints;
  std::vector<float> floats;
  std::vector<std::string_view> texts;

  std::size_t size() const { return ints.size() + floats.size() + texts.size(); }
};

/// Parses a Feature; false when malformed. Of several lists the last kind counts; lists of one kind are joined.
bool parse_feature(std::string_view feature, FeatureValues& values);

/// The payload of a Feature that is one packed list of `kind` (for bytes: a list of one text) and nothing else, as all
/// writers make it; false for any other form. data() is nullptr when the list is empty.
inline bool packed_payload(std::string_view feature, FeatureKind kind, std::string_view& payload) {
  WireCursor fields(feature);
  std::uint64_t tag = 0;
  std::string_view list;
  if (!fields.read_varint(tag) || tag != static_cast<std::uint64_t>(kind)) return false;
  if (!fields.read_bytes(list) || !fields.at_end()) return false;
  payload = std::string_view();
  if (list.empty()) return true;
  WireCursor values(list);
  return values.read_varint(tag) && tag == kTagFirst && values.read_bytes(payload) && values.at_end();
}

}  // namespace headrace
