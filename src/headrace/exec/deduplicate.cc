// See deduplicate.h.
#include "headrace/exec/deduplicate.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"
#include "headrace/exec/group_order.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/row_order.h"

namespace headrace {
namespace {

constexpr std::string_view kWhat = "deduplicate";
/// Fewer rows than this are not worth throwing out.
constexpr std::size_t kCompactRowsMin = 65536;

std::vector<std::size_t> places_of(const std::vector<std::string>& names, const Schema& schema) {
  std::vector<std::size_t> places;
  for (const std::string& name : names) places.push_back(schema.index_of(name));
  return places;
}

/// What is needed of the rows.
std::shared_ptr<const Schema> carried_schema(const DeduplicateNode& node, const Schema& input, const Schema& output) {
  std::set<std::string> carried(node.keys.begin(), node.keys.end());
  carried.insert(node.order_by.begin(), node.order_by.end());
  carried.insert(node.ties.begin(), node.ties.end());
  for (const Field& field : output) carried.insert(field.name);
  std::vector<Field> fields;
  for (const Field& field : input) {
    if (carried.contains(field.name)) fields.push_back(field);
  }
  return std::make_shared<const Schema>(std::move(fields));
}

std::vector<Column> pick(const Batch& rows, const std::vector<std::size_t>& places) {
  std::vector<Column> columns;
  for (std::size_t place : places) columns.push_back(rows.columns[place]);
  return columns;
}

/// Where one row of the result is.
struct RowPlace {
  std::uint32_t batch;
  std::uint32_t row;
};

/// Writes rows of several batches, in a given order, as batches of at most `rows_max` rows. A batch is let go of when
/// its last row has been taken.
class RowWriter {
 public:
  RowWriter(std::vector<Batch> batches, MemoryBudget& memory, std::int64_t rows_max)
      : batches_(std::move(batches)), memory_(memory), rows_max_(static_cast<std::size_t>(rows_max)) {
    for (const Batch& batch : batches_) rows_left_.push_back(batch.row_count);
  }

  void write(std::span<const RowPlace> places, Table& table) {
    for (std::size_t at = 0; at < places.size();) {
      std::size_t size = std::min(rows_max_, places.size() - at);
      std::size_t run = run_length(places.subspan(at));
      // Long runs of neighbours are taken without a copy.
      bool as_slice = run * 4 >= size;
      if (as_slice) size = std::min(run, size);
      std::span<const RowPlace> chunk = places.subspan(at, size);
      table.batches.push_back(as_slice ? batches_[chunk[0].batch].slice(chunk[0].row, static_cast<std::int64_t>(size))
                                       : gather_rows(chunk));
      let_go(chunk);
      at += size;
    }
  }

 private:
  static std::size_t run_length(std::span<const RowPlace> places) {
    std::size_t run = 1;
    while (run < places.size() && places[run].batch == places[0].batch && places[run].row == places[0].row + run) ++run;
    return run;
  }

  /// Gathers from each batch what the chunk has of it, and puts these parts into the order of the chunk.
  Batch gather_rows(std::span<const RowPlace> chunk) {
    std::vector<std::uint32_t> sources;
    for (const RowPlace& place : chunk) sources.push_back(place.batch);
    std::ranges::sort(sources);
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    std::vector<std::vector<std::int32_t>> rows(sources.size());
    std::vector<std::size_t> part_of(chunk.size());
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      part_of[i] = static_cast<std::size_t>(std::ranges::lower_bound(sources, chunk[i].batch) - sources.begin());
      rows[part_of[i]].push_back(static_cast<std::int32_t>(chunk[i].row));
    }
    std::vector<Batch> parts;
    for (std::size_t i = 0; i < sources.size(); ++i) parts.push_back(gather(memory_, batches_[sources[i]], rows[i]));
    if (parts.size() == 1) return parts[0];

    std::vector<std::int32_t> next(parts.size(), 0);
    for (std::size_t i = 1; i < parts.size(); ++i)
      next[i] = next[i - 1] + static_cast<std::int32_t>(rows[i - 1].size());
    std::vector<std::int32_t> order;
    for (std::size_t part : part_of) order.push_back(next[part]++);
    return gather(memory_, concat(memory_, parts[0].schema, parts), order);
  }

