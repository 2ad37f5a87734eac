// mean: the total, kept as sum keeps it, divided by the count and rounded once.
#include <algorithm>

#include <fmt/format.h>

#include "headrace/column/decimal.h"
#include "headrace/expr/aggregate/exact_totals.h"
#include "headrace/expr/aggregate/float_totals.h"
#include "headrace/expr/aggregate/totals.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const AggregateFunction kMeanAggregate;

namespace {

Type mean_type(const Type& argument) {
  if (argument.kind() != TypeKind::kDecimal128) return TypeKind::kFloat64;
  return Type::decimal(std::min(argument.precision() + 4, kDecimalDigitsMax),
                       std::min(argument.scale() + 4, kDecimalDigitsMax));
}

double integer_mean(const IntegerTotals& totals, std::size_t group, std::int64_t count, const TotalTypes&) {
  return static_cast<double>(static_cast<Float128>(totals.sum(group)) / static_cast<Float128>(count));
}

Int128 decimal_mean(const DecimalTotals& totals, std::size_t group, std::int64_t count, const TotalTypes& types) {
  int digits = types.result.scale() - types.argument.scale();
  if (auto mean = totals.mean(group, count, digits, types.result.precision())) return *mean;
  throw Error(ErrorCode::kBadData, fmt::format("a mean does not fit {}", types.result.to_string()),
              "mean(cast(x as float64)) has no such limit, but rounds");
}

double float_mean(const FloatTotals& totals, std::size_t group, std::int64_t count, const TotalTypes&) {
  return totals.mean(group, count);
}

std::unique_ptr<GroupedAggregate> make_mean(const Type& argument, MemoryBudget&) {
  TotalTypes types{argument, mean_type(argument)};
  return with_storage(argument, [&](auto storage) -> std::unique_ptr<GroupedAggregate> {
    using T = decltype(storage);
    if constexpr (std::is_floating_point_v<T>) {
      return std::make_unique<TotalAggregate<T, FloatTotals, double>>(types, float_mean);
    } else if constexpr (std::is_same_v<T, Int128>) {
      return std::make_unique<TotalAggregate<T, DecimalTotals, Int128>>(types, decimal_mean);
    } else {
      return std::make_unique<TotalAggregate<T, IntegerTotals, double>>(types, integer_mean);
    }
  });
}

}  // namespace

const AggregateFunction kMeanAggregate = {
    .name = "mean",
    .signature = "mean(x: integer | float) -> float64, mean(x: decimal(p, s)) -> decimal(p + 4, s + 4)",
    .summary =
        "The mean of the values that are not null, null when there is none. It has the same bits for any order of the "
        "rows.",
    .resolve =
        [](std::span<const Type> given, Type& arg_type, Type& result) {
          resolve_number("mean", given, arg_type);
          result = mean_type(arg_type);
        },
    .make = make_mean,
};

}  // namespace headrace
