// See join_right.h.
#include "headrace/exec/join_right.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/exec/group_order.h"
#include "headrace/exec/ordered_rows.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Bits of a key's hash below those that choose its partition.
constexpr int kPassShift = 64 - 2 * static_cast<int>(kPartitionBits);

}  // namespace

std::size_t join_table_bytes_max(const MemoryBudget& memory) {
  constexpr std::size_t kPassingBytes = std::size_t{160} << 20;
  std::size_t limit = memory.limit_bytes();
  if (limit == MemoryBudget::kUnlimited) return limit;
  std::size_t for_tables = limit - std::max(limit / 4, std::min(limit / 2, kPassingBytes));
  std::size_t used = memory.used_bytes();
  return std::max(used < for_tables ? (for_tables - used) / 3 * 2 : 0, limit / 64);
}

JoinRight::JoinRight(const JoinNode& join, std::shared_ptr<const Schema> schema, const RunContext& context)
    : context_(context),
      schema_(std::move(schema)),
      spilled_schema_(with_int64_columns(*schema_, 1)),
      file_(context, spilled_schema_) {
  for (const std::string& name : join.right_on) key_columns_.push_back(schema_->index_of(name));
}

void JoinRight::start(std::size_t, std::size_t worker_count) {
  workers_.resize(worker_count);
  table_bytes_max_ = join_table_bytes_max(*context_.memory);
  run_bytes_ = partition_run_bytes(*context_.memory, worker_count);
}

void JoinRight::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  Worker& worker = workers_[worker_index];
  batch.schema = schema_;
  for (Column& column : batch.columns) {
    if (!is_short_dictionary(column)) column = flatten(*context_.memory, column);
  }
  if (worker.split != split_index) worker.next_position = position_of(split_index, 0);
  worker.split = split_index;
  std::uint64_t position = worker.next_position;
  worker.next_position += static_cast<std::uint64_t>(batch.row_count);

  std::size_t bytes = batch.data_bytes();
  std::int64_t rows = row_count_.fetch_add(batch.row_count) + batch.row_count;
  std::size_t all_bytes = data_bytes_.fetch_add(bytes) + bytes;
  worker.kept_bytes += bytes;
  worker.kept.push_back({std::move(batch), split_index, position});
  if (all_bytes + join_index_bytes(rows) > table_bytes_max_) spills_ = true;
  if (spills_ && worker.kept_bytes >= run_bytes_) put_on_disk(worker);
}

void JoinRight::finish() {
  if (spills_) spill();
}

void JoinRight::spill() {
  spills_ = true;
  run_tasks(workers_.size(), context_.thread_count, *context_.cancellation,
            [&](std::size_t worker, std::size_t) { put_on_disk(workers_[worker]); });
}

Table JoinRight::table() const {
  HEADRACE_CHECK(!spills_);
  std::vector<const Kept*> kept;
  for (const Worker& worker : workers_) {
    for (const Kept& rows : worker.kept) kept.push_back(&rows);
  }
  std::ranges::sort(kept, {}, &Kept::position);
  Table table{schema_, {}};
  for (const Kept* rows : kept) table.batches.push_back(rows->rows);
  return table;
}

std::vector<Column> JoinRight::keys_of(const Batch& batch) const {
  std::vector<Column> keys;
  for (std::size_t index : key_columns_) keys.push_back(flatten(*context_.memory, batch.columns[index]));
  return keys;
}

Batch JoinRight::with_positions(const Kept& kept) const {
  auto row_count = static_cast<std::size_t>(kept.rows.row_count);
  auto positions = Buffer::allocate(*context_.memory, row_count * sizeof(std::uint64_t));
  std::iota(positions->mutable_as<std::uint64_t>(), positions->mutable_as<std::uint64_t>() + row_count, kept.position);
  Batch rows{spilled_schema_, kept.rows.columns, kept.rows.row_count};
  rows.columns.push_back(Column::fixed(TypeKind::kInt64, rows.row_count, std::move(positions)));
  std::vector<std::int32_t> valid;
  for (std::int64_t row = 0; row < rows.row_count; ++row) {
    bool has_null = std::ranges::any_of(key_columns_, [&](std::size_t key) { return rows.columns[key].is_null(row); });
    if (!has_null) valid.push_back(static_cast<std::int32_t>(row));
  }
  return valid.size() == row_count ? rows : gather(*context_.memory, rows, valid);
}

void JoinRight::put_on_disk(Worker& worker) {
  std::vector<std::uint8_t> partitions;
  std::size_t done = 0;
  while (done < worker.kept.size()) {
    // What was kept before the first row went to disk may be many times what is put there at once.
    std::vector<Batch> run;
    std::size_t bytes = 0;
    for (; done < worker.kept.size() && bytes < run_bytes_; ++done) {
      run.push_back(with_positions(worker.kept[done]));
      bytes += run.back().data_bytes();
      worker.kept[done].rows = {};
    }
    Batch rows = concat(*context_.memory, spilled_schema_, run);
    run.clear();
    partition_of_keys(keys_of(rows), static_cast<std::size_t>(rows.row_count), partitions);
    file_.append(rows, partitions);
  }
  worker.kept.clear();
  worker.kept_bytes = 0;
}

std::vector<std::int32_t> JoinRight::rows_of_pass(const Batch& rows, std::size_t pass, std::size_t pass_count) const {
  std::vector<std::uint64_t> hashes;
  hash_keys(keys_of(rows), static_cast<std::size_t>(rows.row_count), hashes);
  std::vector<std::int32_t> chosen;
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (((hashes[row] >> kPassShift) & (pass_count - 1)) == pass) chosen.push_back(static_cast<std::int32_t>(row));
  }
  return chosen;
}

Table JoinRight::read(std::size_t partition, std::size_t pass, std::size_t pass_count) const {
  MemoryBudget& memory = *context_.memory;
  std::vector<Batch> batches;
  for (const PartitionFile::Piece& piece : file_.pieces(partition)) {
    Batch rows = file_.read(piece);
    if (pass_count > 1) rows = gather(memory, rows, rows_of_pass(rows, pass, pass_count));
    if (rows.row_count > 0) batches.push_back(std::move(rows));
  }
  Batch rows = concat(memory, spilled_schema_, batches);
  batches.clear();
  rows = in_position_order(memory, std::move(rows));
  rows.columns.pop_back();
  rows.schema = schema_;
  return {schema_, {std::move(rows)}};
}

}  // namespace headrace
