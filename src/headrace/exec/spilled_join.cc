// See spilled_join.h.
#include "headrace/exec/spilled_join.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// A column without references to tables of joins in memory, so that they can go.
Column let_go_of_tables(Column column, const SpillSpace& space, MemoryBudget& memory) {
  while (column.is_dictionary() && space.is_pinned(column.dictionary())) {
    column = gather(memory, *column.dictionary(), column.codes());
  }
  return column;
}

bool takes_right_columns(JoinKind how) { return how == JoinKind::kInner || how == JoinKind::kLeft; }

std::vector<std::size_t> right_output_columns(const JoinNode& join, const Schema& right) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; takes_right_columns(join.how) && i < right.size(); ++i) {
    if (std::ranges::count(join.right_on, right[i].name) == 0) columns.push_back(i);
  }
  return columns;
}

}  // namespace

SpilledJoin::SpilledJoin(const JoinNode& join, std::unique_ptr<JoinRight> right,
                         const std::shared_ptr<const Schema>& left, std::shared_ptr<const Schema> output,
                         const RunContext& context)
    : join_(join),
      context_(context),
      right_(std::move(right)),
      right_row_count_(right_->row_count()),
      output_(std::move(output)),
      right_output_columns_(right_output_columns(join, *right_->schema())),
      pairs_schema_([&] {
        std::vector<Field> fields = {{"row", TypeKind::kInt32}};
        for (std::size_t index : right_output_columns_) {
          fields.push_back({std::to_string(index), (*right_->schema())[index].type});
        }
        return std::make_shared<const Schema>(std::move(fields));
      }()),
      left_rows_(left, context),
      pairs_file_(context, pairs_schema_),
      index_bytes_(*context.memory, 0, "runs of a join") {
  std::vector<Field> fields;
  for (const std::string& name : join.left_on) {
    left_key_columns_.push_back(left->index_of(name));
    fields.push_back({std::to_string(fields.size()), (*left)[left_key_columns_.back()].type});
  }
  fields.push_back({"row", TypeKind::kInt32});
  keys_schema_ = std::make_shared<const Schema>(std::move(fields));
  left_keys_ = std::make_unique<PartitionFile>(context, keys_schema_);
}

void SpilledJoin::start(std::size_t split_count, std::size_t worker_count) {
  left_rows_.start(split_count);
  workers_.resize(worker_count);
  run_bytes_ = partition_run_bytes(*context_.memory, context_.thread_count);
  // The pairs of a run shall fit, too, when each row has one.
  std::size_t right_row_bytes =
      right_->data_bytes() / static_cast<std::size_t>(std::max<std::int64_t>(1, right_row_count_));
  run_rows_ = static_cast<std::int64_t>(run_bytes_ / (sizeof(std::int32_t) + right_row_bytes));
  pair_rows_ = std::clamp<std::size_t>(static_cast<std::size_t>(run_rows_) / 16, 64, kBatchRowsMax);
}

void SpilledJoin::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  if (batch.row_count == 0) return;
  MemoryBudget& memory = *context_.memory;
  Worker& worker = workers_[worker_index];
  bool is_full = worker.row_count >= run_rows_ || worker.key_bytes >= run_bytes_;
  if (worker.row_count > 0 && (is_full || worker.run.split != split_index)) end_run(worker);
  worker.run.split = split_index;

  auto row_count = static_cast<std::size_t>(batch.row_count);
  Batch keys{keys_schema_, {}, batch.row_count};
  for (std::size_t index : left_key_columns_) keys.columns.push_back(flatten(memory, batch.columns[index]));
  auto rows = Buffer::allocate(memory, row_count * sizeof(std::int32_t));
  std::iota(rows->mutable_as<std::int32_t>(), rows->mutable_as<std::int32_t>() + row_count,
            static_cast<std::int32_t>(worker.row_count));
  keys.columns.push_back(Column::fixed(TypeKind::kInt32, keys.row_count, std::move(rows)));
  worker.key_bytes += keys.data_bytes();
  worker.row_count += batch.row_count;
  worker.keys.push_back(std::move(keys));
  ++worker.run.batch_count;

  for (Column& column : batch.columns) column = let_go_of_tables(std::move(column), *context_.spill, memory);
  left_rows_.append(std::move(batch), split_index);
}

