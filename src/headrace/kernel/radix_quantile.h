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
// finish_round(). Counts are sums and collected keys are sorted, so the results depend on neither order nor split, and
// not on the memory given either: with less of it, a round takes fewer bits, and there are more rounds.
//
// The quantile of probability q over n values is the value of rank max(1, ceil(q n)), counted from 1, in ascending
// order: the inverse of the empirical distribution function, percentile_disc in SQL. It is always one of the values.
// The probability is a fraction of integers, so ceil(q n) is exact.
//
// Memory: what each round is given, between kRoundBytesMin and kRoundBytesMax, plus a quarter of that for a table and
// some 250 bytes for each probability. It is allocated by the first update() or merge() of a round.
// Rounds: with kRoundBytesMax, 2 for most columns of less than a million values, at most 5 for up to 8 probabilities.
// Error: none. Bits: integers only, identical everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "headrace/base/byte_stream.h"

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
  static constexpr size_t kRoundBytesMin = size_t{1} << 16;
  static constexpr size_t kRoundBytesMax = size_t{1} << 23;

  /// Prepares to find the quantiles of these probabilities (in any order, repeats allowed, none allowed). The first
  /// round takes `round_bytes` at most, or kRoundBytesMin if that is more.
  explicit RadixQuantiles(std::span<const Probability> probabilities, size_t round_bytes = kRoundBytesMax);

  /// Prepares to find the values of these ranks, counted from 0.
  static RadixQuantiles of_ranks(std::span<const uint64_t> ranks, size_t round_bytes = kRoundBytesMax);

  /// Returns an object in the same round that has seen no key of it. It takes keys and can be merged; only the object
  /// that all are merged into ends rounds.
  RadixQuantiles fork() const;

  /// Takes the next keys of the column. Every round must see the same keys, in any order.
  void update(std::span<const uint64_t> keys);

  /// Takes a key that comes `times` times.
  void update(uint64_t key, uint64_t times);

  /// Adds the keys of this round that `other`, a fork of this object or of a fork of it, has taken.
  void merge(const RadixQuantiles& other);

  /// Ends a round. Returns whether another one is needed, which takes `round_bytes` as the first one does.
  bool finish_round(size_t round_bytes = kRoundBytesMax);

  /// Returns the most that this object holds until the round ends.
  size_t bytes() const noexcept;

  /// Writes what the round looks for and the keys it has taken, but not what is asked for: what a fork() knows.
  void write(ByteWriter& out) const;

  /// Takes the round and the keys that write() wrote in the place of its own. Throws Error(kBadData).
  void read(ByteReader& in);

  /// Returns how many keys the column has; known after the first round.
  uint64_t count() const noexcept { return count_; }

  /// Returns the key of each probability or rank, in the order given; none where the column is empty or shorter than
  /// the rank. Requires that finish_round() has returned false.
  std::vector<std::optional<uint64_t>> results() const;

 private:
  /// Counts the keys of one value of the bits looked at, and tells whether they are all the same.
  class Counter {
   public:
    void add(uint64_t key, uint64_t times) noexcept {
      if (count_ == 0) key_ = key;
      count_ = (count_ + times) | (key == key_ ? 0 : kSeveral);
    }
    void merge(const Counter& other) noexcept {
      add(other.count_ == 0 ? key_ : other.key_, other.count());
      count_ |= other.count_ & kSeveral;
    }
    uint64_t count() const noexcept { return count_ & ~kSeveral; }
    bool has_one_key() const noexcept { return (count_ & kSeveral) == 0; }
    uint64_t key() const noexcept { return key_; }

    void write(ByteWriter& out) const {
      out.put(count_);
      out.put(key_);
    }
    void read(ByteReader& in) {
      count_ = in.get<uint64_t>();
      key_ = in.get<uint64_t>();
    }

   private:
    static constexpr uint64_t kSeveral = uint64_t{1} << 63;

    uint64_t count_ = 0;  // With kSeveral once a second key has come.
    uint64_t key_ = 0;    // The first that came.
  };

  /// Is what is asked for. `below` counts the keys below the bucket that the rank is known to lie in.
  struct Request {
    Probability probability;
    uint64_t rank;
    uint64_t below;
    size_t bucket;
    std::optional<uint64_t> key;
  };

  /// Is the set of keys that begin with the `known_bits` bits of `prefix`.
  struct Bucket {
    uint64_t prefix;
    uint64_t count;
    bool collects;
    size_t place;  // Of its counters, in units of 2^round_bits, or of its keys in collected_.

    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  /// Is what a round looks for and how; an object and its forks share it.
  struct Round {
    int known_bits = 0;                  // Leading bits that the prefixes of buckets have.
    int round_bits = 0;                  // Bits that this round counts by.
    int table_bits = 0;                  // Those of the first round.
    std::vector<Bucket> buckets;         // By prefix; in the first round a single one without a prefix.
    std::vector<uint32_t> first_bucket;  // Of each value of the leading table_bits bits, and one past the last.
    size_t counter_count = 0;            // Of all buckets that count.
    std::vector<uint64_t> key_counts;    // Of each bucket that collects.

    void write(ByteWriter& out) const;
    static Round read(ByteReader& in);
    friend bool operator==(const Round&, const Round&) = default;
  };

  RadixQuantiles() = default;

  void start(size_t round_bytes);
  /// Allocates what the round counts and collects in.
  void allocate();
  /// Returns the bucket that the key lies in, or nullptr.
  const Bucket* find_bucket(uint64_t key) const;
  void take(const Bucket& bucket, uint64_t key, uint64_t times);
  void rank_requests();
  void resolve_collected();
  void resolve_counted(std::vector<Bucket>& next);
  void open_round(std::vector<Bucket> buckets, size_t round_bytes);

  std::vector<Request> requests_;  // In the order given; forks have none.
  std::vector<size_t> by_rank_;    // Indices of unresolved requests, by rank.
  bool ranks_given_ = false;
  uint64_t count_ = 0;
  std::shared_ptr<const Round> round_;
  std::vector<Counter> counters_;  // None before the round's first key.
  std::vector<std::vector<uint64_t>> collected_;
};

}  // namespace headrace
