// See power_sums.h.
#include "headrace/kernel/power_sums.h"

#include <bit>
#include <cmath>

#include "headrace/kernel/order_key.h"

namespace headrace {

namespace {

constexpr const char* kWhat = "sums of a column";
constexpr uint64_t kImplicitBit = uint64_t{1} << 52;
constexpr int kExponentBias = 1075;  // of m * 2^e, with m of 53 bits

/// Adds chunk * 2^exponent; the power is split, since it may be beyond what one double holds.
void add_scaled(ExactSum& sum, double chunk, int exponent) {
  const int half = exponent / 2;
  sum.add_product(std::ldexp(chunk, half), std::ldexp(1.0, exponent - half));
}

}  // namespace

PowerSums::PowerSums(MemoryBudget& memory) : reservation_(memory, sizeof(PowerSums), kWhat) {}

void PowerSums::add_to(Bin& bin, int64_t significand) {
  bin.sum += significand;
  const auto magnitude =
      static_cast<Uint128>(significand < 0 ? -static_cast<uint64_t>(significand) : static_cast<uint64_t>(significand));
  const Uint128 square = magnitude * magnitude;
  bin.squares += square;
  bin.squares_high += bin.squares < square ? 1 : 0;
}

PowerSums::Page& PowerSums::make_page(size_t index) {
  reservation_.resize(reservation_.bytes() + sizeof(Page), kWhat);
  pages_[index] = std::make_unique<Page>();
  return *pages_[index];
}

void PowerSums::add_floats(std::span<const uint64_t> keys) {
  for (const uint64_t key : keys) {
    const double value = float64_of_order_key(key);
    const auto bits = std::bit_cast<uint64_t>(value);
    const int exponent = static_cast<int>((bits >> 52) & 0x7ff) - kExponentBias;
    const auto place = static_cast<unsigned>(exponent - kExponentMin);
    if (place >= kExponentCount) [[unlikely]] {
      rest_.add(value, 1);
      continue;
    }
    const auto magnitude = static_cast<int64_t>((bits & (kImplicitBit - 1)) | kImplicitBit);
    const size_t index = place / kPageBins;
    Page& page = pages_[index] != nullptr ? *pages_[index] : make_page(index);
    add_to(page[place % kPageBins], (bits >> 63) != 0 ? -magnitude : magnitude);
    ++count_;
  }
}

void PowerSums::add_integers(std::span<const uint64_t> keys) {
  for (const uint64_t key : keys) add_to(integers_, int64_of_order_key(key));
  count_ += std::ssize(keys);
}

void PowerSums::add_integer(int64_t value, int64_t times) {
  const auto many = static_cast<Uint128>(times);
  const auto magnitude = static_cast<Uint128>(value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  const Uint128 square = magnitude * magnitude;
  // square * times in two parts, each below 2^127.
  const Uint128 low = (square & ~uint64_t{0}) * many;
  const Uint128 high = (square >> 64) * many + (low >> 64);
  Bin bin;
  bin.sum = static_cast<Int128>(value) * times;
  bin.squares = (high << 64) | (low & ~uint64_t{0});
  bin.squares_high = static_cast<uint64_t>(high >> 64);
  merge_into(integers_, bin);
  count_ += times;
}

void PowerSums::merge_into(Bin& bin, const Bin& other) {
  bin.sum += other.sum;
  bin.squares += other.squares;
  bin.squares_high += other.squares_high + (bin.squares < other.squares ? 1 : 0);
}

void PowerSums::merge(const PowerSums& other) {
  count_ += other.count_;
  merge_into(integers_, other.integers_);
  rest_.merge(other.rest_);
  for (size_t index = 0; index < pages_.size(); ++index) {
    if (other.pages_[index] == nullptr) continue;
    Page& page = pages_[index] != nullptr ? *pages_[index] : make_page(index);
    for (size_t i = 0; i < kPageBins; ++i) merge_into(page[i], (*other.pages_[index])[i]);
  }
}

void PowerSums::write_bin(ByteWriter& out, const Bin& bin) {
  const auto sum = static_cast<Uint128>(bin.sum);
  for (const Uint128 part : {sum, bin.squares}) {
    out.put(static_cast<uint64_t>(part));
    out.put(static_cast<uint64_t>(part >> 64));
  }
  out.put(bin.squares_high);
}

PowerSums::Bin PowerSums::read_bin(ByteReader& in) {
  const auto wide = [&] {
    const auto low = in.get<uint64_t>();
    return (static_cast<Uint128>(in.get<uint64_t>()) << 64) | low;
  };
  Bin bin;
  bin.sum = static_cast<Int128>(wide());
  bin.squares = wide();
  bin.squares_high = in.get<uint64_t>();
  return bin;
}

void PowerSums::write(ByteWriter& out) const {
  out.put(count_);
  write_bin(out, integers_);
  rest_.write(out);
  for (const std::unique_ptr<Page>& page : pages_) {
    out.put<uint8_t>(page != nullptr ? 1 : 0);
    if (page == nullptr) continue;
    for (const Bin& bin : *page) write_bin(out, bin);
  }
}

void PowerSums::read(ByteReader& in) {
  count_ = in.get<int64_t>();
  integers_ = read_bin(in);
  rest_.read(in);
  for (size_t index = 0; index < pages_.size(); ++index) {
    if (in.get<uint8_t>() == 0) continue;
    for (Bin& bin : make_page(index)) bin = read_bin(in);
  }
}

void PowerSums::add_to_moments(Moments& moments, const Bin& bin, int exponent) {
  const double sign = bin.sum < 0 ? -1 : 1;
  Uint128 sum = bin.sum < 0 ? -static_cast<Uint128>(bin.sum) : static_cast<Uint128>(bin.sum);
  for (int at = exponent; sum != 0; sum >>= 32, at += 32) {
    add_scaled(moments.sum, sign * static_cast<double>(static_cast<uint32_t>(sum)), at);
  }
  Uint128 squares = bin.squares;
  for (int at = 2 * exponent; squares != 0; squares >>= 32, at += 32) {
    add_scaled(moments.sum_of_squares, static_cast<double>(static_cast<uint32_t>(squares)), at);
  }
  add_scaled(moments.sum_of_squares, static_cast<double>(bin.squares_high & 0xffffffff), 2 * exponent + 128);
  add_scaled(moments.sum_of_squares, static_cast<double>(bin.squares_high >> 32), 2 * exponent + 160);
}

Moments PowerSums::moments() const {
  Moments moments = rest_;
  moments.count += count_;
  add_to_moments(moments, integers_, 0);
  for (size_t index = 0; index < pages_.size(); ++index) {
    if (pages_[index] == nullptr) continue;
    for (size_t i = 0; i < kPageBins; ++i) {
      add_to_moments(moments, (*pages_[index])[i], kExponentMin + static_cast<int>(index * kPageBins + i));
    }
  }
  return moments;
}

}  // namespace headrace
