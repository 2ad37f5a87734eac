// PowerSums: the exact sums of numbers and of their squares, for columns of many values: what Moments (moments.h) are
// made of, at a quarter of its cost a value.
//
// A double is m * 2^e with an integer m of 53 bits. All values of one exponent add up their m and m² in plain integers
// of 128 and 192 bits, which 2^63 values cannot overflow; the sums of the exponents are put together once, at the end.
// Integers count as m with the exponent 0.
//
//   pages_   exponents in groups of 64, each there when a value needs it
//
// Values beyond 2^±450 are rare and go to Moments one by one.
// Error: none. Bits: integers only, identical everywhere, whatever the order and the split among objects that are
// merged. Memory: 3 KiB a page, one to three of them for most columns; charged before it is allocated.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "headrace/base/byte_stream.h"
#include "headrace/base/memory_budget.h"
#include "headrace/kernel/moments.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

class PowerSums {
 public:
  explicit PowerSums(MemoryBudget& memory);

  /// Adds the doubles that have these order keys (order_key.h); no NaN.
  void add_floats(std::span<const uint64_t> keys);
  /// Adds the integers that have these order keys.
  void add_integers(std::span<const uint64_t> keys);
  /// Adds one that comes `times` times, with 0 <= times < 2^53.
  void add_float(double value, int64_t times) { rest_.add(value, times); }
  void add_integer(int64_t value, int64_t times);
  void merge(const PowerSums& other);
  /// Writes all, for another process to read() into one that has added nothing.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  Moments moments() const;
  size_t bytes() const noexcept { return reservation_.bytes(); }

 private:
  struct Bin {
    Int128 sum = 0;
    Uint128 squares = 0;
    uint64_t squares_high = 0;  // worth 2^128
  };
  static constexpr int kExponentMin = -512;  // of m = 1
  static constexpr int kExponentCount = 960;
  static constexpr int kPageBins = 64;
  using Page = std::array<Bin, kPageBins>;

  Page& make_page(size_t index);
  static void add_to(Bin& bin, int64_t significand);
  static void merge_into(Bin& bin, const Bin& other);
  static void write_bin(ByteWriter& out, const Bin& bin);
  static Bin read_bin(ByteReader& in);
  static void add_to_moments(Moments& moments, const Bin& bin, int exponent);

  Reservation reservation_;
  int64_t count_ = 0;  // of what is in bins
  Bin integers_;
  std::array<std::unique_ptr<Page>, kExponentCount / kPageBins> pages_;
  Moments rest_;
};

}  // namespace headrace
