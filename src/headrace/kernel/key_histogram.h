// KeyHistogram: how often each key came; by the key while there are few different ones, else by ranges of keys.
//
// Keys are order keys (order_key.h) or hashes. Up to kKeysMax different keys are counted one by one. When one more
// comes, the owner may look at them a last time and then calls widen(): from there on, keys that agree in all but their
// last `shift` bits are counted together, and shift is always the least for which there are at most kRangesMax such
// ranges. So shift and counts are functions of the multiset of keys: they depend neither on order nor on how the keys
// were split among histograms that are merged.
//
// Where all prefixes lie within a window as wide as there may be of them, a plain array counts them; else a hash table:
//
//   window_  | count | 0 | count | …                    of prefix base_, base_ + 1, …
//   slots_   | prefix, count | free (count 0) | …      at most half of them taken, a power of two
//
// Memory: 128 KiB at most before widen(), 32 KiB at most behind it, charged before it is allocated.
// Error: none in the counts. Bits: integers only, identical everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/base/memory_budget.h"

namespace headrace {

class KeyHistogram {
 public:
  static constexpr size_t kKeysMax = 4096;
  static constexpr size_t kRangesMax = 1024;

  /// Counts the keys from `first` on, 2^shift of them.
  struct Range {
    uint64_t first;
    int64_t count;
  };

  enum class Outcome { kKnown, kNew, kFull };

  explicit KeyHistogram(MemoryBudget& memory);

  /// Adds keys, each once, and returns how many of the first ones it took: all, or fewer when the next one would be the
  /// first too many and widen() was not called.
  size_t add(std::span<const uint64_t> keys);

  /// Adds a key that comes `times` times, more than none. kFull: it was not added, widen() must come before.
  Outcome add(uint64_t key, int64_t times);

  /// Counts by ranges from now on.
  void widen();
  bool is_widened() const noexcept { return is_widened_; }

  /// Adds all that `other` has counted. Requires: this is widened if the other one is. Returns false, and adds nothing,
  /// when there would be too many keys and widen() was not called.
  bool merge(const KeyHistogram& other);

  /// Writes all counts, for another process to read() into one that has none.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  /// Returns the ranges that have keys, in ascending order.
  std::vector<Range> ranges() const;
  int shift() const noexcept { return shift_; }
  size_t size() const noexcept { return taken_; }
  size_t bytes() const noexcept { return reservation_.bytes(); }

 private:
  struct Slot {
    uint64_t prefix;
    int64_t count;
  };

  /// The slot of a prefix, or the free slot where it belongs.
  size_t place_of(uint64_t prefix) const noexcept {
    const size_t mask = slots_.size() - 1;
    size_t at = (prefix * 0x9e3779b97f4a7c15U) >> place_shift_;
    while (slots_[at].count != 0 && slots_[at].prefix != prefix) at = (at + 1) & mask;
    return at;
  }
  size_t limit() const noexcept { return is_widened_ ? kRangesMax : kKeysMax; }
  /// Moves the window so that it holds the prefix, too; false when that makes it too wide.
  bool reach(uint64_t prefix);
  void make_window(uint64_t base, size_t size);
  /// Makes room for one more prefix: more slots, or wider ranges.
  void make_room();
  /// Puts the counts into `slot_count` slots, in ranges 2^more_shift times as wide; into a window if they fit one then.
  void rebuild(size_t slot_count, int more_shift);
  /// The least number of bits by which prefixes must be shortened.
  int least_more_shift() const;
  void charge(size_t extra_bytes);
  /// Calls visit(prefix, count) for every prefix that has a count.
  template <typename Visit>
  void for_each(const Visit& visit) const;

  Reservation reservation_;
  bool has_window_ = true;
  uint64_t base_ = 0;
  std::vector<int64_t> window_;
  std::vector<Slot> slots_;
  int place_shift_ = 64;
  size_t taken_ = 0;
  int shift_ = 0;
  bool is_widened_ = false;
};

}  // namespace headrace
