// See ipc_file.h.
//
// Arrow's reader checks the structure of footer and schema and keeps the places of the batches to itself, so these are
// read here, too: for the number of rows of each batch, and to see that each lies within the file.
#include "headrace/io/arrow_ipc/ipc_file.h"

#include <cstring>
#include <set>
#include <string_view>

#include <arrow/ipc/reader.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/io/arrow_ipc/flat_table.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

constexpr std::string_view kMagic = "ARROW1";
constexpr std::int64_t kHeadBytes = 8;      // magic, padded
constexpr std::int64_t kTrailerBytes = 10;  // length of the footer and magic
constexpr const char* kDamagedHint = "the file is damaged, truncated, or no Arrow IPC file: write it again";

// Fields of the tables in Arrow's File.fbs and Message.fbs.
constexpr std::size_t kFooterRecordBatches = 3;
constexpr std::size_t kMessageHeaderType = 1;
constexpr std::size_t kMessageHeader = 2;
constexpr std::size_t kMessageBodyLength = 3;
constexpr std::size_t kRecordBatchLength = 0;
constexpr std::uint8_t kRecordBatchHeader = 3;

/// An element of the footer's list of batches.
struct Block {
  std::int64_t offset;
  std::int32_t metadata_bytes;
  std::int32_t padding;
  std::int64_t body_bytes;
};
static_assert(sizeof(Block) == 24);

[[noreturn]] void damaged(std::string_view path, std::string_view cause) {
  throw Error(ErrorCode::kBadData, fmt::format("cannot read '{}': {}", path, cause), kDamagedHint);
}

/// To be completed by open_ipc_file().
[[noreturn]] void refuse(const std::string& cause) { throw Error(ErrorCode::kBadData, cause); }

std::string read_bytes(const InputFile& file, std::int64_t offset, std::int64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.read_at(offset, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

void check_head(const InputFile& file) {
  std::string head = read_bytes(file, 0, kHeadBytes);
  if (head.starts_with(kMagic)) return;
  if (head.starts_with("FEA1")) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("cannot read '{}': it is a Feather file of version 1", file.path()),
                "write it again as version 2, which is the Arrow IPC file format");
  }
  if (head.starts_with("\xff\xff\xff\xff")) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("cannot read '{}': it is an Arrow IPC stream, which has no footer", file.path()),
                "write it again in the Arrow IPC file format");
  }
  damaged(file.path(), "it does not start with the letters ARROW1");
}

/// Reads what `message` says of a batch: | ffffffff | i32 bytes | flatbuffer |, the first four bytes left out by old
/// writers.
void read_message(std::string_view message, IpcBatch& batch) {
  batch.metadata_offset = message.starts_with("\xff\xff\xff\xff") ? 8 : 4;
  if (std::ssize(message) < batch.metadata_offset) refuse("the metadata of a batch is too short");
  FlatTable table = FlatTable::root(message.substr(static_cast<std::size_t>(batch.metadata_offset)));
  std::optional<FlatTable> header = table.table(kMessageHeader);
  if (table.number<std::uint8_t>(kMessageHeaderType, 0) != kRecordBatchHeader || !header) {
    refuse("its footer names something as a batch that is none");
  }
  if (table.number<std::int64_t>(kMessageBodyLength, 0) != batch.body_bytes) {
    refuse("its footer and a batch differ in the size of the batch");
  }
  batch.row_count = header->number<std::int64_t>(kRecordBatchLength, 0);
  if (batch.row_count < 0) refuse(fmt::format("a batch has {} rows", batch.row_count));
}

