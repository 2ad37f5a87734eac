// How much work a test does that proves more the more it does: random samples, damaged bytes, refused requests.
#pragma once

#include <concepts>

namespace headrace {

/// Of the repetitions of a release build, one in so many is done under a sanitizer, where each takes ten times as long.
/// Odd, so that steps of it through the bits of a file meet every bit of a byte.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kTestShare = 11;
#else
inline constexpr int kTestShare = 1;
#endif

/// How often to do what a release build does `full` times.
template <std::integral T>
constexpr T repetitions(T full) {
  return full < kTestShare ? T{1} : static_cast<T>(full / static_cast<T>(kTestShare));
}

}  // namespace headrace
