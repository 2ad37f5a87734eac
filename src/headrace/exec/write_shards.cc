// See write_shards.h. Targets that cut a part the same way are written together, so that rows are encoded once for
// them; a task is one shard of one such group.
#include "headrace/exec/write_shards.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/exec/encode_shard.h"
#include "headrace/exec/order_rows.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Rows that show how many bytes a row takes in a file.
constexpr std::int64_t kSampleRows = 65536;

/// Takes bytes to nowhere.
class NullFile : public OutputFile {
 public:
  void append(std::span<const std::byte>) override {}
  void close() override {}
  const std::string& path() const override { return path_; }

 private:
  std::string path_ = "a sample of the rows";
};

/// Rows that are cut into shards together: a part, or a partition of one.
struct ShardRange {
  std::size_t part;
  PartitionValues partition;
  const Spool* rows;
  std::int64_t begin;
  std::int64_t row_count;
};

/// One shard to write: the same rows into the same place of several targets.
struct ShardTask {
  std::size_t range;
  std::size_t shard;
  std::size_t shard_count;
  std::vector<std::size_t> targets;
};

/// Calls `take` with slices of batches that together are the rows [begin, end), in order.
template <typename Take>
void for_each_slice(const Spool& rows, std::int64_t begin, std::int64_t end, const Take& take) {
  for (std::size_t index = 0; index < rows.batch_count(); ++index) {
    std::int64_t start = rows.first_row(index);
    std::int64_t from = std::max(begin, start) - start;
    std::int64_t to = std::min(end, rows.first_row(index + 1)) - start;
    if (from >= to) continue;
    Batch batch = rows.read(index);
    take(from == 0 && to == batch.row_count ? batch : batch.slice(from, to - from));
  }
}

/// Writes the rows of one group of targets, which all want them in the order in which they are.
class ShardsInOrder {
 public:
  ShardsInOrder(const std::vector<std::string>& part_names, std::vector<ShardRange> ranges,
                const EncodedColumns& columns, const std::vector<ShardTarget>& targets, const RunContext& context,
                TableProfile* profile)
      : part_names_(part_names),
        ranges_(std::move(ranges)),
        columns_(columns),
        targets_(targets),
        context_(context),
        profile_(profile),
        encoder_(columns, context) {}

  WrittenShards write() {
    make_tasks();
    std::size_t worker_count = std::max<std::size_t>(1, std::min(context_.thread_count, tasks_.size()));
    totals_.resize(worker_count);
    run_tasks(tasks_.size(), worker_count, *context_.cancellation, [&](std::size_t task, std::size_t worker) {
      write_shard(tasks_[task], worker);
      std::size_t done = tasks_done_.fetch_add(1) + 1;
      if (context_.on_progress) context_.on_progress({"write shards", done, tasks_.size(), 0});
    });
    return result();
  }

 private:
  void make_tasks() {
    for (const ShardTarget& target : targets_) {
      std::vector<Part> parts;
      for (const std::string& name : part_names_) parts.push_back({name, {}});
      written_.parts.push_back(std::move(parts));
      row_bytes_.push_back(target.layout.shard_bytes > 0 ? sample_row_bytes(target) : 0);
    }
    first_shards_.resize(ranges_.size());
    for (std::size_t range = 0; range < ranges_.size(); ++range) {
      std::map<std::size_t, std::vector<std::size_t>> targets_by_count;
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        std::size_t count = shard_count_of(targets_[target].layout, ranges_[range].row_count, row_bytes_[target]);
        targets_by_count[count].push_back(target);
        std::vector<Shard>& part_shards = written_.parts[target][ranges_[range].part].shards;
        first_shards_[range].push_back(part_shards.size());
        part_shards.resize(part_shards.size() + count);
      }
      for (const auto& [count, together] : targets_by_count) {
        for (std::size_t shard = 0; shard < count; ++shard) tasks_.push_back({range, shard, count, together});
      }
    }
  }

  /// Bytes that a row takes in a file: of the first rows of the largest range, written to nowhere.
  double sample_row_bytes(const ShardTarget& target) {
    if (ranges_.empty()) return 0;
    const ShardRange& range = *std::ranges::max_element(ranges_, {}, &ShardRange::row_count);
    return encoded_row_bytes(*target.files, encoder_, range.row_count, *context_.memory,
                             [&](std::int64_t count, const std::function<void(const Batch&)>& take) {
                               for_each_slice(*range.rows, range.begin, range.begin + count, take);
                             });
  }

  void write_shard(const ShardTask& task, std::size_t worker) {
    EncodedTotals& own = totals_[worker];
    const ShardRange& range = ranges_[task.range];
    ShardPlace place{part_names_[range.part], range.partition, task.shard, task.shard_count};
    std::vector<std::unique_ptr<FileWriter>> files;
    for (std::size_t target : task.targets) {
      files.push_back(targets_[target].files->open_shard(place, *context_.memory));
    }
    auto shard = static_cast<std::int64_t>(task.shard);
    auto count = static_cast<std::int64_t>(task.shard_count);
    bool is_partitioned = !range.partition.empty();
    // Rows are counted once, for the first target; all targets get the same. Of partitions, each shard has a digest.
    bool counts_rows = task.targets.front() == 0;
    RowDigest digest;
    for_each_slice(*range.rows, range.begin + range.row_count * shard / count,
                   range.begin + range.row_count * (shard + 1) / count, [&](const Batch& rows) {
                     Batch encoded = encoder_.write(rows, files, own, counts_rows, is_partitioned ? &digest : nullptr);
                     if (counts_rows && profile_ != nullptr) profile_->add(encoded, worker);
                   });
    Clock::time_point start = Clock::now();
    for (std::size_t i = 0; i < files.size(); ++i) {
      std::size_t target = task.targets[i];
      Shard& written = written_.parts[target][range.part].shards[first_shards_[task.range][target] + task.shard];
      written.file = targets_[target].files->shard_file(place);
      written.summary = files[i]->finish();
      written.partition = range.partition;
      if (is_partitioned) written.row_digest = digest.to_string();
    }
    own.write_seconds += seconds_since(start);
  }

  WrittenShards result() {
    EncodedTotals all;
    for (const EncodedTotals& own : totals_) all.merge(own);
    written_.take(all, columns_.exprs.size());
    return std::move(written_);
  }

  const std::vector<std::string>& part_names_;
  std::vector<ShardRange> ranges_;
  const EncodedColumns& columns_;
  const std::vector<ShardTarget>& targets_;
  const RunContext& context_;
  TableProfile* profile_;
  std::vector<double> row_bytes_;                       // by target; 0 where nobody asks
  std::vector<std::vector<std::size_t>> first_shards_;  // by range, target: its first shard in the part
  std::vector<ShardTask> tasks_;
  std::vector<EncodedTotals> totals_;  // by worker
  std::atomic<std::size_t> tasks_done_{0};
  ShardEncoder encoder_;
  WrittenShards written_;
};

