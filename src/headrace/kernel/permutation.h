// A fixed random order of any number of things, of which each place is computed by itself: nothing is stored.
#pragma once

#include <cstdint>

namespace headrace {

/// A bijection of [0, size) that looks random: a Feistel network of 6 rounds over the next power of four, walked until
/// it hits the range (cycle walking: Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). The same size
/// and seed give the same order everywhere. size < 2^62.
class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed);

  std::uint64_t size() const { return size_; }
  /// The place of thing `index` < size(); takes two rounds of the network on average.
  std::uint64_t operator()(std::uint64_t index) const;
  /// The thing at `place` < size().
  std::uint64_t inverse(std::uint64_t place) const;

 private:
  static constexpr int kRounds = 6;

  std::uint64_t round(int number, std::uint64_t half) const;

  std::uint64_t size_;
  std::uint64_t seed_;
  int half_bits_;
  std::uint64_t half_mask_;
};

}  // namespace headrace
