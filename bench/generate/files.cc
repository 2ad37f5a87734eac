// Writes Parquet and text files. See files.h.
#include "bench/generate/files.h"

#include <algorithm>
#include <utility>

#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "bench/generate/scale.h"
#include "headrace/base/error.h"
#include "headrace/column/arrow.h"

namespace headrace::bench {

void write_parquet(const std::string& path, const std::shared_ptr<arrow::Schema>& schema, Compression compression,
                   const std::vector<std::string>& distinct, std::int64_t begin, std::int64_t end,
                   const std::function<std::shared_ptr<arrow::RecordBatch>(std::int64_t, std::int64_t)>& make_rows) {
  std::string what = fmt::format("cannot write '{}'", path);
  auto file = unwrap(arrow::io::FileOutputStream::Open(path), what);
  parquet::WriterProperties::Builder properties;
  properties.max_row_group_length(kChunkRows);
  for (const std::string& column : distinct) properties.disable_dictionary(column);
  if (compression == Compression::kSnappy) properties.compression(parquet::Compression::SNAPPY);
  if (compression == Compression::kZstd) {
    properties.compression(parquet::Compression::ZSTD);
    properties.compression_level(1);
  }
  auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  auto writer = unwrap(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), file, properties.build(),
                                                        arrow_properties),
                       what);
  for (std::int64_t from = begin; from < end; from += kChunkRows) {
    std::shared_ptr<arrow::RecordBatch> rows = make_rows(from, std::min(from + kChunkRows, end));
    auto table = unwrap(arrow::Table::FromRecordBatches({std::move(rows)}), what);
    unwrap(writer->WriteTable(*table, kChunkRows), what);
  }
  unwrap(writer->Close(), what);
  unwrap(file->Close(), what);
}

TextFile::TextFile(const std::string& path, std::string_view header)
    : what_(fmt::format("cannot write '{}'", path)), file_(unwrap(arrow::io::FileOutputStream::Open(path), what_)) {
  write(header);
}

void TextFile::put(std::int64_t chunk, std::string text) {
  std::lock_guard lock(mutex_);
  waiting_.emplace(chunk, std::move(text));
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    write(first->second);
    waiting_.erase(first);
    ++next_;
  }
}

void TextFile::close() {
  HEADRACE_CHECK(waiting_.empty());
  unwrap(file_->Close(), what_);
}

void TextFile::write(std::string_view text) {
  unwrap(file_->Write(text.data(), static_cast<std::int64_t>(text.size())), what_);
}

}  // namespace headrace::bench
