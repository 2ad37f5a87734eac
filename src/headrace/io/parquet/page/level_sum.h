// Sums of levels and validity bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace {

/// The sum of `count` bytes that are 0 or 1. By blocks of a fixed size, which compilers vectorise.
inline std::int64_t sum_of_levels(const std::uint8_t* levels, std::int64_t count) {
  constexpr std::int64_t kBlock = 128;
  std::int64_t sum = 0;
  std::int64_t done = 0;
  for (; done + kBlock <= count; done += kBlock) {
    std::uint8_t block_sum = 0;
    for (std::int64_t i = 0; i < kBlock; ++i) block_sum = static_cast<std::uint8_t>(block_sum + levels[done + i]);
    sum += block_sum;
  }
  for (; done < count; ++done) sum += levels[done];
  return sum;
}

}  // namespace headrace
