// See evaluate.h. Each node gives a whole column; functions are free loops behind one pointer call a batch.
//
// Nulls are dealt with here for most functions: the validities of the arguments are combined once, the function sees
// which rows matter, and its result gets the combined validity and zeros under the nulls.
#include "headrace/expr/evaluate.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/shorten.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/expr/function.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

bool is_literal(const BoundExpr& expr) { return expr.kind == BoundExpr::Kind::kLiteral; }

/// The validity of a column's rows as a buffer that starts at its first row.
std::shared_ptr<const Buffer> validity_from_first_row(const Column& column) {
  return Buffer::wrap(column.validity(), static_cast<std::size_t>(column.length()), column.validity_buffer());
}

/// 1 where all columns are valid, or nothing when none of them has nulls.
std::shared_ptr<const Buffer> combine_validities(std::span<const Column> columns, MemoryBudget& memory) {
  std::shared_ptr<const Buffer> first;
  std::shared_ptr<Buffer> combined;
  for (const Column& column : columns) {
    if (column.validity() == nullptr) continue;
    if (!first) {
      first = validity_from_first_row(column);
      continue;
    }
    if (!combined) {
      combined = Buffer::allocate(memory, first->size_bytes());
      std::memcpy(combined->mutable_data(), first->data(), first->size_bytes());
    }
    auto* to = combined->mutable_as<std::uint8_t>();
    for (std::int64_t i = 0; i < column.length(); ++i) to[i] &= column.validity()[i];
  }
  return combined ? combined : first;
}

std::shared_ptr<Buffer> copy_values(const Column& column, MemoryBudget& memory) {
  std::size_t size_bytes = static_cast<std::size_t>(column.length()) * column.type().value_bytes();
  std::shared_ptr<Buffer> copy = Buffer::allocate(memory, size_bytes);
  if (size_bytes > 0) std::memcpy(copy->mutable_data(), column.raw_values(), size_bytes);
  return copy;
}

template <typename T>
bool any_under_null(const Column& column) {
  const T* values = reinterpret_cast<const T*>(column.raw_values());
  bool any = false;
  for (std::int64_t i = 0; i < column.length(); ++i) any |= column.validity()[i] == 0 && values[i] != T{0};
  return any;
}

template <typename T>
Column zero_values(const Column& column, MemoryBudget& memory) {
  if (!any_under_null<T>(column)) return column;
  std::shared_ptr<Buffer> values = copy_values(column, memory);
  for (std::int64_t i = 0; i < column.length(); ++i) {
    if (column.validity()[i] == 0) values->mutable_as<T>()[i] = T{0};
  }
  return Column::fixed(column.type(), column.length(), std::move(values), validity_from_first_row(column));
}

Column empty_strings(const Column& column, MemoryBudget& memory) {
  std::span<const std::int32_t> offsets = column.offsets();
  bool any = false;
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) any |= column.validity()[i] == 0 && offsets[i] != offsets[i + 1];
  if (!any) return column;
  std::vector<std::int32_t> rows;
  for (std::int64_t i = 0; i < column.length(); ++i)
    rows.push_back(column.is_null(i) ? -1 : static_cast<std::int32_t>(i));
  return gather(memory, column, rows);
}

/// The column with zeros, or no bytes, under its nulls, as Column promises.
Column clear_under_nulls(const Column& column, MemoryBudget& memory) {
  if (column.validity() == nullptr) return column;
  if (column.type().is_binary_like()) return empty_strings(column, memory);
  switch (column.type().value_bytes()) {
    case 1: return zero_values<std::uint8_t>(column, memory);
    case 2: return zero_values<std::uint16_t>(column, memory);
    case 4: return zero_values<std::uint32_t>(column, memory);
    case 8: return zero_values<std::uint64_t>(column, memory);
    case 16: return zero_values<Int128>(column, memory);
    default: return column;
  }
}

