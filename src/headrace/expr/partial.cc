// See partial.h. An expression that cannot fail is evaluated on the whole batch when that costs at most twice what it
// must; else the columns it reads are gathered first.
#include "headrace/expr/partial.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Gathers the columns that `expr` reads; the others stay as they are and are not looked at.
void gather_inputs(const BoundExpr& expr, const Batch& batch, std::span<const std::int32_t> rows,
                   std::vector<bool>& done, Batch& out, MemoryBudget& memory) {
  if (expr.kind == BoundExpr::Kind::kColumn && !done[expr.column_index]) {
    done[expr.column_index] = true;
    out.columns[expr.column_index] = gather(memory, batch.columns[expr.column_index], rows);
  }
  for (const BoundExprPtr& arg : expr.args) gather_inputs(*arg, batch, rows, done, out, memory);
}

template <typename T>
Column select_values(const std::uint8_t* mask, const Column& when_1, const Column& when_0,
                     std::shared_ptr<Buffer> validity, MemoryBudget& memory) {
  std::int64_t row_count = when_1.length();
  std::shared_ptr<Buffer> values = Buffer::allocate(memory, static_cast<std::size_t>(row_count) * sizeof(T));
  T* to = values->mutable_as<T>();
  const T* from_1 = reinterpret_cast<const T*>(when_1.raw_values());
  const T* from_0 = reinterpret_cast<const T*>(when_0.raw_values());
  for (std::int64_t i = 0; i < row_count; ++i) to[i] = mask[i] != 0 ? from_1[i] : from_0[i];
  return Column::fixed(when_1.type(), row_count, std::move(values), std::move(validity));
}

std::shared_ptr<Buffer> select_validity(const std::uint8_t* mask, const Column& when_1, const Column& when_0,
                                        MemoryBudget& memory) {
  if (when_1.validity() == nullptr && when_0.validity() == nullptr) return nullptr;
  std::int64_t row_count = when_1.length();
  std::shared_ptr<Buffer> validity = Buffer::allocate(memory, static_cast<std::size_t>(row_count));
  auto* to = validity->mutable_as<std::uint8_t>();
  std::uint8_t all = 1;
  for (std::int64_t i = 0; i < row_count; ++i) {
    const std::uint8_t* from = mask[i] != 0 ? when_1.validity() : when_0.validity();
    to[i] = from == nullptr ? std::uint8_t{1} : from[i];
    all &= to[i];
  }
  return all != 0 ? nullptr : validity;
}

/// Both sides have all rows and values of fixed width.
Column select(const std::uint8_t* mask, const Column& when_1, const Column& when_0, MemoryBudget& memory) {
  std::shared_ptr<Buffer> validity = select_validity(mask, when_1, when_0, memory);
  switch (when_1.type().value_bytes()) {
    case 1: return select_values<std::uint8_t>(mask, when_1, when_0, std::move(validity), memory);
    case 2: return select_values<std::uint16_t>(mask, when_1, when_0, std::move(validity), memory);
    case 4: return select_values<std::uint32_t>(mask, when_1, when_0, std::move(validity), memory);
    case 8: return select_values<std::uint64_t>(mask, when_1, when_0, std::move(validity), memory);
    default: return select_values<Int128>(mask, when_1, when_0, std::move(validity), memory);
  }
}

std::int64_t count_rows(const std::uint8_t* mask, std::int64_t row_count, std::uint8_t wanted) {
  std::int64_t ones = 0;
  for (std::int64_t i = 0; i < row_count; ++i) ones += mask[i];
  return wanted == 1 ? ones : row_count - ones;
}

std::vector<std::int32_t> rows_where(const std::uint8_t* mask, std::int64_t row_count, std::uint8_t wanted) {
  std::vector<std::int32_t> rows(static_cast<std::size_t>(row_count));
  std::size_t count = 0;
  for (std::int64_t i = 0; i < row_count; ++i) {
    rows[count] = static_cast<std::int32_t>(i);
    count += mask[i] == wanted ? 1 : 0;
  }
  rows.resize(count);
  return rows;
}

/// Whether evaluation on all rows may fail: not by what was evaluated on them already.
bool can_still_fail(const BoundExpr& expr, const Batch& batch, const EvalContext& context) {
  if (!expr.can_fail || context.shared_result(expr, batch) != nullptr) return false;
  return expr.fails_itself ||
         std::ranges::any_of(expr.args, [&](const BoundExprPtr& arg) { return can_still_fail(*arg, batch, context); });
}

}  // namespace

PartialColumn evaluate_partial(const BoundExpr& expr, const Batch& batch, const std::uint8_t* mask, std::uint8_t wanted,
                               EvalContext& context) {
  bool is_known = context.shared_result(expr, batch) != nullptr;
  bool is_call = expr.kind == BoundExpr::Kind::kCall && !is_known;
  std::int64_t count = is_call ? count_rows(mask, batch.row_count, wanted) : batch.row_count;
  if (count == batch.row_count || (count * 2 >= batch.row_count && !can_still_fail(expr, batch, context))) {
    return {evaluate(expr, batch, context), true};
  }
  std::vector<std::int32_t> rows = rows_where(mask, batch.row_count, wanted);
  Batch inputs{batch.schema, std::vector<Column>(batch.columns.size()), count};
  std::vector<bool> done(batch.columns.size(), false);
  gather_inputs(expr, batch, rows, done, inputs, context.memory);
  return {evaluate(expr, inputs, context), false};
}

Column merge(const std::uint8_t* mask, std::int64_t row_count, const PartialColumn& when_1, const PartialColumn& when_0,
             EvalContext& context) {
  bool fixed_width = when_1.column.type().value_bytes() > 0;
  if (when_1.by_row && when_0.by_row && fixed_width) return select(mask, when_1.column, when_0.column, context.memory);
  // The rows of both sides one after another, then each row picked from where it stands.
  Column both[] = {when_1.column, when_0.column};
  std::vector<std::int32_t> from(static_cast<std::size_t>(row_count));
  std::int64_t start_0 = when_1.column.length(), next_1 = 0, next_0 = start_0;
  for (std::int64_t i = 0; i < row_count; ++i) {
    std::int64_t at = mask[i] != 0 ? (when_1.by_row ? i : next_1++) : (when_0.by_row ? start_0 + i : next_0++);
    from[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(at);
  }
  return gather(context.memory, concat(context.memory, both), from);
}

}  // namespace headrace
