// See petastorm_writer.h.
#include "headrace/io/petastorm/petastorm_writer.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/petastorm/stored_column.h"

namespace headrace {
namespace {

class PetastormWriter final : public FileWriter {
 public:
  PetastormWriter(const Schema& schema, std::unique_ptr<OutputFile> file, const WriterOptions& options,
                  MemoryBudget& memory)
      : memory_(memory.shared_from_this()),
        path_(file->path()),
        schema_(std::make_shared<const Schema>(stored_schema(schema))) {
    for (const Field& field : schema) columns_.push_back(stored_column(field, options.images));
    WriterOptions plain = options;
    plain.petastorm = false;
    file_ = create_parquet(*schema_, std::move(file), plain, memory);
  }

  void write(const Batch& batch) override {
    HEADRACE_CHECK(batch.columns.size() == columns_.size());
    Batch stored{schema_, {}, batch.row_count};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      std::string what = fmt::format("cannot write '{}': column '{}'", path_, columns_[i].stored.name);
      stored.columns.push_back(to_stored(batch.columns[i], columns_[i], what, *memory_));
    }
    file_->write(stored);
  }

  FileSummary finish() override { return file_->finish(); }

 private:
  std::shared_ptr<MemoryBudget> memory_;
  std::string path_;
  std::shared_ptr<const Schema> schema_;
  std::vector<StoredColumn> columns_;
  std::unique_ptr<FileWriter> file_;
};

}  // namespace

std::unique_ptr<FileWriter> create_petastorm_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                                     const WriterOptions& options, MemoryBudget& memory) {
  return std::make_unique<PetastormWriter>(schema, std::move(file), options, memory);
}

}  // namespace headrace
