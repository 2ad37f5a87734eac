// See order_rows.h.
//
// A shuffle knows the place of every row by computing it. Any other order is found by keys (sort_keys.h): a sample of
// them cuts their range into parts of about equal size, rows go to disk by these, and come back part by part to be
// sorted. Keys end in the row's number, or its place in a shuffle, so that no two are equal: parts stay even, and the
// order is one, however many values are the same.
#include "headrace/exec/order_rows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/exec/order_ranges.h"
#include "headrace/exec/ordered_rows.h"
#include "headrace/exec/partition_file.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/permutation.h"
#include "headrace/kernel/row_order.h"
#include "headrace/kernel/sort_keys.h"

namespace headrace {
namespace {

/// Keys that are looked at to cut their range: so many for each part that the largest is hardly twice the mean.
constexpr std::uint64_t kSampleKeys = 64 * kPartitions;

/// Calls take(encoded, first_row, eval) with all rows, batch by batch, from all workers. `what` is done to them, for
/// progress.
template <typename Take>
void for_each_encoded(const Spool& rows, const EncodedColumns& columns, const RunContext& context, const char* what,
                      const Take& take) {
  DictionaryCache dictionaries;
  std::atomic<std::size_t> done{0};
  run_tasks(rows.batch_count(), context.thread_count, *context.cancellation, [&](std::size_t index, std::size_t) {
    Batch batch = rows.read(index);
    EvalContext eval(*context.memory, &dictionaries);
    eval.share_results_of(batch);
    take(encode_rows(batch, columns, eval), static_cast<std::uint64_t>(rows.first_row(index)), eval);
    if (context.on_progress) context.on_progress({what, done.fetch_add(1) + 1, rows.batch_count(), 0});
  });
}

/// Rows in the order of Permutation(row_count, seed).
class Shuffle {
 public:
  Shuffle(const Spool& rows, const EncodedColumns& columns, std::uint64_t seed, const RunContext& context)
      : ordered_(context, columns.schema, std::array{static_cast<std::uint64_t>(rows.row_count())}) {
    Permutation order(static_cast<std::uint64_t>(rows.row_count()), seed);
    for_each_encoded(rows, columns, context, "shuffle", [&](const Batch& encoded, std::uint64_t row, EvalContext&) {
      std::vector<std::uint64_t> places(static_cast<std::size_t>(encoded.row_count));
      for (std::uint64_t& place : places) place = order(row++);
      ordered_.add(encoded, places);
    });
  }

  void read(std::size_t split, const std::function<void(const Batch&)>& push) const { ordered_.read(split, push); }

 private:
  OrderedRows ordered_;
};

/// Rows in the order of the keys of some of their columns.
class Sort {
 public:
  Sort(const Spool& rows, const EncodedColumns& columns, const RowOrder& order, const RunContext& context)
      : rows_(rows),
        columns_(columns),
        context_(context),
        run_bytes_(partition_run_bytes(*context.memory, context.thread_count)),
        stored_schema_(with_int64_columns(*columns.schema, 1)),
        file_(context, stored_schema_),
        keys_(order, *columns.schema),
        partition_count_(order.partition_by.size()) {
    if (order.shuffle) shuffle_.emplace(static_cast<std::uint64_t>(rows.row_count()), *order.shuffle);
    cut_range();
    scatter();
  }

  /// Calls `push` with the rows of one part of the range, in order.
  void read(std::size_t part, const std::function<void(const Batch&)>& push) const {
    std::vector<Batch> batches;
    for (const PartitionFile::Piece& piece : file_.pieces(part)) batches.push_back(file_.read(piece));
    if (batches.empty()) return;
    Batch rows = concat(*context_.memory, stored_schema_, batches);
    batches.clear();
    std::span<const std::int64_t> stored_ties = rows.columns.back().values<std::int64_t>();
    std::vector<std::int32_t> order;
    {
      std::vector<std::uint64_t> ties(stored_ties.begin(), stored_ties.end());
      SortKeys keys(context_.memory);
      keys.make(keys_.of(rows), keys_.orders, ties);
      order = keys.order();
    }
    rows.columns.pop_back();
    rows.schema = columns_.schema;
    push(gather(*context_.memory, rows, order));
  }

  std::size_t partition_count() const { return partition_count_; }
  const std::vector<std::size_t>& key_indexes() const { return keys_.indexes; }

 private:
  /// What tells a row from others of equal keys.
  std::uint64_t tie_of(std::uint64_t row) const { return shuffle_ ? (*shuffle_)(row) : row; }

