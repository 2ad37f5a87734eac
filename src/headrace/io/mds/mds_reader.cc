// Reads MDS shards. See mds.h.
#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/counted_split.h"
#include "headrace/io/file_columns.h"
#include "headrace/io/mds/mds.h"
#include "headrace/io/mds/mds_decoder.h"
#include "headrace/io/mds/mds_file.h"
#include "headrace/io/mds/mds_index.h"
#include "headrace/io/reduced_split.h"

namespace headrace {
namespace {

/// Samples are read in pieces of about this size.
constexpr std::uint32_t kWindowBytes = 4 << 20;

struct Split {
  std::size_t file_index = 0;
  std::int64_t first_row = 0;
  std::int64_t end_row = 0;
};

class MdsStream final : public SplitStream {
 public:
  MdsStream(const MdsFile& file, const Split& split, ReadPlan plan, const std::vector<ColumnRule>& rules,
            OnError on_error, const SourceContext& context)
      : memory_(context.memory),
        info_(file.info),
        file_(context.fs->open(file.info.path)),
        next_row_(split.first_row),
        end_row_(split.end_row),
        next_offset_(split.first_row == 0 ? file.samples_start : -1),
        samples_start_(file.samples_start),
        decoder_(file.columns, plan.columns, *memory_),
        gate_(std::move(plan.columns), plan.delivered_count, rules, on_error, file.info.path, *memory_),
        offsets_(Buffer::allocate(*memory_, (static_cast<std::size_t>(kBatchRowsMax) + 1) * sizeof(std::uint32_t))) {}

  bool next(Batch& batch) override {
    while (next_row_ < end_row_) {
      std::span<std::uint32_t> offsets = read_offsets();
      const char* bytes = read_samples(offsets);
      std::vector<RowProblem> problems;
      std::vector<Column> columns = decoder_.decode(bytes, offsets, problems);
      std::int64_t rows = std::ssize(offsets) - 1;
      batch = gate_.pass(columns, rows, next_row_, std::move(problems));
      next_row_ += rows;
      if (batch.row_count > 0) return true;
    }
    return false;
  }
  const ScanCounts& counts() const override { return gate_.counts(); }
  std::vector<BadRow>& bad_rows() override { return gate_.bad_rows(); }

 private:
  /// The offsets of the next samples, and of their end, within a piece of the file.
  std::span<std::uint32_t> read_offsets() {
    std::size_t rows = static_cast<std::size_t>(std::min(kBatchRowsMax, end_row_ - next_row_));
    std::span<std::uint32_t> offsets(offsets_->mutable_as<std::uint32_t>(), rows + 1);
    file_->read_at(mds_offset_place(next_row_), std::as_writable_bytes(offsets));
    if (next_offset_ < 0) next_offset_ = offsets[0];
    bool is_sound = offsets[0] == next_offset_ && offsets[0] >= samples_start_ && offsets.back() <= info_.size_bytes &&
                    std::is_sorted(offsets.begin(), offsets.end());
    if (!is_sound) {
      damaged_mds(info_.path, fmt::format("the offsets of samples {} to {} lead elsewhere", next_row_ + 1,
                                          next_row_ + static_cast<std::int64_t>(rows)));
    }
    std::size_t count = 1;
    while (count < rows && offsets[count + 1] - offsets[0] <= kWindowBytes) ++count;
    next_offset_ = offsets[count];
    return offsets.first(count + 1);
  }

  /// The bytes of the samples; `offsets` become places in them.
  const char* read_samples(std::span<std::uint32_t> offsets) {
    std::uint32_t start = offsets.front();
    std::size_t size_bytes = offsets.back() - start;
    std::size_t needed = size_bytes + decoder_.padding_bytes();
    if (samples_ == nullptr || samples_->size_bytes() < needed) {
      samples_.reset();
      samples_ = Buffer::allocate(*memory_, needed);
    }
    std::byte* bytes = samples_->mutable_data();
    if (size_bytes > 0) file_->read_at(start, {bytes, size_bytes});
    std::memset(bytes + size_bytes, 0, decoder_.padding_bytes());
    for (std::uint32_t& offset : offsets) offset -= start;
    gate_.counts().bytes_read += static_cast<std::int64_t>(size_bytes + offsets.size_bytes());
    return reinterpret_cast<const char*>(bytes);
  }

