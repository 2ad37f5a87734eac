// See column_statistics.h.
#include "headrace/io/data_set/column_statistics.h"

#include <algorithm>
#include <limits>
#include <span>

namespace headrace {
namespace {

/// Where the value of a row is stored, through codes of codes. Requires: it is not null.
struct StoredRow {
  const Column* values;
  std::int64_t row;

  StoredRow(const Column& column, std::int64_t at) : values(&column), row(at) {
    while (values->is_dictionary()) {
      row = values->codes()[static_cast<std::size_t>(row)];
      values = values->dictionary().get();
    }
  }
};

/// Calls visit(value) for each value that is not null, looked up by code where there are codes.
template <typename T, typename Visit>
void for_each_value(const Column& column, const Visit& visit) {
  if (column.is_dictionary()) {
    for (std::int64_t row = 0; row < column.length(); ++row) {
      if (column.is_null(row)) continue;
      StoredRow stored(column, row);
      visit(stored.values->values<T>()[static_cast<std::size_t>(stored.row)]);
    }
    return;
  }
  std::span<const T> values = column.values<T>();
  const std::uint8_t* validity = column.validity();
  if (validity == nullptr) {
    for (T value : values) visit(value);
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (validity[i] != 0) visit(values[i]);
  }
}

/// Calls visit(lists) with plain lists: all rows of the column, or one by one where there are codes.
template <typename Visit>
void for_each_list_range(const Column& lists, const Visit& visit) {
  if (!lists.is_dictionary()) return visit(lists);
  for (std::int64_t row = 0; row < lists.length(); ++row) {
    if (lists.is_null(row)) continue;
    StoredRow stored(lists, row);
    visit(stored.values->slice(stored.row, 1));
  }
}

}  // namespace

void ColumnStatistics::add(const Column& column) {
  null_count_ += column.null_count();
  add_bounds(column);
}

void ColumnStatistics::write(ByteWriter& out) const {
  out.put(null_count_);
  out.put<std::uint8_t>(has_ints_ ? 1 : 0);
  out.put<std::uint8_t>(has_floats_ ? 1 : 0);
  out.put(int_min_);
  out.put(int_max_);
  out.put(float_min_);
  out.put(float_max_);
}

void ColumnStatistics::read(ByteReader& in) {
  null_count_ = in.get<std::int64_t>();
  has_ints_ = in.get<std::uint8_t>() != 0;
  has_floats_ = in.get<std::uint8_t>() != 0;
  int_min_ = in.get<std::int64_t>();
  int_max_ = in.get<std::int64_t>();
  float_min_ = in.get<double>();
  float_max_ = in.get<double>();
}

void ColumnStatistics::add_bounds(const Column& values) {
  switch (values.type().kind()) {
    case TypeKind::kBool: return add_ints<std::uint8_t>(values);
    case TypeKind::kInt8: return add_ints<std::int8_t>(values);
    case TypeKind::kInt16: return add_ints<std::int16_t>(values);
    case TypeKind::kInt32:
    case TypeKind::kDate: return add_ints<std::int32_t>(values);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return add_ints<std::int64_t>(values);
    case TypeKind::kFloat32: return add_floats<float>(values);
    case TypeKind::kFloat64: return add_floats<double>(values);
    case TypeKind::kList:
      return for_each_list_range(values, [&](const Column& lists) {
        if (lists.length() == 0) return;
        std::int64_t first = lists.offsets().front();
        add_bounds(lists.child(0).slice(first, lists.offsets().back() - first));
      });
    case TypeKind::kFixedSizeList:
      return for_each_list_range(values, [&](const Column& lists) {
        if (lists.validity() == nullptr) return add_bounds(lists.child(0));
        // Under a null row lie zeros, which are no values.
        std::int64_t size = lists.type().list_size();
        for (std::int64_t row = 0; row < lists.length(); ++row) {
          if (!lists.is_null(row)) add_bounds(lists.child(0).slice(row * size, size));
        }
      });
    default: return;
  }
}

template <typename T>
void ColumnStatistics::add_ints(const Column& values) {
  T min = std::numeric_limits<T>::max();
  T max = std::numeric_limits<T>::lowest();
  for_each_value<T>(values, [&](T value) {
    min = std::min(min, value);
    max = std::max(max, value);
  });
  if (min > max) return;
  int_min_ = has_ints_ ? std::min<std::int64_t>(int_min_, min) : min;
  int_max_ = has_ints_ ? std::max<std::int64_t>(int_max_, max) : max;
  has_ints_ = true;
}

template <typename T>
void ColumnStatistics::add_floats(const Column& values) {
  T min = std::numeric_limits<T>::infinity();
  T max = -std::numeric_limits<T>::infinity();
  for_each_value<T>(values, [&](T value) {
    // Comparisons with NaN are false, so that it leaves both as they are; -0.0 counts as 0.0.
    min = value < min ? value : min;
    max = value > max ? value : max;
  });
  if (min > max) return;
  double least = min == 0 ? 0.0 : static_cast<double>(min);
  double greatest = max == 0 ? 0.0 : static_cast<double>(max);
  float_min_ = has_floats_ ? std::min(float_min_, least) : least;
  float_max_ = has_floats_ ? std::max(float_max_, greatest) : greatest;
  has_floats_ = true;
}

void ColumnStatistics::merge(const ColumnStatistics& other) {
  null_count_ += other.null_count_;
  if (other.has_ints_) {
    int_min_ = has_ints_ ? std::min(int_min_, other.int_min_) : other.int_min_;
    int_max_ = has_ints_ ? std::max(int_max_, other.int_max_) : other.int_max_;
    has_ints_ = true;
  }
  if (other.has_floats_) {
    float_min_ = has_floats_ ? std::min(float_min_, other.float_min_) : other.float_min_;
    float_max_ = has_floats_ ? std::max(float_max_, other.float_max_) : other.float_max_;
    has_floats_ = true;
  }
}

std::optional<Value> ColumnStatistics::min() const {
  if (has_ints_) return Value::int64(int_min_);
  return has_floats_ ? std::optional(Value::float64(float_min_)) : std::nullopt;
}

std::optional<Value> ColumnStatistics::max() const {
  if (has_ints_) return Value::int64(int_max_);
  return has_floats_ ? std::optional(Value::float64(float_max_)) : std::nullopt;
}

}  // namespace headrace