  /// Finds the keys that the parts of the range begin with, from a sample of rows that are evenly apart.
  void cut_range() {
    KeySample sample(keys_, columns_, static_cast<std::uint64_t>(rows_.row_count()) / kSampleKeys + 1, context_.memory);
    std::mutex mutex;
    run_tasks(rows_.batch_count(), context_.thread_count, *context_.cancellation, [&](std::size_t index, std::size_t) {
      auto first = static_cast<std::uint64_t>(rows_.first_row(index));
      std::vector<std::int32_t> picked = sample.rows_of(first, rows_.first_row(index + 1) - rows_.first_row(index));
      if (picked.empty()) return;
      std::vector<std::uint64_t> ties;
      for (std::int32_t row : picked) ties.push_back(tie_of(first + static_cast<std::uint64_t>(row)));
      std::vector<std::string> keys = sample.keys_of(rows_.read(index), picked, ties);
      std::lock_guard lock(mutex);
      for (std::string& key : keys) {
        range_bytes_ += key.size() + sizeof(std::string);
        range_reservation_.resize(range_bytes_, "a sample of sort keys");
        range_starts_.push_back(std::move(key));
      }
    });
    std::ranges::sort(range_starts_);
    std::vector<std::string> starts;
    for (std::size_t part = 1; part < kPartitions && !range_starts_.empty(); ++part) {
      starts.push_back(range_starts_[part * range_starts_.size() / kPartitions]);
    }
    range_starts_ = std::move(starts);
  }

  /// Puts every row into the part of the range that its key belongs to.
  void scatter() {
    for_each_encoded(rows_, columns_, context_, "sort", [&](Batch encoded, std::uint64_t first, EvalContext& eval) {
      for (Column& column : encoded.columns) column = eval.flattener.flatten(column);
      std::vector<std::uint64_t> ties(static_cast<std::size_t>(encoded.row_count));
      for (std::uint64_t& tie : ties) tie = tie_of(first++);
      std::size_t row_bytes = sizeof(std::uint64_t) + (ties.empty() ? 0 : encoded.data_bytes() / ties.size());
      std::size_t rows_at_once = std::max<std::size_t>(1, run_bytes_ / row_bytes);
      for (std::size_t start = 0; start < ties.size(); start += rows_at_once) {
        std::size_t count = std::min(rows_at_once, ties.size() - start);
        store(encoded.slice(static_cast<std::int64_t>(start), static_cast<std::int64_t>(count)),
              std::span(ties).subspan(start, count));
      }
    });
  }

  void store(Batch rows, std::span<const std::uint64_t> ties) {
    SortKeys keys(context_.memory);
    keys.make(keys_.of(rows), keys_.orders, ties);
    std::vector<std::uint8_t> parts(keys.size());
    for (std::size_t row = 0; row < keys.size(); ++row) {
      auto next = std::ranges::upper_bound(range_starts_, keys[row], {},
                                           [](const std::string& key) { return std::string_view(key); });
      parts[row] = static_cast<std::uint8_t>(next - range_starts_.begin());
    }
    rows.schema = stored_schema_;
    rows.columns.push_back(position_column(*context_.memory, ties));
    file_.append(rows, parts);
  }

