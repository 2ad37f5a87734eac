// See describe_numbers.h.
#include "headrace/exec/statistics/describe_numbers.h"

#include <algorithm>
#include <cmath>

#include "headrace/exec/statistics/key_distribution.h"
#include "headrace/kernel/order_key.h"
#include "headrace/kernel/radix_quantile.h"

namespace headrace {
namespace {

constexpr int kBars = 20;
constexpr std::size_t kTopNumbers = 10;
constexpr int kPercents[] = {1, 5, 25, 50, 75, 95, 99};

bool is_float(const Type& type) { return type.is_floating() || type.kind() == TypeKind::kDecimal128; }
bool is_time(const Type& type) { return type.kind() == TypeKind::kDate || type.is_timestamp(); }

Value value_of_key(std::uint64_t key, const Type& type) {
  if (is_float(type)) return Value::float64(float64_of_order_key(key));
  std::int64_t value = int64_of_order_key(key);
  if (type.kind() == TypeKind::kBool) return Value::boolean(value != 0);
  return is_time(type) ? Value{type, value} : Value::int64(value);
}

/// The least key whose value is not below `edge`.
std::uint64_t key_of_edge(double edge, const Type& type) {
  if (is_float(type)) return order_key_float64(edge);
  double least = std::ceil(edge);
  if (least <= -0x1p63) return order_key_int64(INT64_MIN);
  return least >= 0x1p63 ? ~std::uint64_t{0} : order_key_int64(static_cast<std::int64_t>(least));
}

Value value_of_edge(double edge, const Type& type) {
  if (!is_time(type)) return Value::float64(edge);
  return {type, static_cast<std::int64_t>(std::clamp(std::ceil(edge), -0x1p62, 0x1p62))};
}

void add_histogram(const KeyDistribution& keys, const NumberProfile::Summary& numbers, const Type& type,
                   ColumnFigures& figures) {
  double min = 0;
  double max = 0;
  int bars = kBars;
  double step = 0;
  if (is_float(type)) {
    min = float64_of_order_key(numbers.min);
    max = float64_of_order_key(numbers.max);
    step = max / kBars - min / kBars;
  } else {
    std::uint64_t reach = numbers.max - numbers.min;
    min = static_cast<double>(int64_of_order_key(numbers.min));
    max = static_cast<double>(int64_of_order_key(numbers.max));
    bool one_a_value = reach < kBars;
    bars = one_a_value ? static_cast<int>(reach) + 1 : kBars;
    step = one_a_value ? 1 : static_cast<double>(reach) / kBars;
  }
  if (!std::isfinite(min) || !std::isfinite(max)) return;
  if (step == 0) bars = 1;
  ColumnFigures::Histogram histogram;
  std::int64_t below = 0;
  for (int i = 0; i <= bars; ++i) {
    bool is_last = i == bars;
    double edge = is_last && bars == kBars ? max : min + step * i;
    histogram.edges.push_back(value_of_edge(edge, type));
    if (i == 0) continue;
    std::int64_t next = is_last ? keys.count() : keys.count_below(key_of_edge(edge, type));
    histogram.counts.push_back(next - below);
    below = next;
  }
  figures.histogram = std::move(histogram);
}

void add_top(const NumberProfile::Summary& numbers, const Type& type, ColumnFigures& figures) {
  std::vector<KeyHistogram::Range> values = numbers.ranges;
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(std::min(kTopNumbers, values.size()));
  std::ranges::partial_sort(values, middle, [](const KeyHistogram::Range& a, const KeyHistogram::Range& b) {
    return a.count != b.count ? a.count > b.count : a.first < b.first;
  });
  for (auto value = values.begin(); value != middle; ++value) {
    figures.top.push_back({value_of_key(value->first, type), value->count});
  }
}

}  // namespace

void describe_numbers(const NumberProfile::Summary& numbers, const Type& type, ColumnFigures& figures) {
  figures.distinct = {numbers.distinct, numbers.is_distinct_exact};
  figures.is_counted = numbers.shift == 0;
  if (numbers.count == 0) return;
  figures.min = value_of_key(numbers.min, type);
  figures.max = value_of_key(numbers.max, type);
  if (!is_time(type)) {
    figures.mean = numbers.moments.mean();
    double variance = numbers.moments.variance(VarianceKind::kSample);
    if (numbers.count > 1) figures.stddev = std::sqrt(variance);
  }
  KeyDistribution keys(numbers.ranges, numbers.shift, numbers.min, numbers.max);
  if (type.kind() != TypeKind::kBool) {
    for (int percent : kPercents) {
      std::uint64_t rank =
          quantile_rank({static_cast<std::uint64_t>(percent), 100}, static_cast<std::uint64_t>(keys.count()));
      figures.quantiles.push_back({percent, value_of_key(keys.key_of_rank(static_cast<std::int64_t>(rank)), type)});
    }
  }
  if (figures.is_counted) add_top(numbers, type, figures);
  add_histogram(keys, numbers, type, figures);
}

}  // namespace headrace
