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
#include "headrace/io/parquet/write/leaf_values.h"
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

/// Calls `visit` with a T of the width in which integers of a type are stored.
template <typename Visit>
void with_stored_type(const Type& type, const Visit& visit) {
  switch (type.value_bytes()) {
    case 1: return visit(std::int8_t{});
    case 2: return visit(std::int16_t{});
    case 4: return visit(std::int32_t{});
    default: return visit(std::int64_t{});
  }
}

/// The values of a row group, not null, in runs that are read one after another.
template <typename T>
class ValueRuns {
 public:
  void clear() {
    runs_.clear();
    run_ = taken_ = 0;
  }
  void add(std::span<const T> run) {
    if (!run.empty()) runs_.push_back(run);
  }
  const std::vector<std::span<const T>>& all() const { return runs_; }

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

 private:
  std::vector<std::span<const T>> runs_;
  std::size_t run_ = 0;    // the next value: its run,
  std::size_t taken_ = 0;  // and its place there
};

/// Values are read where they are when they are stored as they are written. Else they are gathered first: as the low
/// halves of their bits, from which they can be told when their range is small; if it turns out not to be, anew as a
/// whole.
template <typename T>
class IntEncoder final : public ValueEncoder {
 public:
  explicit IntEncoder(const std::shared_ptr<MemoryBudget>& memory) : block_(memory), gathered_(memory), page_(memory) {}

  void start(std::span<const RowRange> rows) override {
    runs_.clear();
    low_runs_.clear();
    min_ = std::numeric_limits<T>::max();
    max_ = std::numeric_limits<T>::min();
    count_ = 0;
    is_low_ = !add_runs_as_stored(rows);
    if (is_low_) {
      gather_low(rows);
      if (count_ > 0 && distance(max_) > std::numeric_limits<std::uint32_t>::max()) gather_whole(rows);
    }
    encoding_ = choose();
  }