Column evaluate_call(const BoundExpr& expr, const Batch& batch, EvalContext& context) {
  const Function& function = *expr.function;
  if (function.eval_lazy != nullptr) return function.eval_lazy(expr, batch, context);
  bool all_literal = std::all_of(expr.args.begin(), expr.args.end(), [](auto& arg) { return is_literal(*arg); });
  bool leave_literals = function.reads_literals && !all_literal;
  std::vector<Column> args;
  args.reserve(expr.args.size());
  for (const BoundExprPtr& arg : expr.args) {
    args.push_back(leave_literals && is_literal(*arg) ? Column() : evaluate(*arg, batch, context));
  }
  bool propagates = function.null_rule == NullRule::kPropagate;
  std::shared_ptr<const Buffer> validity = propagates ? combine_validities(args, context.memory) : nullptr;
  const auto* valid = validity ? reinterpret_cast<const std::uint8_t*>(validity->data()) : nullptr;
  Column result = function.eval({expr, args, batch.row_count, valid, context});
  HEADRACE_CHECK(result.length() == batch.row_count && result.type() == expr.type);
  if (!propagates) return result;
  if (validity && result.validity() != nullptr) {
    Column both[] = {result, result.with_validity(validity)};
    validity = combine_validities(both, context.memory);
  }
  if (validity) result = result.with_validity(std::move(validity));
  return clear_under_nulls(result, context.memory);
}

/// The value of a row for a message: text in quotes, long text cut.
std::string describe_value(const Column& column, std::int64_t row) {
  bool quoted = column.type().kind() == TypeKind::kString && !column.is_null(row);
  std::string text = shorten(format_cell(column, row), 60);
  return quoted ? "'" + text + "'" : text;
}

std::string describe_expr(const Expr& expr) { return shorten(to_string(expr), 200); }

}  // namespace

const Value* FunctionCall::literal(std::size_t index) const {
  bool left_empty = is_literal(*expr.args[index]) && args[index].type().kind() == TypeKind::kNull;
  return left_empty ? &expr.args[index]->literal : nullptr;
}

void FunctionCall::fail(std::int64_t row, std::string_view reason, std::string_view hint) const {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (is_literal(*expr.args[i])) continue;
    std::string value = fmt::format("{} = {}", describe_expr(expr.args[i]->source), describe_value(args[i], row));
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
  }
  throw Error(ErrorCode::kBadData,
              fmt::format("{}: {}{}{}", reason, describe_expr(expr.source), values.empty() ? "" : " where ",
                          fmt::join(values, ", ")),
              std::string(hint));
}

EvalContext::EvalContext(MemoryBudget& budget, DictionaryCache* cache)
    : memory(budget), dictionaries(cache), flattener(budget, cache == nullptr ? nullptr : &cache->flattened()) {}

const Column* EvalContext::shared_result(const BoundExpr& expr, const Batch& batch) const {
  if (!expr.is_shared || !shares_results_of(batch)) return nullptr;
  auto known = std::ranges::find(shared_results_, &expr, &std::pair<const BoundExpr*, Column>::first);
  return known == shared_results_.end() ? nullptr : &known->second;
}

Column evaluate(const BoundExpr& expr, const Batch& batch, EvalContext& context) {
  return context.flattener.flatten(evaluate_coded(expr, batch, context));
}

Column evaluate_coded(const BoundExpr& expr, const Batch& batch, EvalContext& context) {
  switch (expr.kind) {
    case BoundExpr::Kind::kLiteral: return constant_column(context.memory, expr.literal, batch.row_count);
    case BoundExpr::Kind::kColumn: return batch.columns[expr.column_index];
    case BoundExpr::Kind::kCall: break;
  }
  if (const Column* known = context.shared_result(expr, batch)) return *known;
  std::optional<Column> coded = evaluate_on_dictionary(expr, batch, context);
  Column result = coded ? *std::move(coded) : evaluate_call(expr, batch, context);
  if (expr.is_shared && context.shares_results_of(batch)) context.keep_shared_result(expr, result);
  return result;
}

void evaluate_filter(const BoundExpr& predicate, const Batch& batch, EvalContext& context,
                     std::vector<std::int32_t>& selected_rows) {
  HEADRACE_CHECK(predicate.type.kind() == TypeKind::kBool || predicate.type.kind() == TypeKind::kNull);
  selected_rows.clear();
  if (predicate.type.kind() == TypeKind::kNull) return;
  Column column = evaluate(predicate, batch, context);
  std::span<const std::uint8_t> values = column.values<std::uint8_t>();
  const std::uint8_t* validity = column.validity();
  // Writing every row number and moving on for the kept ones has no branch.
  selected_rows.resize(values.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    selected_rows[count] = static_cast<std::int32_t>(i);
    count += validity == nullptr ? values[i] : values[i] & validity[i];
  }
  selected_rows.resize(count);
}

}  // namespace headrace
