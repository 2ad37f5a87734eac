// MDS shards, version 2: the format of MosaicML Streaming.
//
//   | rows n, u32 | offsets of the samples, u32 × (n + 1), from the file's start | config, JSON | samples |
//   sample   | sizes of its values of variable size, u32 each | values, by column |
//
// All numbers are little-endian; columns go by the order of their names. The config names the columns and how each is
// encoded (mds_encoding.h); offset n is the file's size. A folder of shards has an index.json (mds_index.h), which
// StreamingDataset reads; it is written when a data set is published.
//
//   reading   shards, or an index.json, which stands for the shards that it names. A split is a run of samples of about
//             SourceContext::split_bytes. A sample is read whole and the columns asked for are decoded. Every offset
//             and size is checked: a sample whose sizes do not add up is a bad row.
//   writing   a shard is kept in memory, charged to the budget, until its number of rows is known. MDS knows no nulls:
//             a column may be nullable, but a null in it is an error. No compression.
//
// The format has no checksums: of a flipped bit in the values only the manifest of a data set knows.
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kMdsFormat;

std::unique_ptr<SourceReader> open_mds(const SourceSpec& spec, std::vector<FileInfo> files,
                                       const SourceContext& context);
void check_mds_schema(const Schema& schema, const WriterOptions& options = {});
std::unique_ptr<FileWriter> create_mds(const Schema& schema, std::unique_ptr<OutputFile> file,
                                       const WriterOptions& options, MemoryBudget& memory);
/// The most bytes of a shard: its offsets have 32 bits.
inline constexpr std::uint64_t kMdsShardBytesMax = UINT32_MAX;
/// A writer that refuses to let a shard exceed `shard_bytes_max`. Requires: check_mds_schema(schema).
std::unique_ptr<FileWriter> create_mds_shard(const Schema& schema, std::unique_ptr<OutputFile> file,
                                             MemoryBudget& memory, std::uint64_t shard_bytes_max);
/// Writes the index.json of a folder of shards.
void finish_mds_folder(FileSystem& fs, const FinishedFolder& folder);

}  // namespace headrace
