// See chunk_encoder.h.
#include "headrace/io/parquet/write/chunk_encoder.h"

#include <utility>

#include "headrace/io/parquet/write/page_cutter.h"

namespace headrace {

ChunkEncoder::ChunkEncoder(const Field& field, ValueEncoder& encoder, std::shared_ptr<arrow::util::Codec> codec,
                           const std::shared_ptr<MemoryBudget>& memory)
    : encoder_(encoder), levels_(field, memory), sink_(std::move(codec), memory), body_(memory) {}

ChunkSummary ChunkEncoder::encode(std::span<const Column> pieces, GrowingBytes& dictionary, GrowingBytes& pages) {
  dictionary.clear();
  pages.clear();
  std::vector<RowRange> rows;
  for (const Column& piece : pieces) rows.push_back(rows_of(piece));
  encoder_.start(rows);

  ChunkSummary summary;
  auto count = [&](const PageBytes& page) {
    summary.bytes.plain += page.plain;
    summary.bytes.stored += page.stored;
  };
  PageCutter cutter(rows);
  std::vector<RowRange> page;
  while (cutter.next(page)) {
    levels_.start();
    for (const RowRange& range : page) levels_.add(range);
    body_.clear();
    levels_.put(body_);
    std::size_t value_count = static_cast<std::size_t>(levels_.value_count());
    parquet::Encoding::type encoding = encoder_.put_page(page, value_count, body_);
    count(sink_.put_data_page(body_, levels_.entry_count(), encoding, pages));
    ++summary.data_pages[encoding];
    summary.entry_count += levels_.entry_count();
    summary.null_count += levels_.entry_count() - levels_.value_count();
  }
  body_.clear();
  if (std::size_t size = encoder_.put_dictionary(body_); size > 0) {
    PageBytes bytes = sink_.put_dictionary_page(body_, size, dictionary);
    count(bytes);
    summary.dictionary_bytes = bytes.stored;
  }
  summary.bounds = encoder_.bounds();
  return summary;
}

}  // namespace headrace
