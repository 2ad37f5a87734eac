// See code_decoder.h.
#include "headrace/io/parquet/page/code_decoder.h"

#include <string>

#include "headrace/io/parquet/page/page_error.h"

namespace headrace {

CodeDecoder::CodeDecoder(std::span<const std::byte> values, std::size_t entry_count) : entry_count_(entry_count) {
  // A page without values may have no byte at all.
  if (values.empty()) return;
  codes_ = HybridDecoder(values.subspan(1), std::to_integer<int>(values[0]));
}

void CodeDecoder::decode(std::uint32_t* out, std::size_t count) {
  codes_.decode(out, count);
  std::uint32_t too_large = 0;
  for (std::size_t i = 0; i < count; ++i) too_large |= out[i] >= entry_count_ ? 1U : 0U;
  if (too_large != 0) damaged_page("a code is not in the dictionary of " + std::to_string(entry_count_) + " entries");
}

}  // namespace headrace
