// Integers, dates and timestamps as INT32 or INT64. See value_encoder.h.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "headrace/base/error.h"
#include "headrace/io/parquet/write/delta_encoder.h"
#include "headrace/io/parquet/write/hybrid_encoder.h"
#include "headrace/io/parquet/write/value_encoder.h"

namespace headrace {
namespace {

// Loops over blocks of a fixed size, because compilers vectorise them without checks of length and overlap.
constexpr std::size_t kBlock = 16;

template <typename T>
void widen_range(std::span<const T> values, T& min, T& max) {
  constexpr std::size_t kLanes = 4;
  std::array<T, kLanes> least;
  std::array<T, kLanes> greatest;
  least.fill(min);
  greatest.fill(max);
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    const T* block = values.data() + i;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      least[lane] = block[lane] < least[lane] ? block[lane] : least[lane];
      greatest[lane] = block[lane] > greatest[lane] ? block[lane] : greatest[lane];
    }
  }
  for (; i < values.size(); ++i) {
    least[0] = std::min(least[0], values[i]);
    greatest[0] = std::max(greatest[0], values[i]);
  }
  min = *std::min_element(least.begin(), least.end());
  max = *std::max_element(greatest.begin(), greatest.end());
}

/// indices[i] = values[i] - min, which is below 2^32.
template <typename T>
void number_from(const T* __restrict values, std::size_t count, T min, std::uint32_t* __restrict indices) {
  std::uint32_t base = static_cast<std::uint32_t>(min);
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (std::size_t j = 0; j < kBlock; ++j) indices[i + j] = static_cast<std::uint32_t>(values[i + j]) - base;
  }
  for (; i < count; ++i) indices[i] = static_cast<std::uint32_t>(values[i]) - base;
}

/// Values are read where they are when they are stored as they are written; else they are gathered first.
template <typename T>
class IntEncoder final : public ValueEncoder {
 public:
  explicit IntEncoder(const std::shared_ptr<MemoryBudget>& memory) : gathered_(memory), page_(memory) {}

  void start(std::span<const RowRange> rows) override {
    find_runs(rows);
    min_ = std::numeric_limits<T>::max();
    max_ = std::numeric_limits<T>::min();
    std::size_t count = 0;
    for (std::span<const T> run : runs_) {
      widen_range(run, min_, max_);
      count += run.size();
    }
    has_values_ = count > 0;
    encoding_ = choose(count);
  }

  parquet::Encoding::type put_page(std::span<const RowRange> /*rows*/, std::size_t value_count,
                                   GrowingBytes& page) override {
    if (encoding_ != parquet::Encoding::RLE_DICTIONARY) {
      std::span<T> values = page_.array<T>(value_count);
      T* out = values.data();
      take(value_count, [&](std::span<const T> part) { out = std::copy(part.begin(), part.end(), out); });
      if (encoding_ == parquet::Encoding::DELTA_BINARY_PACKED) put_delta(values, page);
      if (encoding_ == parquet::Encoding::PLAIN) page.append(values.data(), values.size_bytes());
      return encoding_;
    }
    std::span<std::uint32_t> indices = page_.array<std::uint32_t>(value_count);
    std::uint32_t* out = indices.data();
    take(value_count, [&](std::span<const T> part) {
      number_from(part.data(), part.size(), min_, out);
      out += part.size();
    });
    put_indices(indices, dictionary_size(), page);
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
    if (!has_values_) return {};
    auto text = [](T value) { return std::string(reinterpret_cast<const char*>(&value), sizeof(T)); };
    return {text(min_), text(max_)};
  }

 private:
  using Unsigned = std::make_unsigned_t<T>;

  Unsigned distance(T value) const { return static_cast<Unsigned>(value) - static_cast<Unsigned>(min_); }
  std::size_t dictionary_size() const { return std::size_t{distance(max_)} + 1; }

