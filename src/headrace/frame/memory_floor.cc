// See memory_floor.h. The sizes are estimates from types, file sizes and the writers' fixed buffers; a run with the
// smallest budget allowed is part of the tests.
#include "headrace/frame/memory_floor.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/io/format.h"

namespace headrace {
namespace {

constexpr std::size_t kTextBytes = 24;    // of a text or a list, as a guess
constexpr std::size_t kFeatureBytes = 9;  // of an encoded value
constexpr std::size_t kWriterBytes = 1 << 20;

std::size_t row_bytes(const Type& type) {
  if (type.is_binary_like()) return kTextBytes + sizeof(std::int32_t);
  if (type.kind() == TypeKind::kList) return kTextBytes + row_bytes(type.element());
  if (type.kind() == TypeKind::kFixedSizeList) {
    return static_cast<std::size_t>(type.list_size()) * row_bytes(type.element());
  }
  std::size_t bytes = type.value_bytes() + 1;
  for (const Field& field : type.fields()) bytes += row_bytes(field.type);
  return bytes;
}

std::size_t row_bytes(const Schema& schema) {
  std::size_t bytes = 0;
  for (const Field& field : schema) bytes += row_bytes(field.type);
  return bytes;
}

/// Reading one split: its bytes as they are stored, and a batch of all columns being made while another is used.
std::size_t reading_bytes(const SourceReader& reader, std::size_t batch_rows) {
  std::int64_t file_bytes = 0;
  for (const FileInfo& file : reader.files()) file_bytes += file.size_bytes;
  std::size_t split_bytes = static_cast<std::size_t>(file_bytes) / std::max<std::size_t>(1, reader.split_count());
  return split_bytes + 2 * std::min(batch_rows * row_bytes(reader.schema()), 8 * split_bytes);
}

/// One shard being written to each output: an encoded batch, and for Parquet the row group so far.
std::size_t writing_bytes(const PreparedPipeline& prepared, std::size_t batch_rows) {
  std::size_t encoded_row_bytes = prepared.features->size() * kFeatureBytes;
  std::size_t bytes = batch_rows * encoded_row_bytes;
  for (const OutputSpec& output : prepared.pipeline.outputs) {
    bytes += kWriterBytes;
    std::int64_t group_rows = std::min(WriterOptions().row_group_rows, output.layout.rows_per_shard);
    // Encoded values take about half of what they take in memory.
    if (output.format == "parquet") bytes += static_cast<std::size_t>(group_rows) * encoded_row_bytes / 2;
  }
  return bytes;
}

}  // namespace

std::size_t memory_floor(const PreparedPipeline& prepared, const RunContext& context) {
  std::size_t batch_rows = static_cast<std::size_t>(context.batch_rows);
  std::size_t reading = 0;
  std::int64_t file_bytes = 0;
  for (const auto& [name, reader] : prepared.readers) {
    reading = std::max(reading, reading_bytes(*reader, batch_rows));
    for (const FileInfo& file : reader->files()) file_bytes += file.size_bytes;
  }
  // Small tables never fill a batch or a row group; rows in memory are larger than in their files, ten times at most.
  std::size_t data_bytes = 10 * static_cast<std::size_t>(file_bytes);
  std::size_t passing = 2 * std::min(batch_rows * row_bytes(prepared.feature_root->schema), data_bytes);
  std::size_t writing = std::min(writing_bytes(prepared, batch_rows), data_bytes + kWriterBytes);
  std::size_t threads = context.thread_count;
  std::size_t fitting = (threads + 1) * prepared.features->accumulator_bytes_min();
  std::size_t in_stage = std::max(threads * std::max(reading, writing), fitting);
  return 2 * (threads * (passing + SpillSpace::kStagingBytes) + in_stage);
}

void check_memory_floor(const PreparedPipeline& prepared, const RunContext& context) {
  std::size_t limit = context.memory->limit_bytes();
  std::size_t floor = memory_floor(prepared, context);
  if (limit >= floor) return;
  std::size_t mebibytes = (floor >> 20) + 1;
  std::string threads = fmt::format("{} thread{}", context.thread_count, context.thread_count == 1 ? "" : "s");
  std::string hint = fmt::format("run with --memory {}MiB or more", mebibytes);
  if (context.thread_count > 1) hint += ", or with fewer --threads";
  throw Error(
      ErrorCode::kOutOfMemory,
      fmt::format("the memory budget does not suffice: with {}, this pipeline needs {} MiB at least, the budget "
                  "is {}",
                  threads, mebibytes, format_bytes(limit)),
      hint);
}

}  // namespace headrace
