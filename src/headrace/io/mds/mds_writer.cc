// Writes MDS shards. See mds.h.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/io/check_nulls.h"
#include "headrace/io/checksum_file.h"
#include "headrace/io/mds/mds.h"
#include "headrace/io/mds/mds_encoder.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Samples are kept in pieces of at least this size.
constexpr std::size_t kPieceBytes = 1 << 20;

/// Whether a value is null, or an element of a list.
bool holds_any_null(const Column& column) {
  if (holds_null(column)) return true;
  if (column.is_dictionary()) return holds_any_null(*column.dictionary());
  if (column.type().kind() == TypeKind::kFixedSizeList) return holds_any_null(column.child(0));
  if (column.type().kind() != TypeKind::kList || column.length() == 0) return false;
  std::span<const std::int32_t> offsets = column.offsets();
  return holds_any_null(column.child(0).slice(offsets.front(), offsets.back() - offsets.front()));
}

class MdsWriter final : public FileWriter {
 public:
  MdsWriter(const Schema& schema, std::unique_ptr<OutputFile> file, MemoryBudget& memory, std::uint64_t shard_bytes_max)
      : schema_(schema),
        shard_bytes_max_(shard_bytes_max),
        file_(std::move(file)),
        memory_(memory.shared_from_this()),
        encoder_(schema),
        config_(mds_config(encoder_.columns()).dump(-1, ' ', /*ensure_ascii=*/true)),
        ends_(*memory_) {}

  void write(const Batch& batch) override {
    check_has_no_null(batch);
    for (std::int64_t start = 0; start < batch.row_count; start += MdsEncoder::kBlockRows) {
      std::int64_t rows = std::min(MdsEncoder::kBlockRows, batch.row_count - start);
      // Dictionaries are looked up for a block, whose values are still in the cache when they are written.
      write_block(flatten(*memory_, batch.slice(start, rows)));
    }
  }

  FileSummary finish() override {
    std::uint32_t count = static_cast<std::uint32_t>(row_count_);
    append(&count, sizeof(count));
    std::shared_ptr<Buffer> ends = ends_.take();
    std::shared_ptr<Buffer> offsets =
        Buffer::allocate(*memory_, (static_cast<std::size_t>(row_count_) + 1) * sizeof(std::uint32_t));
    std::uint32_t* out = offsets->mutable_as<std::uint32_t>();
    std::uint32_t start = static_cast<std::uint32_t>(head_bytes(row_count_));
    out[0] = start;
    const auto* in = row_count_ == 0 ? nullptr : reinterpret_cast<const std::uint32_t*>(ends->data());
    for (std::int64_t row = 0; row < row_count_; ++row) out[row + 1] = start + in[row];
    append(offsets->data(), offsets->size_bytes());
    append(config_.data(), config_.size());
    for (std::shared_ptr<Buffer>& piece : pieces_) {
      append(piece->data(), std::exchange(piece_bytes_[static_cast<std::size_t>(&piece - pieces_.data())], 0));
      piece.reset();
    }
    return file_.finish(row_count_);
  }

 private:
  void check_has_no_null(const Batch& batch) const {
    HEADRACE_CHECK(batch.columns.size() == schema_.size());
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      HEADRACE_CHECK(batch.columns[i].type() == schema_[i].type);
      if (!holds_any_null(batch.columns[i])) continue;
      throw Error(
          ErrorCode::kBadData,
          fmt::format("cannot write '{}': column '{}' holds a null, and MDS has none", file_.path(), schema_[i].name),
          "fill the nulls in a step, for example with coalesce(), or write another format");
    }
  }

  void write_block(const Batch& block) {
    std::span<const std::uint64_t> sizes = encoder_.measure(block);
    std::uint64_t bytes = 0;
    for (std::uint64_t size : sizes) bytes += size;
    if (head_bytes(row_count_ + block.row_count) + sample_bytes_ + bytes > shard_bytes_max_) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("cannot write '{}': an MDS shard holds less than 4 GiB", file_.path()),
                  "write more shards");
    }
    if (pieces_.empty() || piece_bytes_.back() + bytes > pieces_.back()->size_bytes()) {
      pieces_.push_back(Buffer::allocate(*memory_, std::max<std::size_t>(kPieceBytes, bytes)));
      piece_bytes_.push_back(0);
    }
    encoder_.encode(reinterpret_cast<char*>(pieces_.back()->mutable_data()) + piece_bytes_.back());
    piece_bytes_.back() += bytes;
    for (std::uint64_t size : sizes) {
      sample_bytes_ += size;
      ends_.append_value(static_cast<std::uint32_t>(sample_bytes_));
    }
    row_count_ += block.row_count;
  }

  /// Bytes in front of the samples of a shard of `row_count` rows.
  std::uint64_t head_bytes(std::int64_t row_count) const {
    return sizeof(std::uint32_t) * (static_cast<std::uint64_t>(row_count) + 2) + config_.size();
  }

  void append(const void* data, std::size_t size) {
    if (size > 0) file_.append({static_cast<const std::byte*>(data), size});
  }

  Schema schema_;
  std::uint64_t shard_bytes_max_;
  ChecksumFile file_;
  std::shared_ptr<MemoryBudget> memory_;
  MdsEncoder encoder_;
  std::string config_;
  BufferBuilder ends_;  // of the samples, u32 each, from the first one's start
  std::vector<std::shared_ptr<Buffer>> pieces_;
  std::vector<std::size_t> piece_bytes_;  // used
  std::uint64_t sample_bytes_ = 0;
  std::int64_t row_count_ = 0;
};

}  // namespace

void check_mds_schema(const Schema& schema, const WriterOptions& options) {
  if (!options.compression.empty() && options.compression != "none") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("MDS shards cannot be written with compression '{}'", options.compression),
                "leave the compression out, or set it to none");
  }
  if (schema.size() == 0) throw Error(ErrorCode::kUnsupported, "a table without columns cannot be written as MDS");
  for (const Field& field : schema) {
    if (mds_encoding_of(field.type)) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("column '{}' cannot be written as MDS: it has no encoding for {}", field.name,
                            field.type.to_string()),
                "flatten it into columns of plain values or lists of numbers, or write Parquet");
  }
}

std::unique_ptr<FileWriter> create_mds(const Schema& schema, std::unique_ptr<OutputFile> file,
                                       const WriterOptions& options, MemoryBudget& memory) {
  check_mds_schema(schema, options);
  return create_mds_shard(schema, std::move(file), memory, kMdsShardBytesMax);
}

std::unique_ptr<FileWriter> create_mds_shard(const Schema& schema, std::unique_ptr<OutputFile> file,
                                             MemoryBudget& memory, std::uint64_t shard_bytes_max) {
  return std::make_unique<MdsWriter>(schema, std::move(file), memory, shard_bytes_max);
}

}  // namespace headrace
