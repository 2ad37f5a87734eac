// Random numbers that depend on what they are for and not on what was drawn before: every row of every table has a
// stream of its own, so rows can be made in any order, by any thread, and made again by another table.
//
// The generator is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014), started at
// a hash of seed, stream and row. Everything is integer arithmetic and correctly rounded + - * /, so the numbers are
// the same on every machine.
#pragma once

#include <cstdint>

namespace headrace::bench {

inline constexpr std::uint64_t kSeed = 20260101;

/// What a stream of random numbers is for. Changing a number changes the data.
enum class Stream : std::uint64_t {
  kImpression = 1,
  kImpressionText = 2,
  kVisit = 3,
  kClick = 4,
  kConversion = 5,
  kUser = 6,
  kUserRow = 7,
  kItem = 8,
  kItemTitle = 9,
  kCampaign = 10,
  kCountry = 11,
  kWeather = 12,
  kWord = 13,
  kName = 14,
  kAgent = 15,
  kUserAgent = 16,
  kMalformedClick = 17,
  kMalformedConversion = 18,
  kRepeatedClick = 19,
  kConversionScore = 20,
};

constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Random {
 public:
  Random(Stream stream, std::int64_t row)
      : state_(mix_bits(mix_bits(kSeed + static_cast<std::uint64_t>(stream) * kStep) +
                        static_cast<std::uint64_t>(row) * kStep)) {}

  std::uint64_t bits() { return mix_bits(state_ += kStep); }
  /// In [0, 1), a multiple of 2^-53.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// In [0, count), for a count of 1 to 2^32.
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(((bits() >> 32) * static_cast<std::uint64_t>(count)) >> 32);
  }
  /// In [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(double probability) { return unit() < probability; }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  std::uint64_t state_;
};

/// The `power`-th root of a number not below 0, by bisection: no bits of a C library in the data.
double root(double number, int power);

/// Ranks 0 … count-1, the low ones more often: rank r has a probability near (r + flat)^(1/power - 1). `flat` > 0 keeps
/// the first ranks from taking everything.
class Skew {
 public:
  Skew(std::int64_t count, int power, double flat);

  /// The rank at the fraction `unit` in [0, 1) of all draws.
  std::int64_t rank(double unit) const {
    double base = low_ + unit * (high_ - low_);
    double position = base;
    for (int i = 1; i < power_; ++i) position *= base;
    std::int64_t found = static_cast<std::int64_t>(position - flat_);
    return found < 0 ? 0 : found < count_ ? found : count_ - 1;
  }

 private:
  std::int64_t count_;
  int power_;
  double flat_;
  double low_;
  double high_;
};

/// Maps ranks 0 … count-1 to ids 1 … count, one to one and scattered, so that frequent ids are anywhere.
class Scatter {
 public:
  /// `count` is at most 10^9.
  explicit Scatter(std::int64_t count, std::int64_t offset) : count_(count), offset_(offset) {}
  std::int64_t id(std::int64_t rank) const { return 1 + (rank * kPrime + offset_) % count_; }

 private:
  static constexpr std::int64_t kPrime = 2'654'435'761;  // above every count, so no common factor
  std::int64_t count_;
  std::int64_t offset_;
};

}  // namespace headrace::bench