  static bool is_stored_as_written(const RowRange& leaves) {
    return leaves.codes == nullptr && leaves.values->validity() == nullptr &&
           leaves.values->type().value_bytes() == sizeof(T);
  }

  void find_runs(std::span<const RowRange> rows) {
    runs_.clear();
    run_ = taken_ = 0;
    bool as_written = true;
    for_each_leaf_range(rows, [&](const RowRange& leaves) { as_written = as_written && is_stored_as_written(leaves); });
    if (as_written) {
      for_each_leaf_range(rows, [&](const RowRange& leaves) {
        std::span<const T> all = leaves.values->values<T>();
        runs_.push_back(all.subspan(static_cast<std::size_t>(leaves.begin), static_cast<std::size_t>(leaves.count())));
      });
      return;
    }
    gathered_.clear();
    for_each_leaf_range(rows, [&](const RowRange& leaves) { gather(leaves); });
    runs_.emplace_back(reinterpret_cast<const T*>(gathered_.data()), gathered_.size() / sizeof(T));
  }

  void gather(const RowRange& rows) {
    T* out = reinterpret_cast<T*>(gathered_.room(static_cast<std::size_t>(rows.count() + 1) * sizeof(T)));
    T* end = nullptr;
    switch (rows.values->type().value_bytes()) {
      case 1: end = gather_values<std::int8_t>(rows, out); break;
      case 2: end = gather_values<std::int16_t>(rows, out); break;
      case 4: end = gather_values<std::int32_t>(rows, out); break;
      default: end = gather_values<std::int64_t>(rows, out); break;
    }
    gathered_.add(static_cast<std::size_t>(end - out) * sizeof(T));
  }

  /// Calls `visit` with the next `count` values, a part of a run at a time.
  template <typename Visit>
  void take(std::size_t count, const Visit& visit) {
    while (count > 0) {
      std::span<const T> rest = runs_[run_].subspan(taken_);
      std::span<const T> part = rest.first(std::min(count, rest.size()));
      visit(part);
      count -= part.size();
      taken_ += part.size();
      if (taken_ < runs_[run_].size()) continue;
      ++run_;
      taken_ = 0;
    }
  }

  bool is_ascending() const {
    T last = std::numeric_limits<T>::min();
    for (std::span<const T> run : runs_) {
      if (run.empty()) continue;
      if (run.front() < last || !std::is_sorted(run.begin(), run.end())) return false;
      last = run.back();
    }
    return true;
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
    if (bit_width(range) + 2 >= kValueBits && !is_ascending()) {
      return parquet::Encoding::PLAIN;
    }
    return parquet::Encoding::DELTA_BINARY_PACKED;
  }

  std::vector<std::span<const T>> runs_;  // the values of the row group, without nulls
  std::size_t run_ = 0;                   // the next value: its run,
  std::size_t taken_ = 0;                 // and its place there
  GrowingBytes gathered_;
  GrowingBytes page_;
  bool has_values_ = false;
  T min_ = 0;
  T max_ = 0;
  parquet::Encoding::type encoding_ = parquet::Encoding::PLAIN;
};

}  // namespace

std::unique_ptr<ValueEncoder> make_int32_encoder(const std::shared_ptr<MemoryBudget>& memory) {
  return std::make_unique<IntEncoder<std::int32_t>>(memory);
}
std::unique_ptr<ValueEncoder> make_int64_encoder(const std::shared_ptr<MemoryBudget>& memory) {
  return std::make_unique<IntEncoder<std::int64_t>>(memory);
}

void put_indices(std::span<const std::uint32_t> indices, std::size_t dictionary_size, GrowingBytes& page) {
  // Readers differ in what they make of indices without bits.
  std::uint8_t width = static_cast<std::uint8_t>(std::max(1U, bit_width(dictionary_size - 1)));
  page.append(&width, 1);
  put_hybrid(indices, width, page);
}

}  // namespace headrace