std::vector<IpcBatch> read_batches(const InputFile& file, MemoryBudget& memory) {
  std::int64_t size_bytes = file.size_bytes();
  std::string trailer = read_bytes(file, size_bytes - kTrailerBytes, kTrailerBytes);
  std::int32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, trailer.data(), sizeof(footer_bytes));
  if (!trailer.ends_with(kMagic)) damaged(file.path(), "it does not end with the letters ARROW1");
  std::int64_t footer_start = size_bytes - kTrailerBytes - footer_bytes;
  if (footer_bytes <= 0 || footer_start < kHeadBytes) {
    damaged(file.path(), fmt::format("it declares a footer of {} bytes", footer_bytes));
  }
  Reservation charge(memory, static_cast<std::size_t>(footer_bytes), "the footer of an Arrow IPC file");
  std::string footer = read_bytes(file, footer_start, footer_bytes);
  std::string_view blocks = FlatTable::root(footer).structs(kFooterRecordBatches, sizeof(Block));
  Reservation batches_charge(memory, 2 * blocks.size(), "the batches of an Arrow IPC file");
  std::vector<IpcBatch> batches;
  std::int64_t total_rows = 0;
  for (; !blocks.empty(); blocks.remove_prefix(sizeof(Block))) {
    Block block;
    std::memcpy(&block, blocks.data(), sizeof(block));
    bool fits = block.offset >= kHeadBytes && block.metadata_bytes > 0 && block.body_bytes >= 0 &&
                block.offset <= footer_start - block.metadata_bytes &&
                block.body_bytes <= footer_start - block.metadata_bytes - block.offset;
    if (!fits) damaged(file.path(), "its footer names a batch outside the file");
    Reservation message_charge(memory, static_cast<std::size_t>(block.metadata_bytes), "the metadata of a batch");
    IpcBatch& batch = batches.emplace_back();
    batch.offset = block.offset;
    batch.metadata_bytes = block.metadata_bytes;
    batch.body_bytes = block.body_bytes;
    read_message(read_bytes(file, block.offset, block.metadata_bytes), batch);
    if (__builtin_add_overflow(total_rows, batch.row_count, &total_rows)) refuse("its batches have too many rows");
  }
  return batches;
}

FileColumns columns_of(const arrow::Schema& schema, const std::string& path) {
  FileColumns result{path, {}};
  std::set<std::string> names;
  for (const std::shared_ptr<arrow::Field>& field : schema.fields()) {
    if (valid_utf8_bytes(field->name()) != field->name().size()) {
      damaged(path, fmt::format("the column name {} is no UTF-8", excerpt(field->name())));
    }
    if (!names.insert(field->name()).second) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("cannot read '{}': two columns are named '{}'", path, field->name()),
                  "rename one of them where the file is written");
    }
    result.columns.push_back(
        {field->name(), from_arrow_type(*field->type()), field->type()->ToString(), field->nullable()});
  }
  return result;
}

}  // namespace

IpcFile open_ipc_file(const FileInfo& info, const SourceContext& context,
                      const std::shared_ptr<arrow::MemoryPool>& pool) {
  std::unique_ptr<InputFile> file = context.fs->open(info.path);
  if (file->size_bytes() < kHeadBytes + kTrailerBytes) {
    damaged(info.path, fmt::format("its {} bytes are too few", file->size_bytes()));
  }
  check_head(*file);
  IpcFile result{info, nullptr, {}, {}};
  try {
    result.batches = read_batches(*file, *context.memory);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData || !error.hint().empty()) throw;
    damaged(info.path, error.message());
  }
  auto input = std::make_shared<ArrowInput>(std::move(file), pool);
  auto reader = unwrap_ipc(*input, arrow::ipc::RecordBatchFileReader::Open(input, ipc_read_options(pool.get())));
  if (reader->num_record_batches() != std::ssize(result.batches)) damaged(info.path, "its footer is ambiguous");
  result.schema = reader->schema();
  if (!result.schema->is_native_endian()) {
    throw Error(ErrorCode::kUnsupported, fmt::format("cannot read '{}': its numbers are big-endian", info.path),
                "write it again on a little-endian machine");
  }
  result.columns = columns_of(*result.schema, info.path);
  return result;
}

arrow::ipc::IpcReadOptions ipc_read_options(arrow::MemoryPool* pool) {
  arrow::ipc::IpcReadOptions options;
  options.memory_pool = pool;
  options.use_threads = false;
  options.ensure_native_endian = false;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  return options;
}

void unwrap_ipc(const ArrowInput& input, const arrow::Status& status) {
  if (status.ok()) return;
  input.rethrow();
  if (status.IsOutOfMemory() || status.IsNotImplemented())
    unwrap(status, fmt::format("cannot read '{}'", input.path()));
  damaged(input.path(), status.message());
}

}  // namespace headrace
