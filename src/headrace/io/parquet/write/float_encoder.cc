// Floats as FLOAT or DOUBLE. See value_encoder.h.
//
// Values are told apart by their bits, so that every NaN and both zeros are kept. Standardised counts, ages or one-hot
// lists have few distinct values and shrink to their numbers; a column with many is recognised after some thousand
// values, and is copied from then on.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "headrace/io/parquet/write/distinct_values.h"
#include "headrace/io/parquet/write/leaf_values.h"
#include "headrace/io/parquet/write/value_encoder.h"

namespace headrace {
namespace {

/// The most values of a dictionary. Above, indices save little over the values.
constexpr std::size_t kDistinctMax = 8192;
/// A column with more distinct values than kTrialDistinctMax among its first kTrialValues will have too many.
constexpr std::size_t kTrialValues = 8192;
constexpr std::size_t kTrialDistinctMax = 5200;

// Loops over blocks of a fixed size, because compilers vectorise them without checks of length and overlap.
constexpr std::size_t kBlock = 16;

/// Whether all values are one of two.
template <typename Bits>
bool are_two(std::span<const Bits> values, Bits first, Bits second) {
  std::array<Bits, kBlock> others{};
  std::size_t i = 0;
  for (; i + kBlock <= values.size(); i += kBlock) {
    const Bits* block = values.data() + i;
    for (std::size_t j = 0; j < kBlock; ++j) others[j] |= (block[j] ^ first) != 0 && (block[j] ^ second) != 0 ? 1 : 0;
  }
  for (; i < values.size(); ++i) others[0] |= values[i] != first && values[i] != second ? 1 : 0;
  return std::all_of(others.begin(), others.end(), [](Bits other) { return other == 0; });
}

/// indices[i] = `low` where values[i] is `first`, else `high`.
template <typename Bits>
void number_by_first(const Bits* __restrict values, std::size_t count, Bits first, std::uint32_t low,
                     std::uint32_t high, std::uint32_t* __restrict indices) {
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (std::size_t j = 0; j < kBlock; ++j) indices[i + j] = values[i + j] == first ? low : high;
  }
  for (; i < count; ++i) indices[i] = values[i] == first ? low : high;
}

template <typename Float, typename Bits>
class FloatEncoder final : public ValueEncoder {
 public:
  explicit FloatEncoder(const std::shared_ptr<MemoryBudget>& memory)
      : values_(memory), indices_(memory), distinct_(kDistinctMax) {}

  void start(std::span<const RowRange> /*rows*/) override {
    distinct_.clear();
    is_plain_ = false;
    min_ = std::numeric_limits<Float>::infinity();
    max_ = -min_;
    has_number_ = false;
  }

  parquet::Encoding::type put_page(std::span<const RowRange> rows, std::size_t value_count,
                                   GrowingBytes& page) override {
    if (value_count == 0) return parquet::Encoding::PLAIN;
    // By way of a buffer of its own: what stands in the page before need not leave it aligned.
    std::span<Bits> bits = gather(rows, value_count);
    if (!is_plain_ && put_distinct(bits, page)) return parquet::Encoding::RLE_DICTIONARY;
    is_plain_ = true;
    page.append(bits.data(), bits.size_bytes());
    widen_bounds(bits);
    return parquet::Encoding::PLAIN;
  }

  std::size_t put_dictionary(GrowingBytes& page) override {
    page.append(distinct_.values().data(), distinct_.values().size_bytes());
    widen_bounds(distinct_.values());
    return distinct_.size();
  }

  /// Zeros of either sign count as both, as the format asks; NaN as none.
  ValueBounds bounds() const override {
    if (!has_number_) return {};
    auto text = [](Float value) { return std::string(reinterpret_cast<const char*>(&value), sizeof(value)); };
    return {text(min_ == 0 ? Float{-0.0} : min_), text(max_ == 0 ? Float{0.0} : max_)};
  }

 private:
  std::span<Bits> gather(std::span<const RowRange> rows, std::size_t value_count) {
    std::span<Bits> values = values_.array<Bits>(value_count + 1);
    Bits* out = values.data();
    for (const RowRange& range : rows) out = gather_leaves<Bits>(range, out);
    return values.first(value_count);
  }

  /// Appends a page of indices and returns true, or appends nothing when there are too many distinct values.
  bool put_distinct(std::span<const Bits> bits, GrowingBytes& page) {
    std::size_t known = distinct_.size();
    std::span<std::uint32_t> indices = indices_.array<std::uint32_t>(bits.size());
    if (!number_two(bits, indices) && !number_all(bits, indices)) {
      distinct_.shrink(known);
      return false;
    }
    put_indices(indices, distinct_.size(), page);
    return true;
  }

  /// Numbers the values of a page that has at most two distinct ones, such as those of one-hot lists.
  bool number_two(std::span<const Bits> bits, std::span<std::uint32_t> indices) {
    Bits first = bits[0];
    std::size_t at = 1;
    while (at < bits.size() && bits[at] == first) ++at;
    Bits second = at < bits.size() ? bits[at] : first;
    if (!are_two(bits, first, second)) return false;
    std::uint32_t low = distinct_.find_or_add(first);
    std::uint32_t high = distinct_.find_or_add(second);
    if (low == Distinct::kFull || high == Distinct::kFull) return false;
    number_by_first(bits.data(), bits.size(), first, low, high, indices.data());
    return true;
  }

  bool number_all(std::span<const Bits> bits, std::span<std::uint32_t> indices) {
    bool is_trial = distinct_.size() <= 2;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      indices[i] = distinct_.find_or_add(bits[i]);
      if (indices[i] == Distinct::kFull) return false;
      if (is_trial && i == kTrialValues && distinct_.size() > kTrialDistinctMax) return false;
    }
    // A short page of which most values differ is smaller as it is.
    return !is_trial || distinct_.size() * 2 <= bits.size();
  }

  void widen_bounds(std::span<const Bits> bits) {
    constexpr std::size_t kLanes = 8;
    std::array<Float, kLanes> least;
    std::array<Float, kLanes> greatest;
    least.fill(min_);
    greatest.fill(max_);
    std::size_t i = 0;
    auto widen = [&](std::size_t lane, Bits value) {
      Float number = std::bit_cast<Float>(value);
      least[lane] = number < least[lane] ? number : least[lane];
      greatest[lane] = number > greatest[lane] ? number : greatest[lane];
    };
    for (; i + kLanes <= bits.size(); i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) widen(lane, bits[i + lane]);
    }
    for (; i < bits.size(); ++i) widen(0, bits[i]);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      min_ = least[lane] < min_ ? least[lane] : min_;
      max_ = greatest[lane] > max_ ? greatest[lane] : max_;
    }
    // Only a number lets them meet.
    has_number_ = min_ <= max_;
  }

  using Distinct = DistinctValues<Bits>;

  GrowingBytes values_;
  GrowingBytes indices_;
  Distinct distinct_;
  bool is_plain_ = false;
  Float min_ = 0;
  Float max_ = 0;
  bool has_number_ = false;
};

}  // namespace

std::unique_ptr<ValueEncoder> make_float32_encoder(const std::shared_ptr<MemoryBudget>& memory) {
  return std::make_unique<FloatEncoder<float, std::uint32_t>>(memory);
}
std::unique_ptr<ValueEncoder> make_float64_encoder(const std::shared_ptr<MemoryBudget>& memory) {
  return std::make_unique<FloatEncoder<double, std::uint64_t>>(memory);
}

}  // namespace headrace
