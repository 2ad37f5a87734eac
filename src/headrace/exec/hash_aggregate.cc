// See hash_aggregate.h.
#include "headrace/exec/hash_aggregate.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/evaluate.h"
#include "headrace/kernel/gather.h"

namespace headrace {

HashAggregate::HashAggregate(const AggregateNode& node, const Schema& input, std::shared_ptr<const Schema> output,
                             const RunContext& context, const AggregateLimits& limits)
    : node_(node), output_(std::move(output)), context_(context), limits_(limits) {
  spec_.memory = context.memory.get();
  std::vector<Field> parted;
  for (const std::string& key : node.keys) {
    key_columns_.push_back(input.index_of(key));
    spec_.key_types.push_back(input[key_columns_.back()].type);
    parted.push_back({"key", spec_.key_types.back()});
  }
  for (const NamedExpr& aggregate : node.aggregates) {
    spec_.aggregates.push_back(bind_aggregate(aggregate.expr, input));
    if (spec_.aggregates.back().argument != nullptr) parted.push_back({"argument", spec_.aggregates.back().arg_type});
  }
  for (std::size_t i = 0; i < parted.size(); ++i) parted[i].name += std::to_string(i);
  parted_schema_ = std::make_shared<const Schema>(std::move(parted));
}

HashAggregate::Worker::Worker(const HashAggregate& owner)
    : groups(owner.spec_),
      rest(owner.context_, *owner.parted_schema_, owner.spec_.key_types.size(), owner.limits_.parted) {}

void HashAggregate::start(std::size_t split_count, std::size_t worker_count) {
  split_rows_.resize(split_count);
  for (std::size_t worker = 0; worker < worker_count; ++worker) workers_.push_back(std::make_unique<Worker>(*this));
}

void HashAggregate::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  Worker& worker = *workers_[worker_index];
  std::vector<Column> keys;
  for (std::size_t index : key_columns_) {
    const Column& key = batch.columns[index];
    keys.push_back(is_word_type(key.type()) ? flatten(*context_.memory, key) : key);
  }
  EvalContext context(*context_.memory, &dictionaries_);
  std::vector<Column> arguments;
  for (const BoundAggregate& bound : spec_.aggregates) {
    if (bound.argument == nullptr) {
      arguments.emplace_back();
    } else {
      arguments.push_back(bound.function->takes_dictionary ? evaluate_coded(*bound.argument, batch, context)
                                                           : evaluate(*bound.argument, batch, context));
    }
  }
  auto row_count = static_cast<std::size_t>(batch.row_count);
  std::uint64_t first_position = position_of(split_index, split_rows_[split_index]);
  split_rows_[split_index] += row_count;
  worker.row_count += row_count;
  if (worker.parts_rows) {
    return worker.rest.add(rows_to_part(std::move(keys), arguments, batch.row_count), first_position);
  }

  worker.positions.resize(row_count);
  std::iota(worker.positions.begin(), worker.positions.end(), first_position);
  worker.groups.add(keys, arguments, worker.positions);
  std::size_t groups = worker.groups.size();
  worker.parts_rows =
      groups > limits_.small_groups && (groups > limits_.groups || worker.row_count < limits_.rows_per_group * groups);
}

Batch HashAggregate::rows_to_part(std::vector<Column> keys, const std::vector<Column>& arguments,
                                  std::int64_t row_count) const {
  Batch rows{parted_schema_, std::move(keys), row_count};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (spec_.aggregates[i].argument != nullptr) rows.columns.push_back(arguments[i]);
  }
  return rows;
}

std::shared_ptr<const OrderedRows> HashAggregate::result_on_disk() {
  if (std::none_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->rest.is_spilled(); }))
    return nullptr;
  auto rows = std::make_shared<OrderedRows>(context_, output_, split_rows_);
  merge_partitions([&](std::size_t, Part part) {
    auto row_count = static_cast<std::int64_t>(part.first_seen.size());
    rows->add({output_, std::move(part.columns), row_count}, part.first_seen);
  });
  workers_.clear();
  return rows;
}

Table HashAggregate::result() {
  HEADRACE_CHECK(!workers_.empty());
  if (std::shared_ptr<const OrderedRows> rows = result_on_disk()) return rows->table(context_.batch_rows);
  bool any_parted = std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->parts_rows; });
  std::vector<Part> parts;
  if (any_parted) {
    parts.resize(kPartitions);
    merge_partitions([&](std::size_t partition, Part part) { parts[partition] = std::move(part); });
  } else {
    parts.push_back(merge_tables());
  }
  workers_.clear();
  return put_in_order(std::move(parts));
}

HashAggregate::Part HashAggregate::merge_tables() {
  GroupTable& groups = workers_[0]->groups;
  for (std::size_t worker = 1; worker < workers_.size(); ++worker) {
    GroupTable& other = workers_[worker]->groups;
    std::vector<std::uint32_t> all(other.size());
    std::iota(all.begin(), all.end(), 0U);
    groups.merge(other, other.take_keys(), all);
    workers_[worker].reset();
  }
  if (key_columns_.empty()) groups.add_global_group();
  return finish(groups);
}

