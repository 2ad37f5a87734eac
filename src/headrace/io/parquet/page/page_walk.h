// Goes from data page to data page of a chunk, and hands dictionary and values to the decoder.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/io/parquet/page/chunk_pages.h"
#include "headrace/io/parquet/page/leaf_values.h"

namespace headrace {

class PageWalk {
 public:
  PageWalk(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> values)
      : pages_(std::move(pages)), values_(std::move(values)) {}

  /// Ends the page at hand and moves to the next data page that holds values; false when there is none.
  bool next();
  const Page& page() const { return page_; }
  LeafValues& values() { return *values_; }
  const ChunkPages& chunk() const { return *pages_; }

 private:
  std::unique_ptr<ChunkPages> pages_;
  std::unique_ptr<LeafValues> values_;
  Page page_;
  bool is_open_ = false;
  bool has_begun_ = false;
};

}  // namespace headrace
