// A column of a row group as a Parquet column chunk: a dictionary page, if there is one, and data pages.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "headrace/io/parquet/write/page_levels.h"
#include "headrace/io/parquet/write/page_sink.h"
#include "headrace/io/parquet/write/value_encoder.h"

namespace headrace {

/// What the footer says of a column chunk.
struct ChunkSummary {
  std::int64_t entry_count = 0;  // values, nulls and empty lists
  std::int64_t null_count = 0;   // entries that are no values
  PageBytes bytes;
  std::int64_t dictionary_bytes = 0;  // of them those of the dictionary page; 0: there is none
  std::map<parquet::Encoding::type, std::int32_t> data_pages;
  ValueBounds bounds;
};

class ChunkEncoder {
 public:
  /// A column with values that `encoder` is for, which may serve several columns. `codec` may be nullptr.
  ChunkEncoder(const Field& field, ValueEncoder& encoder, std::shared_ptr<arrow::util::Codec> codec,
               const std::shared_ptr<MemoryBudget>& memory);

  /// Puts the rows of `pieces`, one after another, into `dictionary` and `pages`, which are cleared first.
  ChunkSummary encode(std::span<const Column> pieces, GrowingBytes& dictionary, GrowingBytes& pages);

 private:
  ValueEncoder& encoder_;
  PageLevels levels_;
  PageSink sink_;
  GrowingBytes body_;
};

}  // namespace headrace
