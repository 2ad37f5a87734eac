// See write_shards.h. Targets that cut a part the same way are written together, so that rows are encoded once for
// them; a task is one shard of one such group.
#include "headrace/exec/write_shards.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/heap_trim.h"
#include "headrace/exec/shuffle_rows.h"
#include "headrace/expr/dictionary_cache.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One shard to write: the same rows into the same place of several targets.
struct ShardTask {
  std::size_t part;
  std::size_t shard;
  std::size_t shard_count;
  std::vector<std::size_t> targets;
};

struct WorkerTotals {
  RowDigest digest;
  std::vector<ColumnStatistics> columns;
  std::int64_t rows = 0;
  double encode_seconds = 0;
  double write_seconds = 0;
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

std::vector<ShardTask> make_tasks(const std::vector<std::unique_ptr<Spool>>& parts,
                                  const std::vector<ShardTarget>& targets) {
  std::vector<ShardTask> tasks;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    std::map<std::size_t, std::vector<std::size_t>> targets_by_count;
    for (std::size_t target = 0; target < targets.size(); ++target) {
      targets_by_count[shard_count_of(targets[target], parts[part]->row_count())].push_back(target);
    }
    for (const auto& [count, together] : targets_by_count) {
      for (std::size_t shard = 0; shard < count; ++shard) tasks.push_back({part, shard, count, together});
    }
  }
  return tasks;
}

/// Writes the rows in the order in which they are, to targets that all want that.
WrittenShards write_in_order(const std::vector<std::string>& part_names,
                             const std::vector<std::unique_ptr<Spool>>& parts, const EncodedColumns& columns,
                             const std::vector<ShardTarget>& targets, const RunContext& context) {
  WrittenShards written;
  for (const ShardTarget& target : targets) {
    std::vector<Part> target_parts;
    for (std::size_t part = 0; part < parts.size(); ++part) {
      target_parts.push_back({part_names[part], std::vector<Shard>(shard_count_of(target, parts[part]->row_count()))});
    }
    written.parts.push_back(std::move(target_parts));
  }

  std::vector<ShardTask> tasks = make_tasks(parts, targets);
  std::size_t worker_count = std::max<std::size_t>(1, std::min(context.thread_count, tasks.size()));
  std::vector<WorkerTotals> totals(worker_count);
  std::atomic<std::size_t> tasks_done{0};
  DictionaryCache dictionaries;
  DictionarySums sums(*context.memory);
  HeapTrim trim(*context.memory);

  run_tasks(tasks.size(), worker_count, *context.cancellation, [&](std::size_t task_index, std::size_t worker) {
    const ShardTask& task = tasks[task_index];
    WorkerTotals& own = totals[worker];
    std::vector<std::unique_ptr<FileWriter>> files;
    for (std::size_t target : task.targets) {
      files.push_back(
          targets[target].writer->open_shard(part_names[task.part], task.shard, task.shard_count, *context.memory));
    }
    std::int64_t row_count = parts[task.part]->row_count();
    std::int64_t shard = static_cast<std::int64_t>(task.shard);
    std::int64_t count = static_cast<std::int64_t>(task.shard_count);
    // Rows are counted and digested once, for the first target; all targets get the same.
    bool counts_rows = task.targets.front() == 0;
    for_each_slice(
        *parts[task.part], row_count * shard / count, row_count * (shard + 1) / count, [&](const Batch& rows) {
          context.cancellation->check();
          trim.now_and_then();
          Clock::time_point start = Clock::now();
          EvalContext eval(*context.memory, &dictionaries);
          eval.share_results_of(rows);
          Batch encoded = encode_rows(rows, columns, eval);
          if (counts_rows) {
            own.digest.add(encoded, sums, [&](const Column& column) { return eval.flattener.flatten(column); });
            own.rows += rows.row_count;
          }
          // Looked up here, values of one table are looked up together.
          for (Column& column : encoded.columns) column = eval.flattener.compact(column);
          if (counts_rows) {
            own.columns.resize(encoded.columns.size());
            for (std::size_t i = 0; i < encoded.columns.size(); ++i) own.columns[i].add(encoded.columns[i]);
          }
          own.encode_seconds += seconds_since(start);
          start = Clock::now();
          for (auto& file : files) file->write(encoded);
          own.write_seconds += seconds_since(start);
        });
    Clock::time_point start = Clock::now();
    for (std::size_t i = 0; i < files.size(); ++i) {
      std::size_t target = task.targets[i];
      written.parts[target][task.part].shards[task.shard] = {
          targets[target].writer->shard_file(part_names[task.part], task.shard, task.shard_count), files[i]->finish()};
    }
    own.write_seconds += seconds_since(start);
    std::size_t done = tasks_done.fetch_add(1) + 1;
    if (context.on_progress) context.on_progress({"write shards", done, tasks.size(), 0});
  });

  RowDigest digest;
  written.columns.resize(columns.exprs.size());
  for (const WorkerTotals& own : totals) {
    digest.merge(own.digest);
    for (std::size_t i = 0; i < own.columns.size(); ++i) written.columns[i].merge(own.columns[i]);
    written.row_count += own.rows;
    written.encode_seconds += own.encode_seconds;
    written.write_seconds += own.write_seconds;
  }
  written.row_digest = digest.to_string();
  return written;
}

}  // namespace

void describe_columns(const WrittenShards& written, std::vector<DataSetColumn>& columns) {
  HEADRACE_CHECK(columns.size() == written.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].null_count = written.columns[i].null_count();
    columns[i].min = written.columns[i].min();
    columns[i].max = written.columns[i].max();
  }
}

std::size_t shard_count_of(const ShardTarget& target, std::int64_t row_count) {
  if (target.shards > 0) return static_cast<std::size_t>(target.shards);
  std::int64_t per_shard = std::max<std::int64_t>(1, target.rows_per_shard);
  return static_cast<std::size_t>(std::max<std::int64_t>(1, (row_count + per_shard - 1) / per_shard));
}

WrittenShards write_shards(const std::vector<std::string>& part_names, const std::vector<std::unique_ptr<Spool>>& parts,
                           const EncodedColumns& columns, const std::vector<ShardTarget>& targets,
                           const RunContext& context) {
  std::map<std::optional<std::uint64_t>, std::vector<std::size_t>> targets_by_order;
  for (std::size_t i = 0; i < targets.size(); ++i) targets_by_order[targets[i].shuffle].push_back(i);
  WrittenShards written;
  written.parts.resize(targets.size());
  for (const auto& [shuffle, together] : targets_by_order) {
    std::vector<ShardTarget> some;
    for (std::size_t target : together) some.push_back(targets[target]);
    WrittenShards group;
    if (shuffle) {
      std::vector<std::unique_ptr<Spool>> shuffled;
      for (const auto& part : parts) shuffled.push_back(shuffle_rows(*part, columns, *shuffle, context));
      group = write_in_order(part_names, shuffled, as_they_are(columns.schema), some, context);
    } else {
      group = write_in_order(part_names, parts, columns, some, context);
    }
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
