// See reader.h.
#include "headrace/io/csv/reader.h"

#include <utility>

#include "headrace/io/reduced_split.h"

namespace headrace {
namespace {

class CsvReader : public SourceReader {
 public:
  CsvReader(CsvTable table, std::vector<CsvFile> files, SourceSplits splits, const SourceContext& context)
      : table_(std::move(table)), files_(std::move(files)), splits_(std::move(splits)), context_(context) {}

  const Schema& schema() const override { return table_.schema; }
  std::size_t split_count() const override { return splits_.split_count(); }
  const std::vector<FileInfo>& files() const override { return splits_.files(); }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, context_.memory);
    std::size_t file = 0;
    SplitText text = splits_.read(split_index, file);
    return make_csv_stream(table_, splits_.files()[file], files_[file], std::move(text), request, context_);
  }

 private:
  CsvTable table_;
  std::vector<CsvFile> files_;
  SourceSplits splits_;
  SourceContext context_;
};

}  // namespace

std::unique_ptr<SourceReader> make_csv_reader(CsvTable table, std::vector<CsvFile> files, SourceSplits splits,
                                              const SourceContext& context) {
  return std::make_unique<CsvReader>(std::move(table), std::move(files), std::move(splits), context);
}

}  // namespace headrace
