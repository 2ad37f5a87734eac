// See reader.h.
#include "headrace/io/csv/reader.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

class CsvReader : public SourceReader {
 public:
  CsvReader(CsvTable table, std::vector<CsvFile> files, const SourceContext& context)
      : table_(std::move(table)), files_(std::move(files)), context_(context) {
    for (const CsvFile& file : files_) {
      infos_.push_back(file.splits->file());
      split_count_ += file.splits->split_count();
      split_ends_.push_back(split_count_);
    }
  }

  const Schema& schema() const override { return table_.schema; }
  std::size_t split_count() const override { return split_count_; }
  const std::vector<FileInfo>& files() const override { return infos_; }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    HEADRACE_CHECK(split_index < split_count_);
    auto end = std::upper_bound(split_ends_.begin(), split_ends_.end(), split_index);
    std::size_t file_index = static_cast<std::size_t>(end - split_ends_.begin());
    std::size_t first = file_index == 0 ? 0 : split_ends_[file_index - 1];
    const CsvFile& file = files_[file_index];
    return make_csv_stream(table_, file, file.splits->read(split_index - first), request, context_);
  }

 private:
  CsvTable table_;
  std::vector<CsvFile> files_;
  SourceContext context_;
  std::vector<FileInfo> infos_;
  std::vector<std::size_t> split_ends_;  // of each file, counted over all
  std::size_t split_count_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> make_csv_reader(CsvTable table, std::vector<CsvFile> files,
                                              const SourceContext& context) {
  return std::make_unique<CsvReader>(std::move(table), std::move(files), context);
}

}  // namespace headrace
