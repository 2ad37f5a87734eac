// Writes TFRecord files. See tfrecord.h.
#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/checksum_file.h"
#include "headrace/io/deflate/deflate.h"
#include "headrace/io/row_range.h"
#include "headrace/io/tfrecord/example_encoder.h"
#include "headrace/io/tfrecord/record_index.h"
#include "headrace/io/tfrecord/tfrecord.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Records go to the file in pieces of about this size.
constexpr std::size_t kPieceBytes = 1 << 18;

class TfrecordWriter final : public FileWriter {
 public:
  TfrecordWriter(const Schema& schema, std::unique_ptr<OutputFile> file, const WriterOptions& options,
                 MemoryBudget& memory)
      : schema_(schema), file_(std::move(file)), memory_(memory.shared_from_this()), encoder_(schema, memory) {
    grow(kPieceBytes);
    if (std::optional<DeflateForm> form = deflate_form_named(options.compression)) {
      auto sink = [this](std::span<const std::byte> bytes) { file_.append(bytes); };
      deflater_ = std::make_unique<Deflater>(*form, sink, memory);
    }
    if (options.index) index_.emplace();
  }

  void write(const Batch& batch) override {
    HEADRACE_CHECK(batch.columns.size() == schema_.size());
    with_context([&] { write_rows(batch); }, [&] { return fmt::format("writing '{}'", file_.path()); });
  }

  FileSummary finish() override {
    flush();
    if (deflater_) deflater_->finish();
    FileSummary summary = file_.finish(row_count_);
    if (index_) {
      index_->file_bytes = summary.size_bytes;
      index_->record_count = row_count_;
      summary.sidecar = index_->to_bytes();
    }
    return summary;
  }

 private:
  void write_rows(const Batch& batch) {
    constexpr std::int64_t kBlockRows = ExampleEncoder::kBlockRows;
    for (std::int64_t start = 0; start < batch.row_count; start += kBlockRows) {
      std::size_t count = static_cast<std::size_t>(std::min(kBlockRows, batch.row_count - start));
      // Dictionaries are looked up for a block, whose values are still in the cache when they are written.
      Batch block = flatten(*memory_, batch.slice(start, static_cast<std::int64_t>(count)));
      encoder_.measure(block, 0, count);
      for (std::size_t row = 0; row < count;) row = write_measured(row, count);
    }
  }

  /// Writes as many of the measured rows [first, last) as the buffer has room for, at least one; returns their end.
  std::size_t write_measured(std::size_t first, std::size_t last) {
    std::size_t needed = encoder_.record_bytes(first);
    if (used_ + needed + ExampleEncoder::kSlackBytes > buffer_->size_bytes()) {
      flush();
      if (needed + ExampleEncoder::kSlackBytes > buffer_->size_bytes()) grow(needed);
    }
    std::size_t end = used_;
    std::size_t row = first;
    for (; row < last; ++row) {
      std::size_t next = end + encoder_.record_bytes(row);
      if (next + ExampleEncoder::kSlackBytes > buffer_->size_bytes()) break;
      if (index_ && row_count_ % RecordIndex::kStride == 0) {
        index_->offsets.push_back(file_.size_bytes() + static_cast<std::int64_t>(end));
      }
      ++row_count_;
      end = next;
    }
    char* out = reinterpret_cast<char*>(buffer_->mutable_data());
    HEADRACE_CHECK(encoder_.encode(first, row, out + used_) == out + end);
    used_ = end;
    return row;
  }

  void grow(std::size_t record_bytes) {
    buffer_.reset();
    buffer_ = Buffer::allocate(*memory_, record_bytes + ExampleEncoder::kSlackBytes);
  }

  void flush() {
    std::span<const std::byte> bytes(buffer_->data(), used_);
    if (deflater_) {
      deflater_->append(bytes);
    } else if (used_ > 0) {
      file_.append(bytes);
    }
    used_ = 0;
  }

  Schema schema_;
  ChecksumFile file_;
  std::shared_ptr<MemoryBudget> memory_;
  ExampleEncoder encoder_;
  std::shared_ptr<Buffer> buffer_;
  std::size_t used_ = 0;
  std::int64_t row_count_ = 0;
  std::unique_ptr<Deflater> deflater_;
  std::optional<RecordIndex> index_;
};

/// Throws Error(kUnsupported) for options that do not go together.
void check_options(const WriterOptions& options) {
  bool is_compressed = deflate_form_named(options.compression).has_value();
  if (!is_compressed && !options.compression.empty() && options.compression != "none") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("TFRecord files cannot be written with compression '{}'", options.compression),
                "use gzip or zlib, or none");
  }
  if (is_compressed && options.index) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("a TFRecord file compressed by {} has no index: it can only be read from its start",
                            options.compression),
                "leave out the index or the compression");
  }
}

}  // namespace

void check_tfrecord_schema(const Schema& schema, const WriterOptions& options) {
  check_options(options);
  for (const Field& field : schema) {
    if (feature_kind(field.type) != FeatureKind::kNone || feature_list_kind(field.type) != FeatureKind::kNone) continue;
    Type value = field.type;
    while (value.is_list()) value = Type(value.element());
    bool is_number = value.kind() == TypeKind::kFloat64 || value.kind() == TypeKind::kDecimal128;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("column '{}' cannot be written as TFRecord: an Example has no {}", field.name,
                            field.type.to_string()),
                is_number ? "cast it to float32 if that precision is enough, or write Parquet"
                          : "flatten it into columns of plain values or lists of them, or write Parquet");
  }
}

std::unique_ptr<FileWriter> create_tfrecord(const Schema& schema, std::unique_ptr<OutputFile> file,
                                            const WriterOptions& options, MemoryBudget& memory) {
  check_tfrecord_schema(schema, options);
  return std::make_unique<TfrecordWriter>(schema, std::move(file), options, memory);
}

std::string_view tfrecord_suffix(const WriterOptions& options) {
  std::optional<DeflateForm> form = deflate_form_named(options.compression);
  if (!form) return "";
  return *form == DeflateForm::kGzip ? ".gz" : ".zlib";
}

}  // namespace headrace
