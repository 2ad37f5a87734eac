// Exact quantiles of a column that is read a few times but never sorted or kept.
//
// Values come as order keys (order_key.h). Round 1 counts the keys by their leading 16 bits. Each wanted rank then lies
// in one known bucket, and round 2 looks only at keys of those buckets: a bucket with few keys collects them, one with
// many counts them by the bits that follow. So each round narrows the wanted buckets, until each holds one distinct key
// or its keys were collected and sorted.
//
//   RadixQuantiles quantiles({{1, 4}, {1, 2}, {3, 4}});
//   do {
//     …for every batch of the column:  quantiles.update(keys);
//   } while (quantiles.finish_round());
//   quantiles.results();
//
// Threads: each updates a fork() of its own, made at the beginning of a round, and merge() joins them before
// finish_round(). Counts are sums and collected keys are sorted, so the results depend on neither order nor split.
//
// The quantile of probability q over n values is the value of rank max(1, ceil(q n)), counted from 1, in ascending
// order: the inverse of the empirical distribution function, percentile_disc in SQL. It is always one of the values.
// The probability is a fraction of integers, so ceil(q n) is exact.
//
// Rounds: at most 4 for up to 8 probabilities, and 2 for most columns of less than some million values; more
// probabilities share the memory, so a round takes fewer bits.
// Memory: 1.5 MiB in round 1, then at most 16.5 MiB, plus some 150 bytes for each probability.
// Error: none. Bits: integers only, identical everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace headrace {

/// Is the probability numerator / denominator, between 0 and 1.
struct Probability {
  uint64_t numerator;
  uint64_t denominator;
};

/// Returns the rank, counted from 0, of a quantile over `count` values. Requires count > 0, denominator > 0 and
/// numerator <= denominator.
uint64_t quantile_rank(const Probability& probability, uint64_t count) noexcept;

class RadixQuantiles {
 public:
  /// Prepares to find the quantiles of these probabilities (in any order, repeats allowed, none allowed).
  explicit RadixQuantiles(std::span<const Probability> probabilities);

  /// Prepares to find the values of these ranks, counted from 0.
  static RadixQuantiles of_ranks(std::span<const uint64_t> ranks);

  /// Returns an object in the same round that has seen no key of it.
  RadixQuantiles fork() const;

  /// Takes the next keys of the column. Every round must see the same keys, in any order.
  void update(std::span<const uint64_t> keys);

  /// Takes a key that comes `times` times.
  void update(uint64_t key, uint64_t times);

  /// Adds the keys of this round that `other`, a fork of this object or of a fork of it, has taken.
  void merge(const RadixQuantiles& other);

  /// Ends a round. Returns whether another one is needed.
  bool finish_round();

  /// Returns how many keys the column has; known after the first round.
  uint64_t count() const noexcept { return count_; }

  /// Returns the key of each probability or rank, in the order given; none where the column is empty or shorter than
  /// the rank. Requires that finish_round() has returned false.
  std::vector<std::optional<uint64_t>> results() const;

 private:
  /// Counts the keys of one value of the bits looked at, and whether they are all the same.
  struct Counter {
    uint64_t count = 0;
    uint64_t key_min = ~uint64_t{0};
    uint64_t key_max = 0;
  };

  /// Is what is asked for. `below` counts the keys below the bucket that the rank is known to lie in.
  struct Request {
    Probability probability;
    uint64_t rank;
    uint64_t below;
    size_t bucket;
    std::optional<uint64_t> key;
  };

  /// Is the set of keys that begin with the `known_bits_` bits of `prefix`.
  struct Bucket {
    uint64_t prefix;
    uint64_t count;
    bool collects;
    size_t place;  // Of its counters, in units of 2^round_bits_, or of its keys in collected_.
  };

  RadixQuantiles() = default;

  void start();
  /// Returns the bucket that the key lies in, or nullptr.
  const Bucket* find_bucket(uint64_t key) const;
  void take(const Bucket& bucket, uint64_t key, uint64_t times);
  void rank_requests();
  void resolve_collected();
  void resolve_counted(std::vector<Bucket>& next);
  void open_round(std::vector<Bucket> buckets);

  std::vector<Request> requests_;  // In the order given.
  std::vector<size_t> by_rank_;    // Indices of unresolved requests, by rank.
  bool ranks_given_ = false;
  uint64_t count_ = 0;
  int known_bits_ = 0;                  // Leading bits that the prefixes of buckets have.
  int round_bits_ = 16;                 // Bits that this round counts by.
  std::vector<Bucket> buckets_;         // By prefix; in round 1 a single one without a prefix.
  std::vector<uint32_t> first_bucket_;  // Of each value of the leading 16 bits, and one past the last; from round 2 on.
  std::vector<Counter> counters_;
  std::vector<std::vector<uint64_t>> collected_;
};

}  // namespace headrace