  void let_go(std::span<const RowPlace> chunk) {
    for (const RowPlace& place : chunk) {
      if (--rows_left_[place.batch] == 0) batches_[place.batch] = {};
    }
  }

  std::vector<Batch> batches_;
  MemoryBudget& memory_;
  std::size_t rows_max_;
  std::vector<std::int64_t> rows_left_;
};

}  // namespace

Deduplicate::Deduplicate(const DeduplicateNode& node, const Schema& input, std::shared_ptr<const Schema> output,
                         const RunContext& context)
    : node_(node),
      output_(std::move(output)),
      context_(context),
      carried_(carried_schema(node, input, *output_)),
      stored_schema_(with_int64_columns(*carried_, 2)),
      run_bytes_(partition_run_bytes(*context.memory, context.thread_count)),
      file_(context, stored_schema_) {
  carried_columns_ = places_of(carried_->names(), input);
  key_columns_ = places_of(node.keys, *carried_);
  order_columns_ = places_of(node.order_by, *carried_);
  tie_columns_ = places_of(node.ties, *carried_);
  output_columns_ = places_of(output_->names(), *carried_);
}

Deduplicate::Groups::Groups(const Deduplicate& owner)
    : keys(
          [&] {
            std::vector<Type> types;
            for (std::size_t place : owner.key_columns_) types.push_back((*owner.carried_)[place].type);
            return types;
          }(),
          *owner.context_.memory),
      reservation(*owner.context_.memory, 0, kWhat) {}

bool Deduplicate::Groups::is_winner(std::size_t batch, std::size_t row) const {
  const Group& group = groups[batches[batch].ids[row]];
  return group.batch == batch && group.row == row;
}

void Deduplicate::Groups::reserve(std::size_t added) {
  if (groups.size() + added <= groups.capacity()) return;
  std::size_t capacity = std::max(groups.capacity() * 2, groups.size() + added);
  reservation.resize(reservation.bytes() + capacity * sizeof(Group), kWhat);  // the old ones are there while it grows
  groups.reserve(capacity);
  charge();
}

void Deduplicate::Groups::charge() {
  reservation.resize(groups.capacity() * sizeof(Group) + kept_rows * sizeof(std::uint32_t), kWhat);
}

void Deduplicate::start(std::size_t split_count, std::size_t worker_count) {
  split_rows_.resize(split_count);
  for (std::size_t worker = 0; worker < worker_count; ++worker) workers_.push_back(std::make_unique<Groups>(*this));
}

void Deduplicate::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  Groups& groups = *workers_[worker_index];
  if (groups.current_split != split_index) groups.next_row = 0;
  groups.current_split = split_index;
  std::uint64_t position = position_of(split_index, groups.next_row);
  groups.next_row += static_cast<std::uint64_t>(batch.row_count);
  split_rows_[split_index] = groups.next_row;
  absorb(groups, {carried_, pick(batch, carried_columns_), batch.row_count},
         [&](std::size_t row) { return Group{position + row, position + row, 0, 0}; });
  if (is_too_large(groups)) spill(groups);
}

bool Deduplicate::is_too_large(const Groups& groups) const {
  const MemoryBudget& memory = *context_.memory;
  constexpr std::size_t kIndexBytes = 32;  // of a key in KeyIndex
  std::size_t bytes = groups.kept_bytes + groups.reservation.bytes() + groups.groups.size() * kIndexBytes;
  if (bytes < run_bytes_) return false;
  return bytes > memory.limit_bytes() / (4 * context_.thread_count) || memory.used_bytes() > memory.limit_bytes() / 2;
}