void SpilledJoin::end_run(Worker& worker) {
  if (worker.run.batch_count == 0) return;
  {
    Batch rows = concat(*context_.memory, keys_schema_, worker.keys);
    worker.keys.clear();
    std::vector<std::uint8_t> partitions;
    partition_of_keys({rows.columns.data(), left_key_columns_.size()}, static_cast<std::size_t>(rows.row_count),
                      partitions);
    worker.run.keys = left_keys_->append(rows, partitions);
  }
  worker.runs.push_back(std::move(worker.run));
  charge(sizeof(Run));
  worker.run = {};
  worker.key_bytes = 0;
  worker.row_count = 0;
}

void SpilledJoin::charge(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  index_bytes_.resize(index_bytes_.bytes() + bytes, "runs of a join");
}

void SpilledJoin::finish() {
  for (Worker& worker : workers_) {
    end_run(worker);
    std::ranges::move(worker.runs, std::back_inserter(runs_));
  }
  workers_.clear();
  // A split is of one worker, whose runs are in order.
  std::ranges::stable_sort(runs_, {}, &Run::split);
  for (std::size_t run = 1; run < runs_.size(); ++run) {
    runs_[run].first_batch = runs_[run - 1].first_batch + runs_[run - 1].batch_count;
  }
  left_rows_.finish();
  join_partitions();
  right_.reset();
  left_keys_.reset();
}

void SpilledJoin::join_partitions() {
  const MemoryBudget& memory = *context_.memory;
  std::size_t free_bytes = memory.limit_bytes() - std::min(memory.limit_bytes(), memory.used_bytes());
  table_bytes_ = free_bytes / (2 * context_.thread_count);
  run_tasks(kPartitions, context_.thread_count, *context_.cancellation, [&](std::size_t partition, std::size_t) {
    try {
      join_partition(partition, pass_count_of(partition));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfMemory) throw;
      std::lock_guard lock(mutex_);
      not_joined_.push_back(partition);
    }
  });
  std::ranges::sort(not_joined_);
  for (std::size_t partition : not_joined_) join_alone(partition);
  counts_.right_unmatched = right_row_count_ - counts_.right_matched;
}

std::size_t SpilledJoin::pass_count_of(std::size_t partition) const {
  // While its rows are read they are there twice.
  const PartitionFile& file = right_->file();
  std::size_t bytes = 2 * file.data_bytes(partition) + join_index_bytes(file.row_count(partition));
  return std::clamp<std::size_t>(std::bit_ceil(bytes / std::max<std::size_t>(1, table_bytes_) + 1), 1,
                                 JoinRight::kPassesMax);
}

void SpilledJoin::join_alone(std::size_t partition) {
  for (std::size_t pass_count = pass_count_of(partition);; pass_count *= 2) {
    try {
      return join_partition(partition, std::min(pass_count, JoinRight::kPassesMax));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfMemory) throw;
      if (pass_count < JoinRight::kPassesMax) continue;
      const MemoryBudget& memory = *context_.memory;
      const PartitionFile& file = right_->file();
      // All rows of the partition may have one key.
      std::size_t bytes = 3 * file.data_bytes(partition) + 2 * join_index_bytes(file.row_count(partition));
      std::size_t enough = memory.used_bytes() + bytes + memory.limit_bytes() / 4;
      throw Error(ErrorCode::kOutOfMemory,
                  fmt::format("too many rows of the right side of a join have the same key: up to {} rows, {} bytes, "
                              "which the memory budget of {} bytes cannot hold",
                              file.row_count(partition), file.data_bytes(partition), memory.limit_bytes()),
                  fmt::format("run with --memory {}MiB or more, or make the right side unique with group_by",
                              (enough >> 20) + 1));
    }
  }
}

void SpilledJoin::join_partition(std::size_t partition, std::size_t pass_count) {
  Joined joined;
  joined.pairs.resize(runs_.size());
  for (std::size_t pass = 0; pass < pass_count; ++pass) {
    context_.cancellation->check();
    Table right = right_->read(partition, pass, pass_count);
    JoinTable table(join_, right, *context_.memory);
    right.batches.clear();
    if (table.rows().row_count > 0) probe(table, partition, joined);
  }
  std::int64_t left_rows = 0;
  for (const PartitionFile::Piece& piece : left_keys_->pieces(partition)) left_rows += piece.row_count;
  std::lock_guard lock(mutex_);
  counts_.left_matched += joined.counts.left_matched;
  counts_.left_unmatched += left_rows - joined.counts.left_matched;
  counts_.right_matched += joined.counts.right_matched;
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    std::vector<Pairs>& pairs = runs_[run].pairs;
    pairs.insert(pairs.end(), joined.pairs[run].begin(), joined.pairs[run].end());
  }
}

