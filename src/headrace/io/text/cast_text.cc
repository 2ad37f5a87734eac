// See cast_text.h.
#include "headrace/io/text/cast_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/calendar.h"
#include "headrace/column/column.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/text/parse_value.h"

namespace headrace {
namespace {

template <typename T>
bool put(std::byte* out, T value) {
  std::memcpy(out, &value, sizeof(value));
  return true;
}

template <typename T>
bool put_integer(std::string_view text, std::byte* out) {
  std::optional<std::int64_t> value = parse_int64(text);
  return value && *value == static_cast<T>(*value) && put(out, static_cast<T>(*value));
}

bool put_bool(std::string_view text, std::byte* out) {
  std::string word;
  for (char c : trim_blanks(text)) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  constexpr std::array<std::string_view, 5> kTrue = {"true", "t", "yes", "y", "1"};
  constexpr std::array<std::string_view, 5> kFalse = {"false", "f", "no", "n", "0"};
  bool is_true = std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end();
  bool is_false = std::find(kFalse.begin(), kFalse.end(), word) != kFalse.end();
  return (is_true || is_false) && put<std::uint8_t>(out, is_true ? 1 : 0);
}

std::pair<std::int64_t, std::int64_t> integer_range(const Type& type) {
  std::int64_t max = static_cast<std::int64_t>((std::uint64_t{1} << (type.value_bytes() * 8 - 1)) - 1);
  return {-max - 1, max};
}

/// The first bytes of `text`, with room behind them for the readers of parse_value.h.
std::string padded(std::string_view text) {
  std::string start(text.substr(0, 32));
  start.resize(64);
  return start;
}

}  // namespace

NullValues::NullValues(const std::vector<std::string>& texts) : texts_(texts) {
  for (const std::string& text : texts) {
    Entry entry{.text = text, .word = 0, .mask = 0};
    std::size_t bytes = std::min<std::size_t>(text.size(), 8);
    std::memcpy(&entry.word, text.data(), bytes);
    std::memset(&entry.mask, 0xFF, bytes);
    entries_.push_back(std::move(entry));
  }
}

bool parse_text(const Type& type, std::string_view text, std::byte* out) {
  switch (type.kind()) {
    case TypeKind::kBool: return put_bool(text, out);
    case TypeKind::kInt8: return put_integer<std::int8_t>(text, out);
    case TypeKind::kInt16: return put_integer<std::int16_t>(text, out);
    case TypeKind::kInt32: return put_integer<std::int32_t>(text, out);
    case TypeKind::kInt64: return put_integer<std::int64_t>(text, out);
    case TypeKind::kFloat32: {
      std::optional<float> value = parse_float32(text);
      return value && put(out, *value);
    }
    case TypeKind::kFloat64: {
      std::optional<double> value = parse_float64(text);
      return value && put(out, *value);
    }
    case TypeKind::kDecimal128: {
      std::optional<Int128> value = parse_decimal(text, type.precision(), type.scale());
      return value && put(out, *value);
    }
    case TypeKind::kDate: {
      std::optional<std::int32_t> days = parse_date(text);
      return days && put(out, *days);
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: {
      std::optional<ParsedTimestamp> parsed = parse_timestamp(text);
      return parsed && (!parsed->has_zone || type.kind() == TypeKind::kTimestamp) && put(out, parsed->micros);
    }
    default: HEADRACE_CHECK(false && "a type without fixed-width values");
  }
  return false;
}

std::string describe_bad_text(const Type& type, std::string_view text) {
  std::string shown = excerpt(text);
  bool is_number = false;
  if (type.is_integer()) {
    parse_int64(text, &is_number);
    auto [min, max] = integer_range(type);
    if (is_number) return fmt::format("{} is out of the range of {}, {} to {}", shown, type.to_string(), min, max);
  }
  if (type.kind() == TypeKind::kDecimal128) {
    parse_decimal(text, type.precision(), type.scale(), &is_number);
    if (is_number) return fmt::format("{} has too many digits for {}", shown, type.to_string());
  }
  if (type.kind() == TypeKind::kTimestampNtz && parse_timestamp(text)) {
    return fmt::format("{} has a time zone, and timestamp_ntz has none", shown);
  }
  if (type.is_binary_like()) {
    std::size_t at = valid_utf8_bytes(text);
    return fmt::format("{} is not UTF-8: byte {} is 0x{:02X}", shown, at + 1, static_cast<unsigned char>(text[at]));
  }
  return fmt::format("{} is no {}", shown, type.to_string());
}

bool looks_like_date(std::string_view text) {
  std::int32_t days;
  return text.size() == 10 && read_date(padded(text).data(), days);
}

bool looks_like_timestamp(std::string_view text) {
  std::int64_t micros;
  bool is_trimmed = trim_blanks(text) == text;
  return text.size() >= 19 && is_trimmed && TimestampReader().read_seconds(padded(text).data(), micros) &&
         parse_timestamp(text).has_value();
}

}  // namespace headrace
