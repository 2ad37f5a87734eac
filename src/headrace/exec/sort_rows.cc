// See sort_rows.h.
#include "headrace/exec/sort_rows.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "headrace/exec/order_rows.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/sort_keys.h"

namespace headrace {
namespace {

/// About the bytes of a column in plain layout.
std::size_t plain_bytes(const Column& column) {
  if (!column.is_dictionary() || column.dictionary()->length() == 0) return column.data_bytes();
  const Column& values = *column.dictionary();
  return static_cast<std::size_t>(column.length()) *
         (values.data_bytes() / static_cast<std::size_t>(values.length()) + 1);
}

/// All rows in one batch, if there is room for them, their keys and their copy in order; else nothing.
std::optional<Batch> in_memory(const Spool& rows, const RunContext& context) {
  constexpr std::size_t kBytesMax = 256 << 20;
  const MemoryBudget& memory = *context.memory;
  if (rows.spilled_count() > 0 || rows.row_count() > INT32_MAX) return std::nullopt;
  std::vector<Batch> batches;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.batch_count(); ++i) {
    batches.push_back(rows.read(i));
    for (const Column& column : batches.back().columns) bytes += plain_bytes(column);
  }
  std::size_t free_bytes = memory.limit_bytes() - std::min(memory.limit_bytes(), memory.used_bytes());
  if (bytes > std::min(kBytesMax, free_bytes / 8)) return std::nullopt;
  return concat(*context.memory, rows.schema(), batches);
}

std::shared_ptr<const Spool> sort_in_memory(const Batch& rows, const std::vector<SortColumn>& order,
                                            const RunContext& context) {
  std::vector<Column> columns;
  std::vector<SortOrder> orders;
  for (const SortColumn& column : order) {
    columns.push_back(rows.columns[rows.schema->index_of(column.name)]);
    orders.push_back({column.descending, column.descending});
  }
  Reservation reservation(*context.memory, static_cast<std::size_t>(rows.row_count) * sizeof(std::int32_t), "sort");
  SortKeys keys(context.memory);
  keys.make(columns, orders, {});
  std::vector<std::int32_t> sorted = keys.order();
  auto batch_rows = static_cast<std::size_t>(context.batch_rows);
  std::size_t batch_count = (sorted.size() + batch_rows - 1) / batch_rows;
  auto spool = std::make_shared<Spool>(rows.schema, context);
  spool->start(batch_count);
  run_tasks(batch_count, context.thread_count, *context.cancellation, [&](std::size_t index, std::size_t) {
    std::size_t at = index * batch_rows;
    std::span<const std::int32_t> some = std::span(sorted).subspan(at, std::min(batch_rows, sorted.size() - at));
    spool->append(gather(*context.memory, rows, some), index);
  });
  spool->finish();
  return spool;
}

}  // namespace

std::shared_ptr<const Spool> sort_rows(std::shared_ptr<const Spool> rows, const std::vector<SortColumn>& order,
                                       const RunContext& context) {
  if (rows->row_count() < 2) return rows;
  if (std::optional<Batch> all = in_memory(*rows, context)) {
    rows.reset();
    return sort_in_memory(*all, order, context);
  }
  RowOrder row_order;
  row_order.sort_by = order;
  return order_rows(*rows, as_they_are(rows->schema()), row_order, context).rows;
}

}  // namespace headrace