template <typename Take>
void HashAggregate::merge_partitions(const Take& take) {
  std::vector<Seeds> seeds(workers_.size());
  run_tasks(workers_.size(), context_.thread_count, *context_.cancellation, [&](std::size_t index, std::size_t) {
    Worker& worker = *workers_[index];
    worker.rest.flush();
    std::vector<std::uint8_t> partitions;
    std::vector<Column> keys = worker.groups.take_keys();
    partition_of_keys(keys, worker.groups.size(), partitions);
    seeds[index].order = order_by_partition(partitions);
    for (const Column& key : keys) seeds[index].keys.push_back(gather(*context_.memory, key, seeds[index].order.rows));
  });
  run_tasks(kPartitions, context_.thread_count, *context_.cancellation, [&](std::size_t partition, std::size_t) {
    GroupTable groups(spec_);
    for (std::size_t i = 0; i < workers_.size(); ++i) add_partition(partition, *workers_[i], seeds[i], groups);
    take(partition, finish(groups));
  });
}

void HashAggregate::add_partition(std::size_t partition, const Worker& worker, const Seeds& seeds,
                                  GroupTable& groups) const {
  std::int64_t start = seeds.order.starts[partition];
  std::int64_t count = seeds.order.starts[partition + 1] - start;
  if (count > 0) {
    std::vector<Column> keys;
    for (const Column& key : seeds.keys) keys.push_back(key.slice(start, count));
    std::vector<std::uint32_t> from(seeds.order.rows.begin() + start, seeds.order.rows.begin() + start + count);
    groups.merge(worker.groups, keys, from);
  }
  std::vector<Column> arguments(spec_.aggregates.size());
  worker.rest.read(partition, [&](const Batch& rows, std::span<const std::uint64_t> positions) {
    std::size_t next = key_columns_.size();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (spec_.aggregates[i].argument != nullptr) arguments[i] = rows.columns[next++];
    }
    groups.add({rows.columns.data(), key_columns_.size()}, arguments, positions);
  });
}

HashAggregate::Part HashAggregate::finish(GroupTable& groups) const {
  Part part{groups.take_keys(), groups.first_seen()};
  for (std::size_t i = 0; i < spec_.aggregates.size(); ++i) {
    const NamedExpr& named = node_.aggregates[i];
    part.columns.push_back(with_context([&] { return groups.finish(i); },
                                        [&] { return "computing " + named.name + " = " + to_string(named.expr); }));
  }
  return part;
}

Table HashAggregate::put_in_order(std::vector<Part> parts) const {
  std::vector<std::span<const std::uint64_t>> positions;
  for (const Part& part : parts) positions.emplace_back(part.first_seen);
  std::vector<GroupRef> order = order_by_position(positions, split_rows_, context_.thread_count);
  Reservation reservation(*context_.memory, order.size() * sizeof(GroupRef), "group_by");

  Table table{output_, {}};
  auto batch_rows = static_cast<std::size_t>(context_.batch_rows);
  table.batches.resize((order.size() + batch_rows - 1) / batch_rows);
  for (std::size_t column = 0; column < output_->size(); ++column) {
    // Column by column, so that no more than one of them is there twice.
    std::vector<Column> of_parts;
    for (Part& part : parts) of_parts.push_back(std::move(part.columns[column]));
    run_tasks(table.batches.size(), context_.thread_count, *context_.cancellation, [&](std::size_t index, std::size_t) {
      std::size_t start = index * batch_rows;
      std::span<const GroupRef> rows(order.data() + start, std::min(batch_rows, order.size() - start));
      Batch& batch = table.batches[index];
      if (column == 0) batch = {output_, {}, static_cast<std::int64_t>(rows.size())};
      batch.columns.push_back(gather_groups(of_parts, rows));
    });
  }
  return table;
}

/// The rows of several columns of one type.
Column HashAggregate::gather_groups(std::span<const Column> parts, std::span<const GroupRef> order) const {
  MemoryBudget& memory = *context_.memory;
  auto length = static_cast<std::int64_t>(order.size());
  const Type& type = parts[0].type();
  bool has_null = std::any_of(parts.begin(), parts.end(), [](const Column& c) { return c.validity() != nullptr; });
  std::shared_ptr<Buffer> validity = has_null ? Buffer::allocate(memory, order.size()) : nullptr;
  for (std::size_t i = 0; has_null && i < order.size(); ++i) {
    const std::uint8_t* valid = parts[order[i].part()].validity();
    validity->mutable_as<std::uint8_t>()[i] = valid == nullptr ? std::uint8_t{1} : valid[order[i].group()];
  }
  auto fixed = [&]<typename T>(T) {
    std::vector<const T*> values;
    for (const Column& part : parts) values.push_back(reinterpret_cast<const T*>(part.raw_values()));
    auto buffer = Buffer::allocate(memory, order.size() * sizeof(T));
    T* out = buffer->mutable_as<T>();
    for (std::size_t i = 0; i < order.size(); ++i) out[i] = values[order[i].part()][order[i].group()];
    return Column::fixed(type, length, std::move(buffer), std::move(validity));
  };
  switch (type.value_bytes()) {
    case 1: return fixed(std::uint8_t{});
    case 2: return fixed(std::uint16_t{});
    case 4: return fixed(std::uint32_t{});
    case 8: return fixed(std::uint64_t{});
    case 16: return fixed(Int128{});
    default: break;
  }
  ColumnBuilder builder(memory, type);
  for (GroupRef group : order) builder.append_from(parts[group.part()], static_cast<std::int64_t>(group.group()));
  return builder.finish();
}

}  // namespace headrace