  parquet::Encoding::type put_page(std::span<const RowRange> /*rows*/, std::size_t value_count,
                                   GrowingBytes& page) override {
    if (encoding_ == parquet::Encoding::RLE_DICTIONARY) {
      put_numbers(value_count, page);
    } else if (encoding_ == parquet::Encoding::DELTA_BINARY_PACKED) {
      put_delta(take_values(value_count), page);
    } else {
      std::span<const T> values = take_values(value_count);
      page.append(values.data(), values.size_bytes());
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
    if (count_ == 0) return {};
    auto text = [](T value) { return std::string(reinterpret_cast<const char*>(&value), sizeof(T)); };
    return {text(min_), text(max_)};
  }

 private:
  using Unsigned = std::make_unsigned_t<T>;
  /// Rows gathered at a time: their values stay in the first-level cache.
  static constexpr std::int64_t kPieceRows = 256;

  Unsigned distance(T value) const { return static_cast<Unsigned>(value) - static_cast<Unsigned>(min_); }
  std::size_t dictionary_size() const { return std::size_t{distance(max_)} + 1; }

  static bool is_stored_as_written(const RowRange& leaves) {
    return leaves.codes == nullptr && leaves.values->validity() == nullptr &&
           leaves.values->type().value_bytes() == sizeof(T);
  }

  /// Adds the values where they are and returns true, unless some are not stored as they are written.
  bool add_runs_as_stored(std::span<const RowRange> rows) {
    // Lists that are read through codes lie apart: copied, they are read faster.
    for (const RowRange& range : rows) {
      if (range.codes != nullptr) return false;
    }
    bool as_written = true;
    for_each_leaf_range(rows, [&](const RowRange& leaves) { as_written = as_written && is_stored_as_written(leaves); });
    if (!as_written) return false;
    for_each_leaf_range(rows, [&](const RowRange& leaves) {
      std::span<const T> all = leaves.values->values<T>();
      runs_.add(all.subspan(static_cast<std::size_t>(leaves.begin), static_cast<std::size_t>(leaves.count())));
    });
    for (std::span<const T> run : runs_.all()) {
      widen_range(run, min_, max_);
      count_ += run.size();
    }
    return true;
  }

  /// Calls `visit` with all values, some rows at a time.
  template <typename Visit>
  void for_each_piece(std::span<const RowRange> rows, const Visit& visit) {
    for (const RowRange& range : rows) {
      with_stored_type(leaf_type(*range.values), [&](auto stored) {
        for (std::int64_t row = range.begin; row < range.end; row += kPieceRows) {
          RowRange piece = range.part(row, std::min(row + kPieceRows, range.end));
          T* block = block_.array<T>(count_leaves(piece) + 1).data();
          T* end = gather_leaves<decltype(stored)>(piece, block);
          visit(std::span<const T>(block, static_cast<std::size_t>(end - block)));
        }
      });
    }
  }

  void gather_low(std::span<const RowRange> rows) {
    gathered_.clear();
    for_each_piece(rows, [&](std::span<const T> values) {
      widen_range(values, min_, max_);
      std::uint32_t* low = reinterpret_cast<std::uint32_t*>(gathered_.room(values.size() * sizeof(std::uint32_t)));
      number_from(values.data(), values.size(), T{0}, low);
      gathered_.add(values.size() * sizeof(std::uint32_t));
    });
    count_ = gathered_.size() / sizeof(std::uint32_t);
    low_runs_.add({reinterpret_cast<const std::uint32_t*>(gathered_.data()), count_});
  }

  void gather_whole(std::span<const RowRange> rows) {
    low_runs_.clear();
    is_low_ = false;
    gathered_.clear();
    for_each_piece(rows, [&](std::span<const T> values) { gathered_.append(values.data(), values.size_bytes()); });
    runs_.add({reinterpret_cast<const T*>(gathered_.data()), count_});
  }

  /// The value of the range whose low bits are these.
  T value_of(std::uint32_t low) const {
    return static_cast<T>(static_cast<Unsigned>(min_) + (low - static_cast<std::uint32_t>(min_)));
  }

  /// The next values, in a buffer.
  std::span<const T> take_values(std::size_t count) {
    std::span<T> values = page_.array<T>(count);
    T* out = values.data();
    if (is_low_) {
      low_runs_.take(count, [&](std::span<const std::uint32_t> part) {
        for (std::uint32_t low : part) *out++ = value_of(low);
      });
    } else {
      runs_.take(count, [&](std::span<const T> part) { out = std::copy(part.begin(), part.end(), out); });
    }
    return values;
  }

  void put_numbers(std::size_t count, GrowingBytes& page) {
    std::span<std::uint32_t> indices = page_.array<std::uint32_t>(count);
    std::uint32_t* out = indices.data();
    if (is_low_) {
      low_runs_.take(count, [&](std::span<const std::uint32_t> part) {
        number_from(part.data(), part.size(), static_cast<std::uint32_t>(min_), out);
        out += part.size();
      });
    } else {
      runs_.take(count, [&](std::span<const T> part) {
        number_from(part.data(), part.size(), min_, out);
        out += part.size();
      });
    }
    put_indices(indices, dictionary_size(), page);
  }

  bool is_ascending() const {
    T last = std::numeric_limits<T>::min();
    for (std::span<const T> run : runs_.all()) {
      if (run.front() < last || !std::is_sorted(run.begin(), run.end())) return false;
      last = run.back();
    }
    return !is_low_ || std::ranges::is_sorted(low_runs_.all()[0], {}, [&](std::uint32_t low) { return value_of(low); });
  }

  /// A dictionary of all numbers of the range costs its own bytes, delta a bit a value for the sign of differences: a
  /// dictionary is taken when it costs less than one and a half bits a value.
  parquet::Encoding::type choose() const {
    if (count_ == 0) return parquet::Encoding::PLAIN;
    constexpr std::size_t kValueBits = sizeof(T) * 8;
    Unsigned range = distance(max_);
    if (range < count_ && (std::size_t{range} + 1) * kValueBits <= std::max(count_ + count_ / 2, kValueBits)) {
      return parquet::Encoding::RLE_DICTIONARY;
    }
    if (bit_width(range) + 2 >= kValueBits && !is_ascending()) {
      return parquet::Encoding::PLAIN;
    }
    return parquet::Encoding::DELTA_BINARY_PACKED;
  }

  ValueRuns<T> runs_;
  ValueRuns<std::uint32_t> low_runs_;  // instead of runs_: the low 32 bits of all values
  bool is_low_ = false;
  std::size_t count_ = 0;
  GrowingBytes block_;
  GrowingBytes gathered_;
  GrowingBytes page_;
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
