// See code_decoder.h.
#include "headrace/io/parquet/page/code_decoder.h"

#include <algorithm>
#include <string>

#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

/// By blocks of a fixed size, which compilers vectorise.
std::uint32_t largest_of(const std::uint32_t* codes, std::size_t count) {
  constexpr std::size_t kBlock = 128;
  std::uint32_t largest = 0;
  std::size_t done = 0;
  for (; done + kBlock <= count; done += kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) largest = std::max(largest, codes[done + i]);
  }
  for (; done < count; ++done) largest = std::max(largest, codes[done]);
  return largest;
}

}  // namespace

CodeDecoder::CodeDecoder(std::span<const std::byte> values, std::size_t entry_count) : entry_count_(entry_count) {
  // A page without values may have no byte at all.
  if (values.empty()) return;
  codes_ = HybridDecoder(values.subspan(1), std::to_integer<int>(values[0]));
}

void CodeDecoder::decode(std::uint32_t* out, std::size_t count) {
  codes_.decode(out, count);
  if (count > 0 && largest_of(out, count) >= entry_count_) {
    damaged_page("a code is not in the dictionary of " + std::to_string(entry_count_) + " entries");
  }
}

}  // namespace headrace
