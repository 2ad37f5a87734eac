// sum: exact for integers and decimals, reproducible for floats, and so the same for any order and split of the rows.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "headrace/column/decimal.h"
#include "headrace/expr/aggregate/exact_totals.h"
#include "headrace/expr/aggregate/float_totals.h"
#include "headrace/expr/aggregate/totals.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const AggregateFunction kSumAggregate;

namespace {

Type sum_type(const Type& argument) {
  if (argument.is_integer()) return TypeKind::kInt64;
  if (argument.is_floating()) return TypeKind::kFloat64;
  return Type::decimal(std::min(argument.precision() + 10, kDecimalDigitsMax), argument.scale());
}

std::int64_t integer_sum(const IntegerTotals& totals, std::size_t group, std::int64_t, const TotalTypes&) {
  Int128 sum = totals.sum(group);
  auto result = static_cast<std::int64_t>(sum);
  if (result != sum) {
    throw Error(ErrorCode::kBadData, fmt::format("a sum does not fit int64: {}", format_decimal(sum, 0)),
                "sum wider values: sum(cast(x as decimal(20, 0))) is exact, sum(cast(x as float64)) rounds");
  }
  return result;
}

Int128 decimal_sum(const DecimalTotals& totals, std::size_t group, std::int64_t, const TotalTypes& types) {
  if (std::optional<Int128> sum = totals.sum(group, types.result.precision())) return *sum;
  throw Error(ErrorCode::kBadData, fmt::format("a sum does not fit {}", types.result.to_string()),
              "sum(cast(x as float64)) has no such limit, but rounds");
}

double float_sum(const FloatTotals& totals, std::size_t group, std::int64_t, const TotalTypes&) {
  return totals.sum(group);
}

std::unique_ptr<GroupedAggregate> make_sum(const Type& argument, MemoryBudget&) {
  TotalTypes types{argument, sum_type(argument)};
  return with_storage(argument, [&](auto storage) -> std::unique_ptr<GroupedAggregate> {
    using T = decltype(storage);
    if constexpr (std::is_floating_point_v<T>) {
      return std::make_unique<TotalAggregate<T, FloatTotals, double>>(types, float_sum);
    } else if constexpr (std::is_same_v<T, Int128>) {
      return std::make_unique<TotalAggregate<T, DecimalTotals, Int128>>(types, decimal_sum);
    } else {
      return std::make_unique<TotalAggregate<T, IntegerTotals, std::int64_t>>(types, integer_sum);
    }
  });
}

}  // namespace

const AggregateFunction kSumAggregate = {
    .name = "sum",
    .signature = "sum(x: integer) -> int64, sum(x: decimal(p, s)) -> decimal(p + 10, s), sum(x: float) -> float64",
    .summary =
        "The sum of the values that are not null, null when there is none. A sum that does not fit is an error; one "
        "of floats has the same bits for any order of the rows.",
    .resolve =
        [](std::span<const Type> given, Type& arg_type, Type& result) {
          resolve_number("sum", given, arg_type);
          result = sum_type(arg_type);
        },
    .make = make_sum,
};

}  // namespace headrace
