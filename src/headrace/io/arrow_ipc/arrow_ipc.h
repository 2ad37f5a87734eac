// Arrow IPC files (also known as Feather version 2).
//
//   "ARROW1\0\0" | schema | dictionaries | record batches | end of stream | footer | footer bytes, i32 LE | "ARROW1" |
//
//   reading   a split is a run of record batches, cut at about SourceContext::split_bytes. Only the buffers of the
//             columns asked for are read. Row counts come from the batches' metadata when the source is opened. Batches
//             are validated in full; texts that are no UTF-8 are bad rows. Columns coded with a dictionary leave in
//             dictionary layout where that is wanted. What Arrow allocates, decompressed sizes too, is charged first.
//   writing   a record batch for each row_group_rows rows, columns in plain layout, uncompressed unless a compression
//             (none, lz4, zstd) is asked for. The same rows give the same bytes.
//
// How Arrow's types are mapped stands in column/arrow.h. The format has no checksums: of a flipped bit in the values
// only the manifest of a data set knows.
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kArrowIpcFormat;

std::unique_ptr<SourceReader> open_arrow_ipc(const SourceSpec& spec, std::vector<FileInfo> files,
                                             const SourceContext& context);
void check_arrow_ipc_schema(const Schema& schema, const WriterOptions& options);
std::unique_ptr<FileWriter> create_arrow_ipc(const Schema& schema, std::unique_ptr<OutputFile> file,
                                             const WriterOptions& options, MemoryBudget& memory);

}  // namespace headrace
