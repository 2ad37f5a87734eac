// The tables of the elementary functions, written into math_tables.cc by tools/math_tables.py. A value "in two parts"
// is the sum of two doubles: the high part has few significant bits, so that products with it are exact; the low part
// is the rest, rounded to double.
#pragma once

#include <cstdint>

namespace headrace {

struct SplitValue {
  double high;
  double low;
};

/// Is what math_log knows about the numbers in one of 128 intervals: an approximate inverse of 20 bits, and the
/// logarithm of that inverse's inverse in two parts, the high one a multiple of 2^-42.
struct LogEntry {
  double inverse;
  double log_high;
  double log_low;
};

extern const double kExpStepInverse;  ///< 128 / ln 2.
extern const double kExpStepHigh;     ///< ln 2 / 128 in two parts, the high one of 34 bits.
extern const double kExpStepLow;
extern const double kLn2High;  ///< ln 2 in two parts, the high one a multiple of 2^-42.
extern const double kLn2Low;
extern const double kLog2EHigh;  ///< 1 / ln 2 as the sum of two doubles.
extern const double kLog2ELow;
extern const double kLog10EHigh;  ///< 1 / ln 10 as the sum of two doubles.
extern const double kLog10ELow;
extern const double kAngleStepHigh;  ///< pi / 64 as the sum of two doubles.
extern const double kAngleStepLow;

/// 2^(j / 128) in two parts, the high one of 26 bits.
extern const SplitValue kExpTable[128];

/// The intervals of doubles that begin at bits 0x3fe6900000000000 (0.705) and are 2^45 units in the last place long.
/// The one around 1 has the inverse 1 and the logarithm 0.
extern const LogEntry kLogTable[128];

/// sin(j * pi / 64) in two parts, the high one of 26 bits.
extern const SplitValue kSineTable[128];

/// floor(64 / pi * 2^1216) as 21 words of 64 bits, the least significant first.
extern const uint64_t kStepsPerRadian[21];

}  // namespace headrace
