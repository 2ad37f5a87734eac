// See permutation.h.
#include "headrace/kernel/permutation.h"

#include <bit>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {

Permutation::Permutation(std::uint64_t size, std::uint64_t seed)
    : size_(size),
      seed_(seed),
      half_bits_(static_cast<int>(std::bit_width(size | 3) + 1) / 2),
      half_mask_((std::uint64_t{1} << half_bits_) - 1) {
  HEADRACE_CHECK(size < std::uint64_t{1} << 62);
}

std::uint64_t Permutation::round(int number, std::uint64_t half) const {
  std::uint64_t key = hash_int64(static_cast<std::int64_t>(seed_ + static_cast<std::uint64_t>(number) * kNullHash));
  return hash_int64(static_cast<std::int64_t>(half ^ key)) & half_mask_;
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  HEADRACE_CHECK(index < size_);
  std::uint64_t at = index;
  do {
    std::uint64_t left = at >> half_bits_;
    std::uint64_t right = at & half_mask_;
    for (int i = 0; i < kRounds; ++i) {
      std::uint64_t next = left ^ round(i, right);
      left = right;
      right = next;
    }
    at = left << half_bits_ | right;
  } while (at >= size_);
  return at;
}

std::uint64_t Permutation::inverse(std::uint64_t place) const {
  HEADRACE_CHECK(place < size_);
  std::uint64_t at = place;
  do {
    std::uint64_t left = at >> half_bits_;
    std::uint64_t right = at & half_mask_;
    for (int i = kRounds; i-- > 0;) {
      std::uint64_t before = right ^ round(i, left);
      right = left;
      left = before;
    }
    at = left << half_bits_ | right;
  } while (at >= size_);
  return at;
}

}  // namespace headrace
