// Integers, dates and timestamps as INT32 or INT64. See value_encoder.h.
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/io/parquet/write/delta_encoder.h"
#include "headrace/io/parquet/write/hybrid_encoder.h"
#include "headrace/io/parquet/write/value_encoder.h"

namespace headrace {
namespace {

template <typename T>
class IntEncoder final : public ValueEncoder {
 public:
  explicit IntEncoder(const std::shared_ptr<MemoryBudget>& memory) : values_(memory), indices_(memory) {}

  void start(std::span<const RowRange> leaves) override {
    values_.clear();
    for (const RowRange& rows : leaves) gather(rows);
    next_ = 0;
    std::span<const T> all = values();
    min_ = std::numeric_limits<T>::max();
    max_ = std::numeric_limits<T>::min();
    for (T value : all) {
      min_ = std::min(min_, value);
      max_ = std::max(max_, value);
    }
    encoding_ = choose(all.size());
  }

  parquet::Encoding::type put_page(std::span<const RowRange> /*leaves*/, std::size_t value_count,
                                   GrowingBytes& page) override {
    std::span<const T> part = values().subspan(next_, value_count);
    next_ += value_count;
    if (encoding_ == parquet::Encoding::DELTA_BINARY_PACKED) {
      put_delta(part, page);
    } else if (encoding_ == parquet::Encoding::PLAIN) {
      page.append(part.data(), part.size_bytes());
    } else {
      std::span<std::uint32_t> indices = indices_.array<std::uint32_t>(part.size());
      for (std::size_t i = 0; i < part.size(); ++i) indices[i] = static_cast<std::uint32_t>(distance(part[i]));
      put_indices(indices, dictionary_size(), page);
    }
    return encoding_;
  }

  std::size_t put_dictionary(GrowingBytes& page) override {
    if (encoding_ != parquet::Encoding::RLE_DICTIONARY) return 0;
    std::size_t size = dictionary_size();
    std::byte* out = page.room(size * sizeof(T));
    for (std::size_t i = 0; i < size; ++i) {
      T value = static_cast<T>(static_cast<Unsigned>(min_) + static_cast<Unsigned>(i));
      std::memcpy(out + i * sizeof(T), &value, sizeof(T));
    }
    page.add(size * sizeof(T));
    return size;
  }

  ValueBounds bounds() const override {
    if (values_.size() == 0) return {};
    auto text = [](T value) { return std::string(reinterpret_cast<const char*>(&value), sizeof(T)); };
    return {text(min_), text(max_)};
  }

 private:
  using Unsigned = std::make_unsigned_t<T>;

  std::span<const T> values() const { return {reinterpret_cast<const T*>(values_.data()), values_.size() / sizeof(T)}; }
  Unsigned distance(T value) const { return static_cast<Unsigned>(value) - static_cast<Unsigned>(min_); }
  std::size_t dictionary_size() const { return std::size_t{distance(max_)} + 1; }

  void gather(const RowRange& rows) {
    T* out = reinterpret_cast<T*>(values_.room(static_cast<std::size_t>(rows.count() + 1) * sizeof(T)));
    T* end = nullptr;
    switch (rows.values->type().value_bytes()) {
      case 1: end = gather_values<std::int8_t>(rows, out); break;
      case 2: end = gather_values<std::int16_t>(rows, out); break;
      case 4: end = gather_values<std::int32_t>(rows, out); break;
      default: end = gather_values<std::int64_t>(rows, out); break;
    }
    values_.add(static_cast<std::size_t>(end - out) * sizeof(T));
  }

  /// A dictionary of all numbers of the range costs its own bytes, delta a bit a value for the sign of differences: a
  /// dictionary is taken when it costs less than one and a half bits a value.
  parquet::Encoding::type choose(std::size_t count) const {
    if (count == 0) return parquet::Encoding::PLAIN;
    constexpr std::size_t kValueBits = sizeof(T) * 8;
    Unsigned range = distance(max_);
    if (range < count && (std::size_t{range} + 1) * kValueBits <= std::max(count + count / 2, kValueBits)) {
      return parquet::Encoding::RLE_DICTIONARY;
    }
    if (bit_width(range) + 2 >= kValueBits && !std::is_sorted(values().begin(), values().end())) {
      return parquet::Encoding::PLAIN;
    }
    return parquet::Encoding::DELTA_BINARY_PACKED;
  }

  GrowingBytes values_;   // of the row group, without nulls
  GrowingBytes indices_;  // of a page
  std::size_t next_ = 0;
  T min_ = 0;
  T max_ = 0;
  parquet::Encoding::type encoding_ = parquet::Encoding::PLAIN;
};

}  // namespace

std::unique_ptr<ValueEncoder> make_int32_encoder(std::shared_ptr<MemoryBudget> memory) {
  return std::make_unique<IntEncoder<std::int32_t>>(memory);
}
std::unique_ptr<ValueEncoder> make_int64_encoder(std::shared_ptr<MemoryBudget> memory) {
  return std::make_unique<IntEncoder<std::int64_t>>(memory);
}

void put_indices(std::span<const std::uint32_t> indices, std::size_t dictionary_size, GrowingBytes& page) {
  // Readers differ in what they make of indices without bits.
  std::uint8_t width = static_cast<std::uint8_t>(std::max(1U, bit_width(dictionary_size - 1)));
  page.append(&width, 1);
  put_hybrid(indices, width, page);
}

}  // namespace headrace
