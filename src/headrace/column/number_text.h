// Numbers as text: reading and writing floats, exactly and without a locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headrace {

/// The shortest digits that read back as the same value: "1.0", "2.5", "1.0E10", "NaN", "-Infinity". Plain from 0.001
/// up to 10,000,000, else with an exponent, as Spark writes numbers.
std::string format_float64(double value);
std::string format_float32(float value);

/// Reads the forms above, "1", ".5", "1e3", "inf" and any case; blanks around are ignored. Values too large become
/// infinite, those too small 0. Empty when `text` is no number.
std::optional<double> parse_float64(std::string_view text);
std::optional<float> parse_float32(std::string_view text);

/// Reads an integer with an optional sign; blanks around are ignored. Empty when `text` is no integer or beyond int64;
/// `is_number` tells the two apart.
std::optional<std::int64_t> parse_int64(std::string_view text, bool* is_number = nullptr);

/// A decimal number taken apart: 0.<digits> × 10^point, digits without zeros at either end.
struct NumberText {
  bool negative = false;
  std::string digits;
  std::int64_t point = 0;
};
/// Empty when `text` is not [sign] digits [. digits] [e [sign] digits], blanks around ignored.
std::optional<NumberText> split_number(std::string_view text);

/// `text` without the blanks and control characters (up to U+0020) around it.
std::string_view trim_blanks(std::string_view text);

}  // namespace headrace
