// Statistics of texts and binary values, by their XXH3 hashes.
//
// Up to KeyHistogram::kKeysMax different values are counted, and their beginnings kept; when there are more, only their
// number is estimated. Two values with one hash count as the same; among so few that has a chance of 1 in 10^12.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/kernel/distinct_sketch.h"
#include "headrace/kernel/key_histogram.h"

namespace headrace {

class TextProfile {
 public:
  /// So much of a value is kept.
  static constexpr std::size_t kTextBytesMax = 64;

  explicit TextProfile(MemoryBudget& memory);

  /// Adds the present values of a plain string or binary column; row i comes times[i] times, once without `times`.
  void add(const Column& column, std::span<const std::int64_t> times);
  void merge(const TextProfile& other);
  /// Writes all, for another process to read() into one that has seen nothing.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);
  std::size_t bytes() const;

  struct Counted {
    std::string text;  // cut after kTextBytesMax bytes
    bool is_cut;
    std::int64_t count;
  };
  /// By count, then by text; nothing when there were too many.
  std::optional<std::vector<Counted>> counted() const;
  std::int64_t distinct() const;
  bool is_distinct_exact() const;
  /// Of values, and of their bytes.
  std::int64_t count() const { return count_; }
  std::int64_t length_min() const { return length_min_; }
  std::int64_t length_max() const { return length_max_; }
  std::int64_t length_sum() const { return length_sum_; }

 private:
  struct Known {
    std::uint64_t hash;
    std::string text;
    bool is_cut;
  };
  void add_one(std::string_view text, std::uint64_t hash, std::int64_t times);
  void know(std::uint64_t hash, std::string text, bool is_cut);
  void go_wide();

  KeyHistogram counts_;
  std::vector<Known> known_;  // in order of appearance
  Reservation known_bytes_;
  std::unique_ptr<DistinctSketch> wide_;
  std::shared_ptr<MemoryBudget> memory_;
  std::vector<std::uint64_t> hashes_;  // of a batch
  std::int64_t count_ = 0;
  std::int64_t length_min_ = 0;
  std::int64_t length_max_ = 0;
  std::int64_t length_sum_ = 0;
};

}  // namespace headrace
