// See units.h.
#include "headrace/base/units.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace headrace {
namespace {

constexpr std::array<const char*, 5> kBinaryUnits = {"B", "KiB", "MiB", "GiB", "TiB"};

constexpr std::array<std::pair<std::string_view, double>, 13> kUnitBytes = {{{"", 1},
                                                                             {"b", 1},
                                                                             {"k", 1024},
                                                                             {"kb", 1e3},
                                                                             {"kib", 1024},
                                                                             {"m", 1048576},
                                                                             {"mb", 1e6},
                                                                             {"mib", 1048576},
                                                                             {"g", 1073741824},
                                                                             {"gb", 1e9},
                                                                             {"gib", 1073741824},
                                                                             {"tb", 1e12},
                                                                             {"tib", 1099511627776}}};

}  // namespace

std::string format_bytes(std::size_t bytes) {
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kBinaryUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + " " + kBinaryUnits[unit];
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || number < 0) return std::nullopt;
  std::string unit;
  for (const char* at = end; at != text.data() + text.size(); ++at) {
    if (*at != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*at)));
  }
  for (const auto& [name, factor] : kUnitBytes) {
    if (unit != name) continue;
    double bytes = std::floor(number * factor);
    if (bytes >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::size_t>(bytes);
  }
  return std::nullopt;
}

std::string format_count(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

}  // namespace headrace
