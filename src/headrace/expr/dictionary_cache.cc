// See dictionary_cache.h.
#include "headrace/expr/dictionary_cache.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/same_codes.h"
#include "headrace/kernel/distinct_rows.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Dictionaries = std::vector<std::shared_ptr<const Column>>;

/// The part of a memory budget that one result may take.
constexpr std::size_t kBudgetParts = 16;

/// A dictionary is evaluated when it has at most this many times the rows seen so far.
constexpr std::int64_t kValuesPerRowSeen = 4;

/// The columns that an expression reads, when one set of codes stands for all of them.
struct CodedInputs {
  std::vector<std::size_t> indexes;
  Dictionaries dictionaries;
};
std::optional<CodedInputs> find_coded_inputs(const BoundExpr& expr, const Batch& batch) {
  CodedInputs inputs;
  collect_column_indexes(expr, inputs.indexes);
  if (inputs.indexes.empty()) return std::nullopt;
  const Column& first = batch.columns[inputs.indexes[0]];
  for (std::size_t index : inputs.indexes) {
    const Column& column = batch.columns[index];
    if (!column.is_dictionary() || !have_same_codes(column, first)) return std::nullopt;
    inputs.dictionaries.push_back(column.dictionary());
  }
  return inputs;
}

Batch batch_of(const Batch& like, const CodedInputs& inputs, std::int64_t row_count, const auto& column_of) {
  Batch batch{like.schema, std::vector<Column>(like.columns.size()), row_count};
  for (std::size_t i = 0; i < inputs.indexes.size(); ++i) {
    batch.columns[inputs.indexes[i]] = column_of(*inputs.dictionaries[i]);
  }
  return batch;
}

/// The results for all values, in pieces that stay in the processor's caches. Of a large dictionary they are codes if
/// they repeat. Empty when they would take too much of the memory budget.
std::optional<Column> evaluate_values(const BoundExpr& expr, const Batch& like, const CodedInputs& inputs,
                                      EvalContext& context) {
  std::int64_t value_count = inputs.dictionaries[0]->length();
  std::size_t bytes_max = context.memory.limit_bytes() / kBudgetParts;
  std::size_t bytes = 0;
  std::vector<Column> pieces;
  DistinctRows distinct;
  bool repeats = value_count > kBatchRowsMax;
  for (std::int64_t start = 0; start < value_count || pieces.empty(); start += kBatchRowsMax) {
    std::int64_t rows = std::min(kBatchRowsMax, value_count - start);
    Batch values = batch_of(like, inputs, rows, [&](const Column& column) { return column.slice(start, rows); });
    Column piece = evaluate_coded(expr, values, context);
    if (repeats) {
      repeats = distinct.add(context.memory, piece);
      if (repeats && start + rows < value_count) continue;
      if (repeats) return distinct.finish(context.memory);
      // Too many differ: what was taken so far goes on as it was.
      if (start > 0) {
        pieces.push_back(flatten(context.memory, distinct.finish(context.memory)));
        bytes += pieces.back().data_bytes();
      }
    }
    bytes += piece.data_bytes();
    if (bytes > bytes_max) return std::nullopt;
    pieces.push_back(std::move(piece));
  }
  Column result = concat(context.memory, pieces);
  return result.type().is_binary_like() ? result : flatten(context.memory, result);
}

Column evaluate_null_row(const BoundExpr& expr, const Batch& like, const CodedInputs& inputs, EvalContext& context) {
  Batch nulls =
      batch_of(like, inputs, 1, [&](const Column& column) { return Column::nulls(context.memory, column.type(), 1); });
  return evaluate(expr, nulls, context);
}

bool is_of(const DictionaryCache::Entry& entry, const Dictionaries& dictionaries) {
  return std::ranges::equal(entry.dictionaries, dictionaries, is_same_object);
}

bool is_gone(const DictionaryCache::Entry& entry) {
  return std::ranges::any_of(entry.dictionaries, [](const auto& weak) { return weak.expired(); });
}

}  // namespace

void collect_column_indexes(const BoundExpr& expr, std::vector<std::size_t>& indexes) {
  if (expr.kind == BoundExpr::Kind::kColumn) {
    if (std::ranges::find(indexes, expr.column_index) == indexes.end()) indexes.push_back(expr.column_index);
  }
  for (const BoundExprPtr& arg : expr.args) collect_column_indexes(*arg, indexes);
}