void Deduplicate::spill(Groups& groups) {
  MemoryBudget& memory = *context_.memory;
  spills_ = true;
  std::vector<Batch> run;
  std::size_t bytes = 0;
  auto write = [&] {
    Batch rows = concat(memory, stored_schema_, run);
    std::vector<std::uint8_t> partitions;
    partition_of_keys(keys_of(rows), static_cast<std::size_t>(rows.row_count), partitions);
    file_.append(rows, partitions);
    run.clear();
    bytes = 0;
  };
  for (std::size_t at = 0; at < groups.batches.size(); ++at) {
    compact(groups, at);
    Batch& rows = run.emplace_back(std::move(groups.batches[at].rows));
    std::vector<std::uint64_t> first_seen, positions;
    for (std::uint32_t id : groups.batches[at].ids) {
      first_seen.push_back(groups.groups[id].first_seen);
      positions.push_back(groups.groups[id].position);
    }
    rows.columns.push_back(position_column(memory, first_seen));
    rows.columns.push_back(position_column(memory, positions));
    bytes += rows.data_bytes();
    if (bytes >= run_bytes_) write();
  }
  if (!run.empty()) write();
  std::size_t split = groups.current_split;
  std::uint64_t next_row = groups.next_row;
  groups = Groups(*this);
  groups.current_split = split;
  groups.next_row = next_row;
}

std::vector<Column> Deduplicate::keys_of(const Batch& rows) const {
  std::vector<Column> keys;
  for (std::size_t place : key_columns_) keys.push_back(flatten(*context_.memory, rows.columns[place]));
  return keys;
}

std::shared_ptr<const OrderedRows> Deduplicate::result_on_disk() {
  if (!spills_) return nullptr;
  run_tasks(workers_.size(), context_.thread_count, *context_.cancellation, [&](std::size_t worker, std::size_t) {
    spill(*workers_[worker]);
    workers_[worker].reset();
  });
  auto rows = std::make_shared<OrderedRows>(context_, output_, split_rows_);
  run_tasks(kPartitions, context_.thread_count, *context_.cancellation,
            [&](std::size_t partition, std::size_t) { merge_partition(partition, *rows); });
  return rows;
}

void Deduplicate::merge_partition(std::size_t partition, OrderedRows& rows) const {
  Groups groups(*this);
  for (const PartitionFile::Piece& piece : file_.pieces(partition)) {
    Batch stored = file_.read(piece);
    std::span<const std::int64_t> first_seen = stored.columns[carried_->size()].values<std::int64_t>();
    std::span<const std::int64_t> positions = stored.columns[carried_->size() + 1].values<std::int64_t>();
    Batch carried{carried_, {stored.columns.begin(), stored.columns.end() - 2}, stored.row_count};
    absorb(groups, carried, [&](std::size_t row) {
      return Group{static_cast<std::uint64_t>(first_seen[row]), static_cast<std::uint64_t>(positions[row]), 0, 0};
    });
  }
  for (std::size_t at = 0; at < groups.batches.size(); ++at) {
    compact(groups, at);
    std::vector<std::uint64_t> first_seen;
    for (std::uint32_t id : groups.batches[at].ids) first_seen.push_back(groups.groups[id].first_seen);
    const Batch& kept = groups.batches[at].rows;
    rows.add({output_, pick(kept, output_columns_), kept.row_count}, first_seen);
    groups.batches[at] = {};
  }
}

bool Deduplicate::wins(const Batch& rows, std::size_t row, std::uint64_t position, const Groups& groups,
                       const Group& over) const {
  std::strong_ordering order = std::strong_ordering::equal;
  const Batch& other = groups.batches[over.batch].rows;
  auto compare = [&](const std::vector<std::size_t>& columns, FloatTies float_ties) {
    for (std::size_t i = 0; i < columns.size() && order == std::strong_ordering::equal; ++i) {
      order = compare_rows(rows.columns[columns[i]], static_cast<std::int64_t>(row), other.columns[columns[i]],
                           over.row, float_ties);
    }
  };
  compare(order_columns_, FloatTies::kEqual);
  compare(tie_columns_, FloatTies::kByBits);
  if (node_.any_order) order = position <=> over.position;
  return node_.keep == Keep::kFirst ? order == std::strong_ordering::less : order == std::strong_ordering::greater;
}