  std::shared_ptr<MemoryBudget> memory_;
  FileInfo info_;
  std::unique_ptr<InputFile> file_;
  std::int64_t next_row_;
  std::int64_t end_row_;
  std::int64_t next_offset_;  // where the next sample has to start; -1: not known
  std::int64_t samples_start_;
  MdsDecoder decoder_;
  RowGate gate_;
  std::shared_ptr<Buffer> offsets_;
  std::shared_ptr<Buffer> samples_;
};

class MdsSource final : public SourceReader {
 public:
  MdsSource(const SourceSpec& spec, std::vector<FileInfo> files, const SourceContext& context)
      : spec_(spec), context_(context) {
    add_files(std::move(files));
    std::vector<FileColumns> columns;
    for (const MdsFile& file : files_) columns.push_back(columns_of(file));
    columns_ = settle_columns(spec_, columns);
    for (std::size_t i = 0; i < files_.size(); ++i) add_splits(i);
  }

  const Schema& schema() const override { return columns_.schema; }
  std::size_t split_count() const override { return splits_.size(); }
  const std::vector<FileInfo>& files() const override { return infos_; }
  std::optional<std::int64_t> row_count() const override { return row_count_; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, context_.memory);
    const Split& split = splits_.at(split_index);
    ReadPlan plan = plan_read(columns_.schema, columns_.file_types[split.file_index], spec_, columns_.rules, request,
                              /*any_value_may_be_bad=*/true);  // none of its encoding
    if (plan.columns.empty() && spec_.on_error == OnError::kFail) {
      return std::make_unique<CountedSplit>(split.end_row - split.first_row, /*is_skipped=*/false);
    }
    return std::make_unique<MdsStream>(files_[split.file_index], split, std::move(plan), columns_.rules, spec_.on_error,
                                       context_);
  }

 private:
  /// Opens the files, or those that their indexes name: in a folder with an index it alone says what is a shard.
  void add_files(std::vector<FileInfo> files) {
    std::set<std::string> indexed_folders;
    for (const FileInfo& file : files) {
      if (is_mds_index(file.path)) indexed_folders.insert(folder_of(file.path));
    }
    for (FileInfo& file : files) {
      if (is_mds_index(file.path)) {
        for (const MdsIndexEntry& entry : read_mds_index(*context_.fs, file.path, *context_.memory)) add_shard(entry);
      } else if (!indexed_folders.contains(folder_of(file.path))) {
        add_file(std::move(file));
      }
    }
    if (files_.empty()) {
      throw Error(ErrorCode::kNotFound, fmt::format("'{}' names no shards", files.front().path),
                  "name a folder or shards that hold rows");
    }
  }

  static std::string folder_of(const std::string& path) {
    std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }

  void add_file(FileInfo info) {
    files_.push_back(open_mds_file(info, context_));
    infos_.push_back(std::move(info));
  }

  void add_shard(const MdsIndexEntry& entry) {
    add_file(context_.fs->info(entry.path));
    const MdsFile& file = files_.back();
    if (file.row_count == entry.row_count && file.columns == entry.columns) return;
    damaged_mds(entry.path, "its rows or columns are not those that the index of its folder says");
  }

  FileColumns columns_of(const MdsFile& file) const {
    FileColumns columns{file.info.path, {}};
    for (const MdsColumn& column : file.columns) {
      auto declared = std::find_if(spec_.declared.begin(), spec_.declared.end(),
                                   [&](const Field& field) { return field.name == column.name; });
      const Type* type = declared == spec_.declared.end() ? nullptr : &declared->type;
      columns.columns.push_back(
          {column.name, mds_decoded_type(column.encoding, type), column.encoding.text, /*nullable=*/false});
    }
    return columns;
  }

  void add_splits(std::size_t file_index) {
    const MdsFile& file = files_[file_index];
    row_count_ += file.row_count;
    if (file.row_count == 0) return;
    std::int64_t sample_bytes = std::max<std::int64_t>((file.info.size_bytes - file.samples_start) / file.row_count, 1);
    std::int64_t rows = std::max<std::int64_t>(context_.split_bytes / sample_bytes, 1);
    for (std::int64_t row = 0; row < file.row_count; row += rows) {
      splits_.push_back({file_index, row, std::min(row + rows, file.row_count)});
    }
  }

  SourceSpec spec_;
  SourceContext context_;
  std::vector<FileInfo> infos_;
  std::vector<MdsFile> files_;
  SourceColumns columns_;
  std::vector<Split> splits_;
  std::int64_t row_count_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> open_mds(const SourceSpec& spec, std::vector<FileInfo> files,
                                       const SourceContext& context) {
  return std::make_unique<MdsSource>(spec, std::move(files), context);
}

}  // namespace headrace
