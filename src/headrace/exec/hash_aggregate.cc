// See hash_aggregate.h.
#include "headrace/exec/hash_aggregate.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/evaluate.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

/// Appends a key as its group shows it: of floats that are equal (both zeros, all NaNs) always the same one, so that
/// the result does not depend on which of them came first.
void append_key(ColumnBuilder& keys, const Column& column, std::int64_t row) {
  auto canonical = [](double value) { return std::bit_cast<double>(canonical_float64_bits(value)); };
  auto at = static_cast<std::size_t>(row);
  if (column.is_null(row) || !column.type().is_floating()) return keys.append_from(column, row);
  if (column.type().kind() == TypeKind::kFloat64) return keys.append(canonical(column.values<double>()[at]));
  keys.append(static_cast<float>(canonical(static_cast<double>(column.values<float>()[at]))));
}

}  // namespace

HashAggregate::HashAggregate(const AggregateNode& node, const Schema& input, std::shared_ptr<const Schema> output,
                             const RunContext& context)
    : node_(node), output_(std::move(output)), context_(context) {
  for (const std::string& key : node.keys) {
    key_columns_.push_back(input.index_of(key));
    key_types_.push_back(input[key_columns_.back()].type);
  }
  for (const NamedExpr& aggregate : node.aggregates) aggregates_.push_back(bind_aggregate(aggregate.expr, input));
}

HashAggregate::Groups::Groups(const HashAggregate& owner)
    : keys(owner.key_types_, *owner.context_.memory), reservation(*owner.context_.memory, 0, "group_by") {
  for (const Type& type : owner.key_types_) key_values.emplace_back(*owner.context_.memory, type);
  for (const BoundAggregate& bound : owner.aggregates_) aggregates.push_back(bound.function->make(bound.arg_type));
}

template <typename PositionOf>
void HashAggregate::Groups::assign(const std::vector<Column>& key_columns, std::size_t row_count,
                                   const PositionOf& position_of) {
  keys.insert(key_columns, row_count, ids);
  for (std::size_t row = 0; row < row_count; ++row) {
    std::uint64_t position = position_of(row);
    if (ids[row] < first_seen.size()) {
      first_seen[ids[row]] = std::min(first_seen[ids[row]], position);
      continue;
    }
    first_seen.push_back(position);
    for (std::size_t k = 0; k < key_columns.size(); ++k) {
      append_key(key_values[k], key_columns[k], static_cast<std::int64_t>(row));
    }
  }
  for (auto& aggregate : aggregates) aggregate->resize(size());
}

void HashAggregate::Groups::charge() {
  std::size_t bytes = first_seen.capacity() * sizeof(std::uint64_t);
  for (const auto& aggregate : aggregates) bytes += aggregate->state_bytes();
  reservation.resize(bytes, "group_by");
}

void HashAggregate::start(std::size_t, std::size_t worker_count) {
  for (std::size_t worker = 0; worker < worker_count; ++worker) workers_.push_back(std::make_unique<Groups>(*this));
}

void HashAggregate::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  Groups& groups = *workers_[worker_index];
  if (groups.current_split != split_index) groups.next_row = 0;
  groups.current_split = split_index;
  std::vector<Column> key_columns;
  for (std::size_t index : key_columns_) {
    key_columns.push_back(flatten(*context_.memory, batch.columns[index]));
  }
  std::uint64_t position = (static_cast<std::uint64_t>(split_index) << 32) + groups.next_row;
  groups.assign(key_columns, static_cast<std::size_t>(batch.row_count),
                [&](std::size_t row) { return position + row; });
  groups.next_row += static_cast<std::uint64_t>(batch.row_count);

  EvalContext context{*context_.memory, &dictionaries_};
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    if (aggregates_[i].argument == nullptr) {
      groups.aggregates[i]->update(nullptr, groups.ids);
    } else {
      Column argument = evaluate(*aggregates_[i].argument, batch, context);
      groups.aggregates[i]->update(&argument, groups.ids);
    }
  }
  groups.charge();
}

void HashAggregate::merge(Groups& into, Groups& from) {
  std::vector<Column> key_columns;
  for (ColumnBuilder& builder : from.key_values) key_columns.push_back(builder.finish());
  into.assign(key_columns, from.size(), [&](std::size_t group) { return from.first_seen[group]; });
  for (std::size_t i = 0; i < aggregates_.size(); ++i) into.aggregates[i]->merge(*from.aggregates[i], into.ids);
  into.charge();
}

Table HashAggregate::result() {
  HEADRACE_CHECK(!workers_.empty());
  Groups& groups = *workers_[0];
  for (std::size_t worker = 1; worker < workers_.size(); ++worker) {
    merge(groups, *workers_[worker]);
    workers_[worker].reset();
  }
  bool is_global = key_columns_.empty();
  if (is_global && groups.size() == 0) {
    groups.first_seen.push_back(0);
    for (auto& aggregate : groups.aggregates) aggregate->resize(1);
  }

  std::vector<std::int32_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0);
  auto appears_earlier = [&](std::int32_t a, std::int32_t b) {
    return groups.first_seen[static_cast<std::size_t>(a)] < groups.first_seen[static_cast<std::size_t>(b)];
  };
  std::sort(order.begin(), order.end(), appears_earlier);

  Batch all{output_, {}, static_cast<std::int64_t>(order.size())};
  for (ColumnBuilder& values : groups.key_values) {
    all.columns.push_back(gather(*context_.memory, values.finish(), order));
  }
  for (auto& aggregate : groups.aggregates) {
    const NamedExpr& named = node_.aggregates[all.columns.size() - groups.key_values.size()];
    Column values = with_context([&] { return aggregate->finish(*context_.memory); },
                                 [&] { return "computing " + named.name + " = " + to_string(named.expr); });
    all.columns.push_back(gather(*context_.memory, values, order));
  }
  Table table{output_, {}};
  for (std::int64_t start = 0; start < all.row_count; start += context_.batch_rows) {
    table.batches.push_back(all.slice(start, std::min(context_.batch_rows, all.row_count - start)));
  }
  return table;
}

}  // namespace headrace