  const Spool& rows_;
  const EncodedColumns& columns_;
  const RunContext& context_;
  std::size_t run_bytes_;
  std::shared_ptr<const Schema> stored_schema_;  // and the tie
  PartitionFile file_;
  OrderColumns keys_;
  std::size_t partition_count_;  // of the keys, the first
  std::optional<Permutation> shuffle_;
  std::vector<std::string> range_starts_;  // of each part but the first
  std::size_t range_bytes_ = 0;
  Reservation range_reservation_{*context_.memory, 0, "a sample of sort keys"};
};

/// Moves the rows of all parts of the range to a spool; `on_batch` sees them before that, part by part.
template <typename Ordered, typename OnBatch>
std::unique_ptr<Spool> collect(const Ordered& ordered, const EncodedColumns& columns, const RunContext& context,
                               const OnBatch& on_batch) {
  auto spool = std::make_unique<Spool>(columns.schema, context);
  spool->start(kPartitions);
  run_tasks(kPartitions, context.thread_count, *context.cancellation, [&](std::size_t part, std::size_t) {
    ordered.read(part, [&](const Batch& rows) {
      on_batch(rows, part);
      for (std::int64_t at = 0; at < rows.row_count; at += context.batch_rows) {
        spool->append(rows.slice(at, std::min(context.batch_rows, rows.row_count - at)), part);
      }
    });
  });
  spool->finish();
  return spool;
}

}  // namespace

void add_partition(std::vector<PartitionRows>& partitions, PartitionRows rows) {
  if (partitions.empty() || partitions.back().values != rows.values) {
    partitions.push_back(std::move(rows));
  } else {
    partitions.back().row_count += rows.row_count;
  }
  if (partitions.size() <= kPartitionsMax) return;
  throw Error(ErrorCode::kBadData, fmt::format("the rows make more than {} partitions", kPartitionsMax),
              "partition by a column with fewer values, such as a date instead of a timestamp");
}

namespace {

/// The partitions of rows in their order.
std::vector<PartitionRows> partitions_of(const Batch& rows, std::span<const std::size_t> columns) {
  std::vector<PartitionRows> partitions;
  std::int64_t start = 0;
  for (std::int64_t row = 1; row <= rows.row_count; ++row) {
    bool goes_on = row < rows.row_count && std::ranges::all_of(
                                               columns,
                                               [&](std::size_t index) {
                                                 const Column& column = rows.columns[index];
                                                 return compare_rows(column, row - 1, column, row, FloatTies::kEqual) ==
                                                        std::strong_ordering::equal;
                                               });
    if (goes_on) continue;
    PartitionValues values;
    for (std::size_t index : columns) values.push_back(partition_text(rows.columns[index], start));
    add_partition(partitions, {std::move(values), row - start});
    start = row;
  }
  return partitions;
}

OrderedPart sort_rows(const Spool& rows, const EncodedColumns& columns, const RowOrder& order,
                      const RunContext& context) {
  Sort sort(rows, columns, order, context);
  OrderedPart part;
  if (order.partition_by.empty()) {
    part.rows = collect(sort, columns, context, [](const Batch&, std::size_t) {});
    part.partitions = {{{}, part.rows->row_count()}};
    return part;
  }
  std::vector<std::vector<PartitionRows>> found(kPartitions);
  auto partition_columns = std::span(sort.key_indexes()).first(sort.partition_count());
  part.rows = collect(sort, columns, context, [&](const Batch& batch, std::size_t index) {
    found[index] = partitions_of(batch, partition_columns);
  });
  for (std::vector<PartitionRows>& some : found) {
    for (PartitionRows& partition : some) add_partition(part.partitions, std::move(partition));
  }
  return part;
}

}  // namespace

void check_order(const RowOrder& order, const Schema& schema) {
  std::vector<std::string> names = schema.names();
  auto type_of = [&](const std::string& name, const char* what) -> const Type& {
    if (std::ranges::find(names, name) != names.end()) return schema[schema.index_of(name)].type;
    throw Error(ErrorCode::kNotFound, fmt::format("{} names no column of the output: '{}'", what, name),
                name_hint(name, names, "columns"));
  };
  std::set<std::string> partition_columns(order.partition_by.begin(), order.partition_by.end());
  if (partition_columns.size() < order.partition_by.size()) {
    throw Error(ErrorCode::kInvalidPipeline, "partition_by names a column twice", "name each once");
  }
  for (const std::string& name : order.partition_by) {
    const Type& type = type_of(name, "partition_by");
    if (can_partition_by(type)) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("rows cannot be partitioned by column '{}' of type {}", name, type.to_string()),
                "partition by bool, integers, date or string: a timestamp's date, for example");
  }
  if (order.partition_by.size() == schema.size()) {
    throw Error(ErrorCode::kInvalidPipeline, "all columns of the output are partition columns",
                "leave at least one for the files: partition columns are in the names of folders only");
  }
  for (const SortColumn& column : order.sort_by) {
    const Type& type = type_of(column.name, "sort_by");
    if (has_sort_key(type)) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("rows cannot be sorted by column '{}' of type {}", column.name, type.to_string()),
                "sort by columns of plain values");
  }
}

void check_order_size(const RowOrder& order, std::int64_t row_count) {
  if (!order.shuffle || row_count >> 32 == 0) return;
  throw Error(ErrorCode::kUnsupported, "a part of more than 4,294,967,295 rows cannot be shuffled",
              "split it into parts, or leave out the shuffle");
}

OrderedPart order_rows(const Spool& rows, const EncodedColumns& columns, const RowOrder& order,
                       const RunContext& context) {
  check_order_size(order, rows.row_count());
  if (is_cut_by_keys(order)) return sort_rows(rows, columns, order, context);
  HEADRACE_CHECK(order.shuffle);
  Shuffle shuffle(rows, columns, *order.shuffle, context);
  OrderedPart part;
  part.rows = collect(shuffle, columns, context, [](const Batch&, std::size_t) {});
  part.partitions = {{{}, part.rows->row_count()}};
  return part;
}

}  // namespace headrace