void SpilledJoin::probe(const JoinTable& table, std::size_t partition, Joined& joined) {
  KeyLookup lookup;
  std::vector<std::int32_t> ids, left_rows, right_rows;
  auto right_row_count = static_cast<std::size_t>(table.rows().row_count);
  Reservation seen_bytes(*context_.memory, right_row_count, "a join table");
  std::vector<std::uint8_t> seen(right_row_count);
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    const PartitionFile::Piece& piece = runs_[run].keys[partition];
    if (piece.row_count == 0) continue;
    Batch keys = left_keys_->read(piece);
    std::span<const std::int32_t> rows = keys.columns.back().values<std::int32_t>();
    table.find({keys.columns.data(), left_key_columns_.size()}, piece.row_count, lookup, ids);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (ids[i] < 0) continue;
      ++joined.counts.left_matched;
      std::span<const std::int32_t> matches = table.rows_of(ids[i]);
      for (std::int32_t right_row : matches) seen[static_cast<std::size_t>(right_row)] = 1;
      if (!takes_right_columns(join_.how)) matches = matches.first(1);
      for (std::int32_t right_row : matches) {
        left_rows.push_back(rows[i]);
        right_rows.push_back(right_row);
        if (left_rows.size() < pair_rows_) continue;
        write_pairs(table, left_rows, right_rows, joined.pairs[run]);
        left_rows.clear();
        right_rows.clear();
      }
    }
    if (!left_rows.empty()) write_pairs(table, left_rows, right_rows, joined.pairs[run]);
    left_rows.clear();
    right_rows.clear();
  }
  joined.counts.right_matched += std::ranges::count(seen, std::uint8_t{1});
}

void SpilledJoin::write_pairs(const JoinTable& table, std::span<const std::int32_t> left_rows,
                              std::span<const std::int32_t> right_rows, std::vector<Pairs>& written) {
  MemoryBudget& memory = *context_.memory;
  Batch pairs{pairs_schema_, {}, static_cast<std::int64_t>(left_rows.size())};
  auto rows = Buffer::allocate(memory, left_rows.size_bytes());
  std::ranges::copy(left_rows, rows->mutable_as<std::int32_t>());
  pairs.columns.push_back(Column::fixed(TypeKind::kInt32, pairs.row_count, std::move(rows)));
  for (std::size_t index : right_output_columns_) {
    pairs.columns.push_back(gather(memory, table.rows().columns[index], right_rows));
  }
  charge(sizeof(Pairs));
  written.push_back({pairs_file_.append(pairs), pairs.data_bytes(), left_rows.front(), left_rows.back()});
}

void SpilledJoin::read(std::size_t split_index, const std::function<void(const Batch&)>& push) const {
  const Run& run = runs_[split_index];
  std::size_t end_batch = run.first_batch + run.batch_count;
  std::int64_t start = left_rows_.first_row(run.first_batch);
  std::int64_t row_count = left_rows_.first_row(end_batch) - start;
  std::size_t bytes = 0;
  for (const Pairs& pairs : run.pairs) bytes += pairs.data_bytes;
  OrderedPairs pairs;
  // Where rows have many matches, those of a few rows at a time.
  bool fits = bytes <= 2 * run_bytes_;
  if (fits) pairs = read_pairs(run, 0, row_count);
  std::int64_t rows_at_once = std::max<std::int64_t>(1, row_count / static_cast<std::int64_t>(bytes / run_bytes_ + 1));
  for (std::size_t batch = run.first_batch; batch < end_batch; ++batch) {
    Batch left = left_rows_.read(batch);
    std::int64_t first_row = left_rows_.first_row(batch) - start;
    if (fits) {
      emit(left, pairs, static_cast<std::size_t>(first_row), push);
      continue;
    }
    for (std::int64_t at = 0; at < left.row_count; at += rows_at_once) {
      std::int64_t rows = std::min(rows_at_once, left.row_count - at);
      emit(left.slice(at, rows), read_pairs(run, first_row + at, rows), 0, push);
    }
  }
}

