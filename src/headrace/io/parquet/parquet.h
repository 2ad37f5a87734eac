// Parquet files.
//
//   reading   a split is a row group; footers are read once, when the source is opened. Row groups whose statistics
//             show that no row can pass a bound are skipped and counted. Columns of single values and lists of them are
//             decoded from their pages (page_form.h), everything else by Arrow. Page checksums are verified where a
//             file has them. Everything is charged to the memory budget before it is allocated, whatever sizes a file
//             declares.
//   writing   pages are written directly (write/value_encoder.h says how each type is encoded), decimals, structs and
//             lists of lists through Arrow; snappy for text only unless a compression (none, snappy, zstd) is asked
//             for, then that for all; page checksums; a checksum of the footer in its key "headrace.footer" (footer.h).
//             The same rows give the same bytes.
//
// How Arrow's types are mapped stands in column/arrow.h. Beside that, INT96 columns are timestamps.
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kParquetFormat;

std::unique_ptr<SourceReader> open_parquet(const SourceSpec& spec, std::vector<FileInfo> files,
                                           const SourceContext& context);
void check_parquet_schema(const Schema& schema, const WriterOptions& options);
std::unique_ptr<FileWriter> create_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                           const WriterOptions& options, MemoryBudget& memory);

/// Writes Petastorm's metadata, if the options say so.
void finish_parquet_folder(FileSystem& fs, const FinishedFolder& folder);

}  // namespace headrace
