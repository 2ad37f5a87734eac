// Writes Parquet pages directly. See file_writer.h.
//
// Columns are kept as they come until a row group is complete; then each is encoded as a chunk and goes to the file.
// What a row group holds depends on the rows alone: it ends at a number of rows, or where the rows would take so many
// bytes as plain values that keeping them would cost too much memory.
#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/ipc/writer.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/io/check_nulls.h"
#include "headrace/io/checksum_file.h"
#include "headrace/io/parquet/footer.h"
#include "headrace/io/parquet/write/chunk_encoder.h"
#include "headrace/io/parquet/write/file_footer.h"
#include "headrace/io/parquet/write/file_writer.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

constexpr std::string_view kMagic = "PAR1";
/// Plain bytes of a row group: at most this, and of a memory budget at most one part in kBudgetParts.
constexpr std::int64_t kRowGroupBytesMax = 64 << 20;
constexpr std::int64_t kRowGroupBytesMin = 1 << 20;
constexpr std::size_t kBudgetParts = 32;
/// Bytes are looked at in steps of so many rows.
constexpr std::int64_t kStepRows = 1024;

std::int64_t row_group_bytes_max(const MemoryBudget& memory) {
  std::size_t part = memory.limit_bytes() / kBudgetParts;
  return std::clamp(static_cast<std::int64_t>(part), kRowGroupBytesMin, kRowGroupBytesMax);
}

std::unique_ptr<ValueEncoder> make_encoder(parquet::Type::type type, const std::shared_ptr<MemoryBudget>& memory) {
  switch (type) {
    case parquet::Type::BOOLEAN: return make_bool_encoder(memory);
    case parquet::Type::INT32: return make_int32_encoder(memory);
    case parquet::Type::INT64: return make_int64_encoder(memory);
    case parquet::Type::FLOAT: return make_float32_encoder(memory);
    case parquet::Type::DOUBLE: return make_float64_encoder(memory);
    default: return make_text_encoder(memory);
  }
}

/// By default only texts are compressed: docs/decisions/0006-parquet-writing.md.
parquet::Compression::type codec_of(const std::string& name, parquet::Type::type type) {
  return parquet_codec(
      name, type == parquet::Type::BYTE_ARRAY ? parquet::Compression::SNAPPY : parquet::Compression::UNCOMPRESSED);
}

std::shared_ptr<arrow::util::Codec> make_codec(parquet::Compression::type type) {
  if (type == parquet::Compression::UNCOMPRESSED) return nullptr;
  return unwrap(arrow::util::Codec::Create(type), "cannot compress pages");
}

/// Parquet knows no list of fixed size; Arrow's own schema in the footer tells readers that it was one.
std::string arrow_schema_text(const Schema& schema) {
  std::shared_ptr<arrow::Buffer> bytes =
      unwrap(arrow::ipc::SerializeSchema(*to_arrow_schema(schema)), "cannot write a schema");
  return arrow::util::base64_encode(std::string_view(*bytes));
}

class DirectWriter final : public FileWriter {
 public:
  DirectWriter(const Schema& schema, std::unique_ptr<OutputFile> file, const WriterOptions& options,
               MemoryBudget& memory)
      : schema_(schema),
        file_(std::move(file)),
        memory_(memory.shared_from_this()),
        row_group_rows_(std::max<std::int64_t>(1, options.row_group_rows)),
        row_group_bytes_(row_group_bytes_max(memory)),
        columns_(schema.size()),
        dictionary_(memory_),
        pages_(memory_) {
    for (const Field& field : schema_) {
      parquet::Type::type type = leaf_physical_type(field.type).value();
      std::unique_ptr<ValueEncoder>& encoder = encoders_[type];
      if (!encoder) encoder = make_encoder(type, memory_);
      codecs_.push_back(codec_of(options.compression, type));
      chunk_encoders_.emplace_back(field, *encoder, make_codec(codecs_.back()), memory_);
    }
    file_.append(std::as_bytes(std::span(kMagic)));
  }

  void write(const Batch& batch) override {
    check_nulls(schema_, batch, fmt::format("cannot write '{}'", file_.path()));
    write_rows(with_row_ranges(batch));
  }

