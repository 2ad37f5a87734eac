// See feature_prefixes.h.
#include "headrace/io/tfrecord/feature_prefixes.h"

#include <cstring>

namespace headrace {
namespace {

/// Lists of up to so many bytes have prefixes, unless the name is long: it is in each of them.
constexpr std::uint32_t kListPayloads = 256;
constexpr std::size_t kLongName = 256;

}  // namespace

char* put_nesting(char* out, std::string_view key, FeatureKind kind, const Nesting& nesting) {
  *out++ = kTagFirst;
  out = put_varint(out, nesting.entry);
  *out++ = kTagFirst;
  out = put_varint(out, key.size());
  std::memcpy(out, key.data(), key.size());
  out += key.size();
  *out++ = kTagSecond;
  out = put_varint(out, nesting.feature);
  *out++ = static_cast<char>(kind);
  return put_varint(out, nesting.list);
}

FeaturePrefixes::FeaturePrefixes(std::string_view name, FeatureKind kind) {
  std::uint32_t payloads = name.size() < kLongName ? kListPayloads : static_cast<std::uint32_t>(kVarintBytesMax) + 1;
  std::uint64_t longest = Nesting(name.size(), packed_list_bytes(payloads)).total - payloads;
  stride_ = (static_cast<std::uint32_t>(longest) + kPieceBytes - 1) / kPieceBytes * kPieceBytes;
  bytes_.resize(std::size_t{payloads} * stride_ + kPieceBytes);
  for (std::uint32_t payload = 0; payload < payloads; ++payload) {
    Nesting nesting(name.size(), packed_list_bytes(payload));
    char* start = bytes_.data() + std::size_t{payload} * stride_;
    char* end = put_nesting(start, name, kind, nesting);
    if (payload > 0) {
      *end++ = kTagFirst;
      end = put_varint(end, payload);
    }
    sizes_.push_back(static_cast<std::uint32_t>(end - start));
    total_bytes_.push_back(static_cast<std::uint32_t>(nesting.total));
  }
}

}  // namespace headrace