SpilledJoin::OrderedPairs SpilledJoin::read_pairs(const Run& run, std::int64_t first_row,
                                                  std::int64_t row_count) const {
  MemoryBudget& memory = *context_.memory;
  std::vector<Batch> batches;
  for (const Pairs& pairs : run.pairs) {
    if (pairs.last_row < first_row || pairs.first_row >= first_row + row_count) continue;
    Batch batch = pairs_file_.read(pairs.index);
    std::span<const std::int32_t> rows = batch.columns[0].values<std::int32_t>();
    auto place_of = [&](std::int64_t row) { return std::lower_bound(rows.begin(), rows.end(), row) - rows.begin(); };
    std::int64_t begin = place_of(first_row);
    std::int64_t end = place_of(first_row + row_count);
    batches.push_back(batch.slice(begin, end - begin));
  }
  OrderedPairs pairs;
  pairs.rows = concat(memory, pairs_schema_, batches);
  pairs.order_bytes =
      Reservation(memory, static_cast<std::size_t>(pairs.rows.row_count + 2 * row_count + 1) * sizeof(std::int32_t),
                  "pairs of a join");
  // A counting sort: of one left row, all pairs are in one batch after another, in the order of the right rows.
  pairs.starts.assign(static_cast<std::size_t>(row_count) + 1, 0);
  std::span<const std::int32_t> rows = pairs.rows.columns[0].values<std::int32_t>();
  for (std::int32_t row : rows) ++pairs.starts[static_cast<std::size_t>(row - first_row) + 1];
  std::partial_sum(pairs.starts.begin(), pairs.starts.end(), pairs.starts.begin());
  std::vector<std::int32_t> next(pairs.starts.begin(), pairs.starts.end() - 1);
  pairs.order.resize(rows.size());
  for (std::size_t pair = 0; pair < rows.size(); ++pair) {
    std::int32_t& place = next[static_cast<std::size_t>(rows[pair] - first_row)];
    pairs.order[static_cast<std::size_t>(place++)] = static_cast<std::int32_t>(pair);
  }
  return pairs;
}

void SpilledJoin::emit(const Batch& left, const OrderedPairs& pairs, std::size_t first,
                       const std::function<void(const Batch&)>& push) const {
  std::vector<std::int32_t> left_rows, pair_rows;
  auto flush = [&] {
    if (!left_rows.empty()) push(result_of(left, left_rows, pairs, pair_rows));
    left_rows.clear();
    pair_rows.clear();
  };
  for (std::int32_t row = 0; row < left.row_count; ++row) {
    std::int32_t start = pairs.starts[first + static_cast<std::size_t>(row)];
    std::int32_t end = pairs.starts[first + static_cast<std::size_t>(row) + 1];
    bool keeps_unmatched = join_.how == JoinKind::kLeft || join_.how == JoinKind::kAnti;
    if (start == end && keeps_unmatched) {
      left_rows.push_back(row);
      pair_rows.push_back(-1);
    }
    for (std::int32_t at = start; at < end && join_.how != JoinKind::kAnti; ++at) {
      left_rows.push_back(row);
      pair_rows.push_back(pairs.order[static_cast<std::size_t>(at)]);
      if (left_rows.size() >= static_cast<std::size_t>(context_.batch_rows)) flush();
    }
  }
  flush();
}

Batch SpilledJoin::result_of(const Batch& left, std::span<const std::int32_t> left_rows, const OrderedPairs& pairs,
                             std::span<const std::int32_t> pair_rows) const {
  MemoryBudget& memory = *context_.memory;
  bool is_whole = left_rows.size() == static_cast<std::size_t>(left.row_count) &&
                  std::ranges::is_sorted(left_rows, std::less_equal<>());
  Batch result = is_whole ? left : gather(memory, left, left_rows);
  result.schema = output_;
  for (std::size_t column = 1; column < pairs.rows.columns.size(); ++column) {
    result.columns.push_back(gather(memory, pairs.rows.columns[column], pair_rows));
  }
  return result;
}

}  // namespace headrace