std::shared_ptr<DictionaryCache::Entry> DictionaryCache::entry(const BoundExpr& expr,
                                                               const Dictionaries& dictionaries) {
  auto entries = entries_.lock();
  auto [begin, end] = entries->equal_range(&expr);
  for (auto at = begin; at != end;) {
    if (is_of(*at->second, dictionaries)) return at->second;
    at = is_gone(*at->second) ? entries->erase(at) : std::next(at);
  }
  auto made = std::make_shared<Entry>();
  made->dictionaries.assign(dictionaries.begin(), dictionaries.end());
  entries->emplace(&expr, made);
  return made;
}

namespace {

/// The codes of `column` with one behind the dictionary's values for null, or nullptr when there is no null.
std::shared_ptr<const Buffer> codes_with_null(const Column& column, EvalContext& context) {
  auto is_known = [&](const EvalContext::NullCodes& known) { return have_same_codes(known.original, column); };
  auto known = std::ranges::find_if(context.null_codes, is_known);
  if (known != context.null_codes.end()) return known->codes;
  std::shared_ptr<Buffer> codes;
  std::span<const std::int32_t> old_codes = column.codes();
  if (std::ranges::any_of(old_codes, [](std::int32_t code) { return code < 0; })) {
    codes = Buffer::allocate(context.memory, old_codes.size_bytes());
    std::int32_t code_of_null = static_cast<std::int32_t>(column.dictionary()->length());
    std::ranges::transform(old_codes, codes->mutable_as<std::int32_t>(),
                           [&](std::int32_t old) { return old < 0 ? code_of_null : old; });
  }
  context.null_codes.push_back({column, codes});
  return codes;
}

/// The rows of `column` and one behind them; codes stay codes.
Column with_value(const Column& column, const Column& value, MemoryBudget& memory) {
  if (!column.is_dictionary() || column.type().is_binary_like()) {
    Column both[] = {column, value};
    return concat(memory, both);
  }
  Column values[] = {*column.dictionary(), value};
  std::shared_ptr<Buffer> codes = Buffer::allocate(memory, (column.codes().size() + 1) * sizeof(std::int32_t));
  auto* end = std::ranges::copy(column.codes(), codes->mutable_as<std::int32_t>()).out;
  *end = static_cast<std::int32_t>(column.dictionary()->length());
  return Column::dictionary(column.length() + 1, std::move(codes),
                            std::make_shared<const Column>(concat(memory, values)));
}

/// Requires: a result is known.
Column coded_result(DictionaryCache::Known& known, const BoundExpr& expr, const Batch& batch, const CodedInputs& inputs,
                    EvalContext& context) {
  const Column& codes = batch.columns[inputs.indexes[0]];
  Column coded = Column::dictionary(codes, known.result);
  std::shared_ptr<const Buffer> with_null = codes_with_null(codes, context);
  if (!with_null) return coded;
  if (!known.result_and_null) {
    Column null_result = evaluate_null_row(expr, batch, inputs, context);
    known.result_and_null =
        null_result.is_null(0) ? known.result
                               : std::make_shared<const Column>(with_value(*known.result, null_result, context.memory));
  }
  if (known.result_and_null == known.result) return coded;
  return Column::dictionary(codes.length(), std::move(with_null), known.result_and_null);
}

}  // namespace

std::optional<Column> evaluate_on_dictionary(const BoundExpr& expr, const Batch& batch, EvalContext& context) {
  std::optional<CodedInputs> inputs = find_coded_inputs(expr, batch);
  if (!inputs) return std::nullopt;
  auto entry = context.dictionaries == nullptr ? std::make_shared<DictionaryCache::Entry>()
                                               : context.dictionaries->entry(expr, inputs->dictionaries);
  auto known = entry->known.lock();
  if (known->failed) return std::nullopt;
  try {
    if (!known->result) {
      known->rows_seen += batch.row_count;
      if (inputs->dictionaries[0]->length() > kValuesPerRowSeen * known->rows_seen) return std::nullopt;
      std::optional<Column> result = evaluate_values(expr, batch, *inputs, context);
      if (!result) {
        known->failed = true;
        return std::nullopt;
      }
      known->result = std::make_shared<const Column>(*std::move(result));
    }
    return coded_result(*known, expr, batch, *inputs, context);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData && error.code() != ErrorCode::kOutOfMemory) throw;
    known->failed = true;
    return std::nullopt;
  }
}

}  // namespace headrace
