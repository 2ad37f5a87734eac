// See group_table.h.
#include "headrace/exec/group_table.h"

#include <algorithm>
#include <bit>

#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

/// The float that stands for all that are equal to it (both zeros, all NaN), so that a group's key does not depend on
/// which of them came first.
double canonical(double value) { return std::bit_cast<double>(canonical_float64_bits(value)); }

template <typename T, typename ToKey>
void append_values(ColumnBuilder& keys, const Column& column, std::span<const std::int32_t> rows, const ToKey& to_key) {
  const T* values = column.values<T>().data();
  for (std::int32_t row : rows) column.is_null(row) ? keys.append_null() : keys.append(to_key(values[row]));
}

/// Appends rows of a key column as their groups show them.
void append_keys(ColumnBuilder& keys, const Column& column, std::span<const std::int32_t> rows) {
  auto same = [](auto value) { return value; };
  if (!column.is_dictionary()) {
    switch (column.type().kind()) {
      case TypeKind::kInt64:
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampNtz: return append_values<std::int64_t>(keys, column, rows, same);
      case TypeKind::kInt32:
      case TypeKind::kDate: return append_values<std::int32_t>(keys, column, rows, same);
      case TypeKind::kFloat64: return append_values<double>(keys, column, rows, canonical);
      case TypeKind::kFloat32:
        return append_values<float>(keys, column, rows,
                                    [](float value) { return static_cast<float>(canonical(value)); });
      default: break;
    }
  }
  for (std::int32_t row : rows) keys.append_from(column, row);
}

}  // namespace

GroupTable::GroupTable(const GroupSpec& spec)
    : spec_(&spec), keys_(spec.key_types, *spec.memory), reservation_(*spec.memory, 0, "group_by") {
  for (const Type& type : spec.key_types) key_values_.emplace_back(*spec.memory, type);
  for (const BoundAggregate& bound : spec.aggregates) {
    aggregates_.push_back(bound.function->make(bound.arg_type, *spec.memory));
  }
}

void GroupTable::assign(std::span<const Column> keys, std::span<const std::uint64_t> positions) {
  keys_.insert(keys, positions.size(), ids_);
  new_rows_.clear();
  for (std::size_t row = 0; row < positions.size(); ++row) {
    if (ids_[row] < first_seen_.size()) {
      std::uint64_t& first = first_seen_[ids_[row]];
      first = std::min(first, positions[row]);
    } else {
      first_seen_.push_back(positions[row]);
      new_rows_.push_back(static_cast<std::int32_t>(row));
    }
  }
  for (std::size_t k = 0; k < keys.size(); ++k) append_keys(key_values_[k], keys[k], new_rows_);
  for (auto& aggregate : aggregates_) aggregate->resize(size());
}

void GroupTable::add(std::span<const Column> keys, std::span<const Column> arguments,
                     std::span<const std::uint64_t> positions) {
  assign(keys, positions);
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    aggregates_[i]->update(spec_->aggregates[i].argument == nullptr ? nullptr : &arguments[i], ids_);
  }
  charge();
}

void GroupTable::merge(const GroupTable& other, std::span<const Column> keys, std::span<const std::uint32_t> groups) {
  positions_.resize(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) positions_[i] = other.first_seen_[groups[i]];
  assign(keys, positions_);
  for (std::size_t i = 0; i < aggregates_.size(); ++i) aggregates_[i]->merge(*other.aggregates_[i], groups, ids_);
  charge();
}

void GroupTable::add_global_group() {
  if (size() > 0) return;
  first_seen_.push_back(0);
  for (auto& aggregate : aggregates_) aggregate->resize(1);
}

std::vector<Column> GroupTable::take_keys() {
  std::vector<Column> columns;
  for (ColumnBuilder& values : key_values_) columns.push_back(values.finish());
  return columns;
}

void GroupTable::charge() {
  std::size_t bytes = first_seen_.capacity() * sizeof(std::uint64_t);
  for (const auto& aggregate : aggregates_) bytes += aggregate->state_bytes();
  reservation_.resize(bytes, "group_by");
}

}  // namespace headrace
