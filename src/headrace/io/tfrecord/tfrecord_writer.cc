// Writes TFRecord files. See tfrecord.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/checksum_file.h"
#include "headrace/io/tfrecord/example_encoder.h"
#include "headrace/io/tfrecord/tfrecord.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Records go to the file in pieces of about this size.
constexpr std::size_t kPieceBytes = 1 << 20;

class TfrecordWriter final : public FileWriter {
 public:
  TfrecordWriter(const Schema& schema, std::unique_ptr<OutputFile> file, MemoryBudget& memory)
      : schema_(schema), file_(std::move(file)), memory_(memory.shared_from_this()), encoder_(schema) {
    grow(kPieceBytes);
  }

  void write(const Batch& batch) override {
    HEADRACE_CHECK(batch.columns.size() == schema_.size());
    with_context([&] { write_rows(batch); }, [&] { return fmt::format("writing '{}'", file_.path()); });
    row_count_ += batch.row_count;
  }

  FileSummary finish() override {
    flush();
    return file_.finish(row_count_);
  }

 private:
  void write_rows(const Batch& batch) {
    constexpr std::int64_t kBlockRows = ExampleEncoder::kBlockRows;
    for (std::int64_t start = 0; start < batch.row_count; start += kBlockRows) {
      std::size_t count = static_cast<std::size_t>(std::min(kBlockRows, batch.row_count - start));
      // Dictionaries are looked up for a block, whose values are still in the cache when they are written.
      Batch block = flatten(*memory_, batch.slice(start, static_cast<std::int64_t>(count)));
      encoder_.measure(block, 0, count);
      for (std::size_t row = 0; row < count; ++row) {
        std::size_t needed = encoder_.record_bytes(row);
        if (used_ + needed + ExampleEncoder::kSlackBytes > buffer_->size_bytes()) {
          flush();
          if (needed + ExampleEncoder::kSlackBytes > buffer_->size_bytes()) grow(needed);
        }
        char* out = reinterpret_cast<char*>(buffer_->mutable_data()) + used_;
        char* end = encoder_.encode(row, out);
        HEADRACE_CHECK(end == out + needed);
        used_ += needed;
      }
    }
  }

  void grow(std::size_t record_bytes) {
    buffer_.reset();
    buffer_ = Buffer::allocate(*memory_, record_bytes + ExampleEncoder::kSlackBytes);
  }

  void flush() {
    if (used_ > 0) file_.append({buffer_->data(), used_});
    used_ = 0;
  }

  Schema schema_;
  ChecksumFile file_;
  std::shared_ptr<MemoryBudget> memory_;
  ExampleEncoder encoder_;
  std::shared_ptr<Buffer> buffer_;
  std::size_t used_ = 0;
  std::int64_t row_count_ = 0;
};

}  // namespace

void check_tfrecord_schema(const Schema& schema) {
  for (const Field& field : schema) {
    if (feature_kind(field.type) != FeatureKind::kNone) continue;
    bool is_list = field.type.kind() == TypeKind::kList || field.type.kind() == TypeKind::kFixedSizeList;
    const Type& value = is_list ? field.type.element() : field.type;
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
  check_tfrecord_schema(schema);
  if (!options.compression.empty() && options.compression != "none") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("TFRecord files cannot be written with compression '{}'", options.compression),
                "leave the compression out, or set it to none");
  }
  return std::make_unique<TfrecordWriter>(schema, std::move(file), memory);
}

}  // namespace headrace
