// See order_ranges.h.
#include "headrace/exec/order_ranges.h"

#include <algorithm>
#include <utility>

#include "headrace/kernel/gather.h"
#include "headrace/kernel/hash.h"

namespace headrace {

OrderColumns::OrderColumns(const RowOrder& order, const Schema& schema) {
  // A column that is there already decides nothing more.
  auto add = [&](const std::string& name, bool descending) {
    std::size_t index = schema.index_of(name);
    if (std::ranges::find(indexes, index) != indexes.end()) return;
    indexes.push_back(index);
    orders.push_back({descending, descending});
  };
  for (const std::string& name : order.partition_by) add(name, false);
  for (const SortColumn& column : order.sort_by) add(column.name, column.descending);
}

std::vector<Column> OrderColumns::of(const Batch& rows) const {
  std::vector<Column> columns;
  for (std::size_t index : indexes) columns.push_back(rows.columns[index]);
  return columns;
}

KeySample::KeySample(const OrderColumns& order, const EncodedColumns& columns, std::uint64_t step,
                     std::shared_ptr<MemoryBudget> memory)
    : orders_(order.orders), step_(step), memory_(std::move(memory)) {
  std::vector<Field> fields;
  for (std::size_t index : order.indexes) {
    columns_.exprs.push_back(columns.exprs[index]);
    fields.push_back((*columns.schema)[index]);
  }
  columns_.schema = std::make_shared<const Schema>(std::move(fields));
}

std::vector<std::int32_t> KeySample::rows_of(std::uint64_t first_row, std::int64_t row_count) const {
  std::vector<std::int32_t> picked;
  std::uint64_t end = first_row + static_cast<std::uint64_t>(row_count);
  for (std::uint64_t row = (first_row + step_ - 1) / step_ * step_; row < end; row += step_) {
    picked.push_back(static_cast<std::int32_t>(row - first_row));
  }
  return picked;
}

std::vector<std::string> KeySample::keys_of(const Batch& rows, std::span<const std::int32_t> picked,
                                            std::span<const std::uint64_t> ties) {
  std::vector<std::string> sample;
  if (picked.empty()) return sample;
  EvalContext eval(*memory_, &dictionaries_);
  SortKeys keys(memory_);
  keys.make(encode_rows(gather(*memory_, rows, picked), columns_, eval).columns, orders_, ties);
  for (std::size_t i = 0; i < keys.size(); ++i) sample.emplace_back(keys[i]);
  return sample;
}

std::vector<std::string> cut_ranges(std::vector<std::string> sample, std::size_t range_count) {
  std::ranges::sort(sample);
  std::vector<std::string> starts;
  for (std::size_t range = 1; range < range_count && !sample.empty(); ++range) {
    std::string& start = sample[range * sample.size() / range_count];
    // A key that comes often would begin several ranges.
    if (starts.empty() || starts.back() != start) starts.push_back(start);
  }
  return starts;
}

RangeDealer::RangeDealer(const RowOrder& order, const Schema& schema, OrderRanges ranges,
                         std::shared_ptr<MemoryBudget> memory)
    : columns_(order, schema), ranges_(std::move(ranges)), memory_(std::move(memory)) {
  if (!is_cut_by_keys(order)) places_.emplace(ranges_.row_count, order.shuffle.value());
}

std::vector<std::uint32_t> RangeDealer::ranges_of(const Batch& rows, std::uint64_t first_row) const {
  std::vector<std::uint32_t> ranges(static_cast<std::size_t>(rows.row_count));
  if (places_) {
    for (std::uint32_t& range : ranges) {
      range = static_cast<std::uint32_t>((*places_)(first_row++) * ranges_.count / ranges_.row_count);
    }
    return ranges;
  }
  SortKeys keys(memory_);
  keys.make(columns_.of(rows), columns_.orders, {});
  for (std::size_t row = 0; row < keys.size(); ++row) {
    auto next = std::ranges::upper_bound(ranges_.starts, keys[row], {},
                                         [](const std::string& key) { return std::string_view(key); });
    ranges[row] = static_cast<std::uint32_t>(next - ranges_.starts.begin());
  }
  return ranges;
}

RowOrder order_in_range(RowOrder order, std::size_t range) {
  if (order.shuffle) {
    order.shuffle = hash_int64(static_cast<std::int64_t>(*order.shuffle + 0x9e3779b97f4a7c15U * (range + 1)));
  }
  return order;
}

}  // namespace headrace