/// The rows of all parts as they come.
std::vector<ShardRange> whole_parts(const std::vector<std::unique_ptr<Spool>>& parts) {
  std::vector<ShardRange> ranges;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    ranges.push_back({part, {}, parts[part].get(), 0, parts[part]->row_count()});
  }
  return ranges;
}

WrittenShards write_ordered(const RowOrder& order, const std::vector<std::string>& part_names,
                            const std::vector<std::unique_ptr<Spool>>& parts, const EncodedColumns& columns,
                            const std::vector<ShardTarget>& targets, const RunContext& context, TableProfile* profile) {
  std::vector<OrderedPart> ordered;
  std::vector<ShardRange> ranges;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    ordered.push_back(order_rows(*parts[part], columns, order, context));
    std::int64_t begin = 0;
    for (PartitionRows& partition : ordered.back().partitions) {
      ranges.push_back({part, std::move(partition.values), ordered.back().rows.get(), begin, partition.row_count});
      begin += partition.row_count;
    }
  }
  return ShardsInOrder(part_names, std::move(ranges), as_they_are(columns.schema), targets, context, profile).write();
}

}  // namespace

double encoded_row_bytes(
    const ShardFiles& files, const ShardEncoder& encoder, std::int64_t row_count, MemoryBudget& memory,
    const std::function<void(std::int64_t count, const std::function<void(const Batch&)>& take)>& first_rows) {
  std::int64_t count = std::min(row_count, kSampleRows);
  if (count == 0) return 0;
  std::unique_ptr<FileWriter> file = files.open_file(std::make_unique<NullFile>(), memory);
  first_rows(count, [&](const Batch& rows) { file->write(encoder.encode(rows)); });
  return static_cast<double>(file->finish().size_bytes) / static_cast<double>(count);
}

std::size_t shard_count_of(const ShardLayout& layout, std::int64_t row_count, double row_bytes) {
  if (layout.shards > 0) return static_cast<std::size_t>(layout.shards);
  if (layout.shard_bytes > 0) {
    double bytes = row_bytes * static_cast<double>(row_count);
    return static_cast<std::size_t>(std::max(1.0, std::round(bytes / static_cast<double>(layout.shard_bytes))));
  }
  std::int64_t rows = std::max<std::int64_t>(1, layout.rows_per_shard);
  return static_cast<std::size_t>(std::max<std::int64_t>(1, (row_count + rows - 1) / rows));
}

void WrittenShards::take(const EncodedTotals& totals, std::size_t column_count) {
  row_digest = totals.digest.to_string();
  columns = totals.columns;
  columns.resize(column_count);
  row_count = totals.row_count;
  encode_seconds = totals.encode_seconds;
  write_seconds = totals.write_seconds;
}

void describe_columns(const WrittenShards& written, std::vector<DataSetColumn>& columns) {
  HEADRACE_CHECK(columns.size() == written.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].null_count = written.columns[i].null_count();
    columns[i].min = written.columns[i].min();
    columns[i].max = written.columns[i].max();
  }
}

WrittenShards write_shards(const std::vector<std::string>& part_names, const std::vector<std::unique_ptr<Spool>>& parts,
                           const EncodedColumns& columns, const std::vector<ShardTarget>& targets,
                           const RunContext& context, TableProfile* profile) {
  std::map<RowOrder, std::vector<std::size_t>> targets_by_order;
  for (std::size_t i = 0; i < targets.size(); ++i) targets_by_order[targets[i].layout.order].push_back(i);
  WrittenShards written;
  written.parts.resize(targets.size());
  for (const auto& [order, together] : targets_by_order) {
    std::vector<ShardTarget> some;
    for (std::size_t target : together) some.push_back(targets[target]);
    WrittenShards group = order == RowOrder()
                              ? ShardsInOrder(part_names, whole_parts(parts), columns, some, context, profile).write()
                              : write_ordered(order, part_names, parts, columns, some, context, profile);
    profile = nullptr;  // the rows of the next group are the same
    HEADRACE_CHECK(written.row_digest.empty() || written.row_digest == group.row_digest);
    for (std::size_t i = 0; i < together.size(); ++i) written.parts[together[i]] = std::move(group.parts[i]);
    written.row_digest = group.row_digest;
    written.columns = std::move(group.columns);
    written.row_count = group.row_count;
    written.encode_seconds += group.encode_seconds;
    written.write_seconds += group.write_seconds;
  }
  return written;
}

}  // namespace headrace