template <typename GroupOf>
void Deduplicate::absorb(Groups& groups, const Batch& rows, const GroupOf& group_of) const {
  auto row_count = static_cast<std::size_t>(rows.row_count);
  auto at = groups.batches.size();
  groups.kept_rows += row_count;
  groups.kept_bytes += rows.data_bytes();
  groups.charge();
  groups.reserve(row_count);
  groups.batches.push_back({rows, {}});
  std::vector<std::uint32_t>& ids = groups.batches.back().ids;
  groups.keys.insert(pick(rows, key_columns_), row_count, ids);
  std::size_t winners_before = groups.groups.size(), replaced = 0;
  for (std::size_t row = 0; row < row_count; ++row) {
    Group found = group_of(row);
    found.batch = static_cast<std::uint32_t>(at);
    found.row = static_cast<std::uint32_t>(row);
    if (ids[row] == groups.groups.size()) {
      groups.groups.push_back(found);
      continue;
    }
    Group& group = groups.groups[ids[row]];
    std::uint64_t first_seen = std::min(group.first_seen, found.first_seen);
    if (wins(rows, row, found.position, groups, group)) {
      replaced += group.batch != found.batch ? 1 : 0;
      group = found;
    }
    group.first_seen = first_seen;
  }
  std::size_t winners = groups.groups.size() - winners_before + replaced;
  if (winners < row_count) compact(groups, at);
  if (groups.kept_rows < 2 * groups.groups.size() + kCompactRowsMin) return;
  for (std::size_t batch = 0; batch < groups.batches.size(); ++batch) compact(groups, batch);
}

void Deduplicate::compact(Groups& groups, std::size_t batch) const {
  KeptBatch& kept = groups.batches[batch];
  std::vector<std::int32_t> winners;
  std::vector<std::uint32_t> ids;
  for (std::size_t row = 0; row < kept.ids.size(); ++row) {
    if (!groups.is_winner(batch, row)) continue;
    winners.push_back(static_cast<std::int32_t>(row));
    ids.push_back(kept.ids[row]);
  }
  if (winners.size() == kept.ids.size()) return;
  for (std::size_t row = 0; row < ids.size(); ++row) groups.groups[ids[row]].row = static_cast<std::uint32_t>(row);
  groups.kept_rows -= kept.ids.size() - ids.size();
  groups.kept_bytes -= kept.rows.data_bytes();
  kept.rows = gather(*context_.memory, kept.rows, winners);
  groups.kept_bytes += kept.rows.data_bytes();
  kept.ids = std::move(ids);
  groups.charge();
}

void Deduplicate::merge(Groups& into, Groups& from) const {
  for (std::size_t batch = 0; batch < from.batches.size(); ++batch) {
    compact(from, batch);
    const std::vector<std::uint32_t>& ids = from.batches[batch].ids;
    absorb(into, from.batches[batch].rows, [&](std::size_t row) { return from.groups[ids[row]]; });
    from.batches[batch] = {};
  }
}

Table Deduplicate::result() {
  HEADRACE_CHECK(!workers_.empty());
  if (std::shared_ptr<const OrderedRows> rows = result_on_disk()) return rows->table(context_.batch_rows);
  Groups& groups = *workers_[0];
  for (std::size_t worker = 1; worker < workers_.size(); ++worker) {
    merge(groups, *workers_[worker]);
    workers_[worker].reset();
  }
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < groups.batches.size(); ++i) {
    compact(groups, i);
    const Batch& rows = groups.batches[i].rows;
    batches.push_back({output_, pick(rows, output_columns_), rows.row_count});
    groups.batches[i] = {};
  }
  std::vector<RowPlace> places;
  Reservation reservation(*context_.memory,
                          groups.groups.size() * (sizeof(RowPlace) + sizeof(GroupRef) + sizeof(std::uint64_t)), kWhat);
  std::vector<std::uint64_t> first_seen;
  first_seen.reserve(groups.groups.size());
  for (const Group& group : groups.groups) first_seen.push_back(group.first_seen);
  constexpr std::size_t kPartGroups = std::size_t{1} << GroupRef::kGroupBits;
  std::vector<std::span<const std::uint64_t>> parts;
  for (std::span<const std::uint64_t> rest = first_seen; !rest.empty(); rest = rest.subspan(parts.back().size())) {
    parts.push_back(rest.first(std::min(rest.size(), kPartGroups)));
  }
  places.reserve(groups.groups.size());
  for (GroupRef ref : order_by_position(parts, split_rows_, context_.thread_count)) {
    const Group& group = groups.groups[ref.part() * kPartGroups + ref.group()];
    places.push_back({group.batch, group.row});
  }
  workers_.clear();

  Table table{output_, {}};
  RowWriter(std::move(batches), *context_.memory, context_.batch_rows).write(places, table);
  return table;
}

}  // namespace headrace
