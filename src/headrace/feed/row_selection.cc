// See row_selection.h.
#include "headrace/feed/row_selection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/expr.h"
#include "headrace/expr/scan_bounds.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

enum class Draw : std::uint64_t { kSample = 1, kRepeat = 2 };

/// A number in [0, 1) for a row, the same wherever it is drawn.
double draw(const RowChoice& choice, Draw what, std::size_t block, std::int64_t row) {
  std::array<std::uint64_t, 4> parts = {choice.seed, static_cast<std::uint64_t>(what), block,
                                        static_cast<std::uint64_t>(row)};
  constexpr int kMantissaBits = 53;
  return static_cast<double>(hash_combine(parts) >> (64 - kMantissaBits)) /
         static_cast<double>(std::uint64_t{1} << kMantissaBits);
}

BoundExprPtr bind_bool(const Expr& expr, const Schema& schema, const char* what) {
  if (expr == nullptr) return nullptr;
  BoundExprPtr bound = headrace::bind(expr, schema);
  if (bound->type.kind() == TypeKind::kBool) return bound;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is {}: {}", what, bound->type.to_string(), to_string(expr)),
              "a condition, such as \"price > 0\"");
}

}  // namespace

std::string RowChoice::to_string() const {
  auto text = [](const Expr& expr) { return expr == nullptr ? std::string() : headrace::to_string(expr); };
  return fmt::format("where {} sampled {} rate {} weight {} seed {}", text(where), text(sampled), rate, text(weight),
                     seed);
}

RowSelection::RowSelection(const SourceReader& reader, RowChoice choice, MemoryBudget& memory)
    : reader_(reader), choice_(std::move(choice)), memory_(memory) {
  if (!(choice_.rate > 0 && choice_.rate <= 1)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("the rate of rows to keep is {}", choice_.rate),
                "more than 0, up to 1");
  }
  for (const Expr& expr : {choice_.where, choice_.sampled, choice_.weight}) {
    if (expr != nullptr) collect_columns(expr, request_.columns);
  }
  std::vector<Field> fields;
  for (const std::string& name : request_.columns) fields.push_back(reader.schema()[reader.schema().index_of(name)]);
  Schema schema(std::move(fields));
  where_ = bind_bool(choice_.where, schema, "the filter");
  sampled_ = bind_bool(choice_.sampled, schema, "the condition of sampled rows");
  if (choice_.weight != nullptr) weight_ = headrace::bind(cast(choice_.weight, TypeKind::kFloat64), schema);
  // What is skipped is not evaluated: not where evaluation might fail.
  bool can_skip = where_ != nullptr && !where_->can_fail && (weight_ == nullptr || !weight_->can_fail);
  if (can_skip) request_.bounds = make_scan_bounds(conjuncts_of(choice_.where), schema);
  request_.takes_dictionaries = true;
}

template <typename Visit>
void RowSelection::for_each_kept(std::size_t block, const Visit& visit) const {
  std::unique_ptr<SplitStream> stream = reader_.open_split(block, request_);
  std::int64_t first_row = 0;
  for (Batch rows; stream->next(rows); first_row += rows.row_count) {
    EvalContext context(memory_);
    std::vector<std::uint8_t> is_sampled(static_cast<std::size_t>(rows.row_count), 0);
    std::vector<std::int32_t> selected;
    if (sampled_ != nullptr) {
      evaluate_filter(*sampled_, rows, context, selected);
      for (std::int32_t row : selected) is_sampled[static_cast<std::size_t>(row)] = 1;
      selected.clear();
    }
    Column weights;
    if (weight_ != nullptr) weights = evaluate(*weight_, rows, context);
    auto take = [&](std::int32_t row) {
      std::int64_t in_block = first_row + row;
      if (is_sampled[static_cast<std::size_t>(row)] != 0 &&
          draw(choice_, Draw::kSample, block, in_block) >= choice_.rate) {
        return;
      }
      if (weight_ == nullptr) return visit(in_block, 1.0);
      if (!weights.is_null(row))
        visit(in_block, checked_weight(weights.values<double>()[static_cast<std::size_t>(row)]));
    };
    if (where_ == nullptr) {
      for (std::int32_t row = 0; row < rows.row_count; ++row) take(row);
    } else {
      evaluate_filter(*where_, rows, context, selected);
      for (std::int32_t row : selected) take(row);
    }
  }
}

double RowSelection::checked_weight(double weight) const {
  if (weight >= 0 && weight <= 1e12) return weight;
  throw Error(ErrorCode::kBadData, fmt::format("a weight is {}: {}", weight, to_string(choice_.weight)),
              "weights are numbers from 0 to 1e12");
}

std::uint32_t RowSelection::times(std::size_t block, std::int64_t row, double weight) const {
  if (weight_ == nullptr) return 1;
  return static_cast<std::uint32_t>(std::floor(weight * repeats_ + draw(choice_, Draw::kRepeat, block, row)));
}

void RowSelection::add_up_weights(std::size_t threads) {
  std::vector<std::pair<double, std::int64_t>> by_block(reader_.split_count());
  Cancellation cancellation;
  run_tasks(by_block.size(), threads, cancellation, [&](std::size_t block, std::size_t) {
    for_each_kept(block, [&](std::int64_t, double weight) {
      by_block[block].first += weight;
      by_block[block].second += 1;
    });
  });
  // Block by block, so that the sum does not depend on threads.
  double weights = 0;
  std::int64_t rows = 0;
  for (const auto& [weight, count] : by_block) {
    weights += weight;
    rows += count;
  }
  if (rows > 0 && weights == 0) {
    throw Error(ErrorCode::kBadData, fmt::format("all weights are 0: {}", to_string(choice_.weight)), "");
  }
  repeats_ = rows == 0 ? 1 : static_cast<double>(rows) / weights;
}

std::vector<std::int64_t> RowSelection::count(std::size_t threads) {
  if (weight_ != nullptr) add_up_weights(threads);
  std::vector<std::int64_t> counts(reader_.split_count(), 0);
  Cancellation cancellation;
  run_tasks(counts.size(), threads, cancellation, [&](std::size_t block, std::size_t) {
    for_each_kept(block, [&](std::int64_t row, double weight) { counts[block] += times(block, row, weight); });
  });
  return counts;
}

std::vector<std::uint32_t> RowSelection::rows_of(std::size_t block) const {
  std::vector<std::uint32_t> rows;
  for_each_kept(block, [&](std::int64_t row, double weight) {
    rows.insert(rows.end(), times(block, row, weight), static_cast<std::uint32_t>(row));
  });
  return rows;
}

}  // namespace headrace
