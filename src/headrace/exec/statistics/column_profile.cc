// See column_profile.h.
#include "headrace/exec/statistics/column_profile.h"

#include <algorithm>
#include <cmath>

#include "headrace/column/element_range.h"
#include "headrace/exec/statistics/describe_numbers.h"
#include "headrace/io/excerpt.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

constexpr std::size_t kTopTexts = 20;

Value text_value(const TextProfile::Counted& counted, const Type& type) {
  std::string text = counted.text;
  if (valid_utf8_bytes(text) != text.size()) text = excerpt(text, TextProfile::kTextBytesMax);
  return {type, text + (counted.is_cut ? "…" : "")};
}

void describe_texts(const TextProfile& texts, const Type& type, ColumnFigures& figures) {
  figures.distinct = {texts.distinct(), texts.is_distinct_exact()};
  if (texts.count() > 0) {
    double mean = static_cast<double>(texts.length_sum()) / static_cast<double>(texts.count());
    figures.lengths = {texts.length_min(), texts.length_max(), mean};
  }
  std::optional<std::vector<TextProfile::Counted>> counted = texts.counted();
  if (!counted) return;
  figures.is_counted = true;
  for (const TextProfile::Counted& value : *counted) {
    if (figures.top.size() == kTopTexts) break;
    figures.top.push_back({text_value(value, type), value.count});
  }
  if (counted->empty()) return;
  auto [min, max] = std::ranges::minmax_element(*counted, {}, &TextProfile::Counted::text);
  figures.min = text_value(*min, type);
  figures.max = text_value(*max, type);
}

double float_of_decimal(Int128 unscaled, double unit) { return static_cast<double>(unscaled) / unit; }

}  // namespace

ColumnProfile::ColumnProfile(const Type& type, MemoryBudget& memory) : type_(type), memory_(memory.shared_from_this()) {
  if (type.is_binary_like()) {
    texts_.emplace(memory);
  } else if (type.is_list()) {
    if (type.kind() == TypeKind::kList) lengths_.emplace(NumberKind::kInteger, memory);
    elements_ = std::make_unique<ColumnProfile>(type.element(), memory);
  } else if (type.kind() != TypeKind::kStruct && type.kind() != TypeKind::kNull) {
    bool is_float = type.is_floating() || type.kind() == TypeKind::kDecimal128;
    numbers_.emplace(is_float ? NumberKind::kFloat : NumberKind::kInteger, memory);
  }
}

void ColumnProfile::add_nulls(std::int64_t count) {
  rows_ += count;
  nulls_ += count;
}

void ColumnProfile::add(const Column& column, std::span<const std::int64_t> times) {
  if (times.empty()) {
    rows_ += column.length();
    nulls_ += column.null_count();
  } else {
    for (std::size_t row = 0; row < times.size(); ++row) {
      rows_ += times[row];
      if (column.is_null(static_cast<std::int64_t>(row))) nulls_ += times[row];
    }
  }
  if (numbers_) add_numbers(column, times);
  if (texts_) texts_->add(column, times);
  if (elements_) add_lists(column, times);
}

template <typename T, typename KeyOf>
void ColumnProfile::add_keys(const Column& column, std::span<const std::int64_t> times, const KeyOf& key_of) {
  std::span<const T> values = column.values<T>();
  const std::uint8_t* validity = column.validity();
  if (!times.empty()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (validity == nullptr || validity[i] != 0) numbers_->add(key_of(values[i]), times[i]);
    }
    return;
  }
  keys_.resize(values.size());
  if (validity == nullptr) {
    for (std::size_t i = 0; i < values.size(); ++i) keys_[i] = key_of(values[i]);
    return numbers_->add(keys_);
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    keys_[count] = key_of(values[i]);
    count += validity[i];
  }
  numbers_->add({keys_.data(), count});
}

template <typename T>
void ColumnProfile::add_floats(const Column& column, std::span<const std::int64_t> times) {
  std::span<const T> values = column.values<T>();
  const std::uint8_t* validity = column.validity();
  // What one_hot and flags give is told by two counts.
  if (times.empty() && validity == nullptr) {
    std::int64_t zeros = 0;
    std::int64_t ones = 0;
    for (T value : values) {
      zeros += value == T{0} ? 1 : 0;
      ones += value == T{1} ? 1 : 0;
    }
    if (zeros + ones == std::ssize(values)) {
      numbers_->add(order_key_float64(0.0), zeros);
      return numbers_->add(order_key_float64(1.0), ones);
    }
  }
  keys_.resize(values.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t here = times.empty() ? 1 : times[i];
    if (validity != nullptr && validity[i] == 0) continue;
    if (values[i] != values[i]) {
      nans_ += here;
    } else if (!times.empty()) {
      numbers_->add(order_key_float64(static_cast<double>(values[i])), here);
    } else {
      keys_[count++] = order_key_float64(static_cast<double>(values[i]));
    }
  }
  if (times.empty()) numbers_->add({keys_.data(), count});
}

