// The footer of a Parquet file and what it says of the columns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/result.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "headrace/io/arrow_file.h"
#include "headrace/io/file_columns.h"
#include "headrace/io/parquet/page_form.h"
#include "headrace/io/source.h"

namespace headrace {

/// A top-level column of a file.
struct ParquetColumn : FileColumn {
  std::vector<int> leaves;            // its columns in Parquet's count, which numbers the leaves
  std::optional<PageForm> page_form;  // empty: read through Arrow
  bool is_array = false;              // bytes that are decoded to `type` (petastorm/npy_column.h)
};

struct ParquetFile {
  FileInfo info;
  std::shared_ptr<parquet::FileMetaData> metadata;
  std::vector<ParquetColumn> columns;

  const ParquetColumn* find(std::string_view name) const;
  FileColumns file_columns() const;
};

/// Reads and checks the footer of a file.
ParquetFile open_parquet_file(const FileInfo& info, const SourceContext& context,
                              const std::shared_ptr<arrow::MemoryPool>& pool);

parquet::ReaderProperties parquet_reader_properties(arrow::MemoryPool* pool);
parquet::ArrowReaderProperties arrow_reader_properties();

/// "cannot read 'data/a.parquet'".
std::string cannot_read(std::string_view path);

/// The Error for what Arrow or Parquet threw, from within a catch block; an Error itself is thrown on as it is.
[[noreturn]] void rethrow_parquet_error(std::string_view what);

/// The value of `result`, or Parquet's own exception for its status, which with_arrow() turns into an Error.
template <typename T>
T value_or_throw(arrow::Result<T> result) {
  PARQUET_THROW_NOT_OK(result.status());
  return std::move(result).ValueUnsafe();
}

/// Runs `body`, which calls into Arrow on a file of ours. What it throws leaves as an Error: the file's own one if the
/// file failed, else kBadData, kOutOfMemory or kUnsupported with `what` in front.
template <typename File, typename Body>
decltype(auto) with_arrow(const File& file, std::string_view what, Body&& body) {
  try {
    return body();
  } catch (...) {
    file.rethrow();
    rethrow_parquet_error(what);
  }
}

}  // namespace headrace