  FileSummary finish() override {
    if (group_rows_ > 0) write_row_group();
    std::int64_t row_count = 0;
    for (const RowGroupSummary& group : row_groups_) row_count += group.row_count;
    std::string end = make_end();
    Reservation charge(*memory_, end.size(), "the end of a Parquet file");
    seal_footer(end);
    file_.append(std::as_bytes(std::span(end)));
    FileSummary summary = file_.finish(row_count);
    summary.row_group_count = static_cast<std::int64_t>(row_groups_.size());
    return summary;
  }

 private:
  /// The batch in layouts that are written as they are: plain, and dictionaries of plain values.
  Batch with_row_ranges(const Batch& batch) const {
    Batch rows = batch;
    for (Column& column : rows.columns) {
      if (!has_row_range(column)) column = flatten(*memory_, column);
      HEADRACE_CHECK(has_row_range(column));
    }
    return rows;
  }

  void write_rows(const Batch& batch) {
    for (std::int64_t row = 0; row < batch.row_count;) {
      std::int64_t count = take_rows(batch, row);
      for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].push_back(batch.columns[i].slice(row, count));
      row += count;
      if (is_full()) write_row_group();
    }
  }

  bool is_full() const {
    return group_rows_ == row_group_rows_ || (group_rows_ % kStepRows == 0 && group_bytes_ >= row_group_bytes_);
  }

  /// Counts the rows of a batch, from `row` on, that the row group has room for.
  std::int64_t take_rows(const Batch& batch, std::int64_t row) {
    std::int64_t start = row;
    do {
      std::int64_t step =
          std::min({kStepRows - group_rows_ % kStepRows, row_group_rows_ - group_rows_, batch.row_count - row});
      for (const Column& column : batch.columns) group_bytes_ += plain_bytes(rows_of(column).part(row, row + step));
      group_rows_ += step;
      row += step;
    } while (row < batch.row_count && !is_full());
    return row - start;
  }

  void write_row_group() {
    RowGroupSummary group;
    group.row_count = group_rows_;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      group.chunks.push_back(chunk_encoders_[i].encode(columns_[i], dictionary_, pages_));
      group.chunk_starts.push_back(file_.size_bytes());
      columns_[i].clear();
      file_.append(dictionary_.bytes());
      file_.append(pages_.bytes());
    }
    row_groups_.push_back(std::move(group));
    group_rows_ = group_bytes_ = 0;
  }

  /// Footer, its length, and magic.
  std::string make_end() const {
    std::vector<std::pair<std::string, std::string>> key_values;
    bool needs_arrow_schema =
        std::any_of(schema_.begin(), schema_.end(), [](const Field& field) { return has_fixed_size_list(field.type); });
    if (needs_arrow_schema) key_values.emplace_back("ARROW:schema", arrow_schema_text(schema_));
    key_values.emplace_back(kFooterKey, kFooterValueBlank);
    std::string end = make_footer({schema_, codecs_, row_groups_, key_values});
    std::uint32_t footer_bytes = static_cast<std::uint32_t>(end.size());
    end.append(reinterpret_cast<const char*>(&footer_bytes), sizeof(footer_bytes));
    end += kMagic;
    return end;
  }

  Schema schema_;
  ChecksumFile file_;
  std::shared_ptr<MemoryBudget> memory_;
  std::int64_t row_group_rows_;
  std::int64_t row_group_bytes_;
  std::map<parquet::Type::type, std::unique_ptr<ValueEncoder>> encoders_;
  std::vector<parquet::Compression::type> codecs_;  // by column
  std::vector<ChunkEncoder> chunk_encoders_;        // by column
  std::vector<std::vector<Column>> columns_;        // the pieces of the row group
  std::int64_t group_rows_ = 0;
  std::int64_t group_bytes_ = 0;
  GrowingBytes dictionary_;
  GrowingBytes pages_;
  std::vector<RowGroupSummary> row_groups_;
};

}  // namespace

bool is_written_directly(const Schema& schema) {
  return std::all_of(schema.begin(), schema.end(),
                     [](const Field& field) { return leaf_physical_type(field.type).has_value(); });
}

std::unique_ptr<FileWriter> create_direct_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                                  const WriterOptions& options, MemoryBudget& memory) {
  HEADRACE_CHECK(is_written_directly(schema));
  return std::make_unique<DirectWriter>(schema, std::move(file), options, memory);
}

}  // namespace headrace
