// See column_statistics.h.
#include "headrace/io/data_set/column_statistics.h"

#include <algorithm>
#include <limits>
#include <span>

namespace headrace {
namespace {

/// Calls visit(value) for each value that is not null.
template <typename T, typename Visit>
void for_each_value(const Column& column, const Visit& visit) {
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

bool has_bounds(const Type& type) {
  if (type.is_list()) return has_bounds(type.element());
  return type.value_bytes() > 0 && type.kind() != TypeKind::kDecimal128;
}

}  // namespace

void ColumnStatistics::add(const Column& column) {
  null_count_ += column.null_count();
  add_bounds(column, 0);
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

/// The values of entries that no code has stood for yet.
void ColumnStatistics::add_bounds_of_new_entries(const Column& coded, std::size_t level) {
  if (!has_bounds(coded.type())) return;
  if (counted_entries_.size() <= level) counted_entries_.resize(level + 1);
  if (counted_entries_[level].dictionary != coded.dictionary()) {
    counted_entries_[level].dictionary = coded.dictionary();
    counted_entries_[level].is_counted.assign(static_cast<std::size_t>(coded.dictionary()->length()), false);
  }
  for (std::int32_t code : coded.codes()) {
    if (code < 0 || counted_entries_[level].is_counted[static_cast<std::size_t>(code)]) continue;
    counted_entries_[level].is_counted[static_cast<std::size_t>(code)] = true;
    const Column* values = coded.dictionary().get();
    while (values->is_dictionary() && code >= 0) {
      code = values->codes()[static_cast<std::size_t>(code)];
      values = values->dictionary().get();
    }
    if (code >= 0) add_bounds(values->slice(code, 1), level);
  }
}

void ColumnStatistics::add_bounds(const Column& values, std::size_t level) {
  if (values.is_dictionary()) return add_bounds_of_new_entries(values, level);
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
    case TypeKind::kList: {
      if (values.length() == 0) return;
      std::int64_t first = values.offsets().front();
      return add_bounds(values.child(0).slice(first, values.offsets().back() - first), level + 1);
    }
    case TypeKind::kFixedSizeList: {
      if (values.validity() == nullptr) return add_bounds(values.child(0), level + 1);
      // Under a null row lie zeros, which are no values.
      std::int64_t size = values.type().list_size();
      for (std::int64_t row = 0; row < values.length(); ++row) {
        if (!values.is_null(row)) add_bounds(values.child(0).slice(row * size, size), level + 1);
      }
      return;
    }
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
