// The pages of a column chunk: read, checked, decompressed, one after another.
//
//   chunk   [dictionary page] data page …      page   header (page_header.h), body
//   body    V1: everything compressed together: [length, repetition levels] [length, definition levels] values
//           V2: repetition levels, definition levels, both plain; values, compressed or not
//
// Bytes come from the file by pieces that fit the cache, into one buffer; pages are decompressed into another. Both
// grow with the largest page and are used again for each. No size is believed before it is checked against the chunk's
// sizes in the footer and charged to the budget; checksums are verified where pages have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "headrace/io/fs/file_system.h"
#include "headrace/io/parquet/page/page_codec.h"
#include "headrace/io/parquet/page/page_header.h"
#include "headrace/io/parquet/page/scratch.h"

namespace headrace {

/// Where a column chunk lies and what the footer says of it.
struct ChunkPlace {
  std::int64_t offset = 0;  // in the file
  std::int64_t compressed_bytes = 0;
  std::int64_t uncompressed_bytes = 0;
  std::int64_t value_count = 0;  // nulls, and empty lists, counted as one
  int definition_max = 0;        // the highest level; 0: there are no levels
  int repetition_max = 0;
};

/// A page of a chunk. The spans are valid until the next page is read; kPageSlackBytes behind them may be read.
struct Page {
  PageHeader header;
  std::span<const std::byte> repetition_levels;  // for a HybridDecoder
  std::span<const std::byte> definition_levels;
  std::span<const std::byte> values;

  bool is_dictionary() const { return header.kind == PageKind::kDictionary; }
};

class ChunkPages {
 public:
  /// `file`, `memory` and `pool` (of the buffers, or nullptr) outlive the pages. Throws PageError when the chunk
  /// does not lie within the file.
  ChunkPages(const InputFile& file, const ChunkPlace& place, PageCodec codec, MemoryBudget& memory, ScratchPool* pool);

  /// Reads the next data or dictionary page, and returns false when the pages so far hold all values of the chunk.
  /// Throws PageError when a page is damaged or missing, PageUnsupported when it has levels of a form that is not read.
  bool next(Page& page);

  std::int64_t bytes_read() const { return bytes_read_; }
  const ChunkPlace& place() const { return place_; }

 private:
  std::span<const std::byte> have(std::size_t size_bytes);
  PageHeader read_header();
  void check_sizes(const PageHeader& header) const;
  std::span<const std::byte> decompress(std::span<const std::byte> packed, std::size_t size_bytes);
  void split_v1(Page& page, std::span<const std::byte> body);
  void split_v2(Page& page, std::span<const std::byte> body);
  std::size_t bytes_left() const { return window_bytes_ - at_ + unread_bytes_; }

  const InputFile& file_;
  ChunkPlace place_;
  PageCodec codec_;
  ScratchBytes window_;           // bytes of the file
  std::size_t window_bytes_ = 0;  // held
  std::size_t at_ = 0;            // of them used
  std::size_t unread_bytes_;      // of the chunk, behind the window
  ScratchBytes body_;             // decompressed
  std::int64_t values_seen_ = 0;
  std::int64_t bytes_read_ = 0;
};

}  // namespace headrace