void ColumnProfile::add_numbers(const Column& column, std::span<const std::int64_t> times) {
  auto integer_key = [](auto value) { return order_key_int64(static_cast<std::int64_t>(value)); };
  switch (type_.kind()) {
    case TypeKind::kBool: return add_keys<std::uint8_t>(column, times, integer_key);
    case TypeKind::kInt8: return add_keys<std::int8_t>(column, times, integer_key);
    case TypeKind::kInt16: return add_keys<std::int16_t>(column, times, integer_key);
    case TypeKind::kInt32:
    case TypeKind::kDate: return add_keys<std::int32_t>(column, times, integer_key);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return add_keys<std::int64_t>(column, times, integer_key);
    case TypeKind::kFloat32: return add_floats<float>(column, times);
    case TypeKind::kFloat64: return add_floats<double>(column, times);
    case TypeKind::kDecimal128: {
      double unit = 1;
      for (int i = 0; i < type_.scale(); ++i) unit *= 10;
      auto key_of = [unit](Int128 value) { return order_key_float64(float_of_decimal(value, unit)); };
      return add_keys<Int128>(column, times, key_of);
    }
    default: return;
  }
}

void ColumnProfile::add_lists(const Column& column, std::span<const std::int64_t> times) {
  bool is_fixed = type_.kind() == TypeKind::kFixedSizeList;
  const Column& all = column.child(0);
  if (times.empty() && is_fixed && column.validity() == nullptr) {
    return elements_->add(flatten(*memory_, all.slice(0, column.length() * type_.list_size())));
  }
  // Where rows are null or come several times, each element comes as often as its row.
  std::vector<std::int64_t> element_times(static_cast<std::size_t>(all.length()), 0);
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row)) continue;
    std::int64_t here = times.empty() ? 1 : times[static_cast<std::size_t>(row)];
    ElementRange elements = elements_of(column, row);
    if (lengths_) lengths_->add(order_key_int64(elements.count()), here);
    std::fill(element_times.begin() + elements.first, element_times.begin() + elements.last, here);
  }
  elements_->add(flatten(*memory_, all), element_times);
}

void ColumnProfile::merge(const ColumnProfile& other) {
  rows_ += other.rows_;
  nulls_ += other.nulls_;
  nans_ += other.nans_;
  if (numbers_) numbers_->merge(*other.numbers_);
  if (texts_) texts_->merge(*other.texts_);
  if (lengths_) lengths_->merge(*other.lengths_);
  if (elements_) elements_->merge(*other.elements_);
}

void ColumnProfile::write(ByteWriter& out) const {
  for (std::int64_t count : {rows_, nulls_, nans_}) out.put(count);
  if (numbers_) numbers_->write(out);
  if (texts_) texts_->write(out);
  if (lengths_) lengths_->write(out);
  if (elements_) elements_->write(out);
}

void ColumnProfile::read(ByteReader& in) {
  for (std::int64_t* count : {&rows_, &nulls_, &nans_}) *count = in.get<std::int64_t>();
  if (numbers_) numbers_->read(in);
  if (texts_) texts_->read(in);
  if (lengths_) lengths_->read(in);
  if (elements_) elements_->read(in);
}

std::size_t ColumnProfile::bytes() const {
  std::size_t bytes = sizeof(ColumnProfile);
  if (numbers_) bytes += numbers_->bytes();
  if (texts_) bytes += texts_->bytes();
  if (lengths_) bytes += lengths_->bytes();
  if (elements_) bytes += elements_->bytes();
  return bytes;
}

ColumnFigures ColumnProfile::figures() const {
  ColumnFigures figures;
  figures.type = type_.to_string();
  figures.rows = rows_;
  figures.nulls = nulls_;
  figures.nans = nans_;
  if (numbers_) describe_numbers(numbers_->summary(), type_, figures);
  if (texts_) describe_texts(*texts_, type_, figures);
  if (elements_) figures.elements.push_back(elements_->figures());
  if (lengths_) {
    NumberProfile::Summary lengths = lengths_->summary();
    if (lengths.count > 0) {
      figures.lengths = {int64_of_order_key(lengths.min), int64_of_order_key(lengths.max), lengths.moments.mean()};
    }
  }
  return figures;
}

}  // namespace headrace
