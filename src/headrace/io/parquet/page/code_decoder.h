// Decodes dictionary codes: a byte with their width, then a hybrid of runs and packed bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "headrace/io/parquet/page/hybrid_decoder.h"

namespace headrace {

class CodeDecoder {
 public:
  CodeDecoder() = default;
  /// The codes of a page into a dictionary of `entry_count` entries.
  CodeDecoder(std::span<const std::byte> values, std::size_t entry_count);

  /// The next `count` codes, all less than the entry count; throws PageError otherwise.
  void decode(std::uint32_t* out, std::size_t count);
  bool at_end() const { return codes_.at_end(); }

 private:
  HybridDecoder codes_;
  std::size_t entry_count_ = 0;
};

}  // namespace headrace
