// Casts to bool, integers, floats and decimals.
#include <algorithm>
#include <cmath>
#include <limits>

#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/expr/function/cast_targets.h"
#include "headrace/expr/function/loops.h"

namespace headrace {
namespace {

std::optional<bool> parse_bool(std::string_view text) {
  std::string word(trim_blanks(text));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  for (std::string_view yes : {"t", "true", "y", "yes", "1"}) {
    if (word == yes) return true;
  }
  for (std::string_view no : {"f", "false", "n", "no", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

/// The integer part of `value`, if T can hold it.
template <typename T, typename From>
bool cut_to_integer(From value, T& out) {
  if constexpr (std::is_floating_point_v<From>) {
    // 2^(bits-1): the first value beyond T, exact in every float type.
    constexpr From kBeyond = static_cast<From>(std::uint64_t{1} << (sizeof(T) * 8 - 1));
    From cut = std::trunc(value);
    if (!(cut >= -kBeyond && cut < kBeyond)) return false;
    out = static_cast<T>(cut);
  } else {
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
    out = static_cast<T>(value);
  }
  return true;
}

template <typename T>
Column to_integer(const FunctionCall& call) {
  const Column& from = call.args[0];
  switch (from.type().kind()) {
    case TypeKind::kBool:
      return map_values<T, std::uint8_t>(call, [](std::uint8_t value) { return static_cast<T>(value); });
    case TypeKind::kString:
      return cast_rows<T>(call, [&](std::int64_t row, T& out) {
        std::optional<std::int64_t> number = parse_int64(from.string_at(row));
        return number && cut_to_integer(*number, out);
      });
    case TypeKind::kTimestamp:
      return cast_rows<T>(call, [micros = from.values<std::int64_t>().data()](std::int64_t row, T& out) {
        std::int64_t whole = micros[row] / kMicrosPerSecond;
        return cut_to_integer(whole - (micros[row] % kMicrosPerSecond < 0 ? 1 : 0), out);
      });
    case TypeKind::kDecimal128:
      return cast_rows<T>(call, [power = power_of_ten(from.type().scale()), values = from.values<Int128>().data()](
                                    std::int64_t row, T& out) { return cut_to_integer(values[row] / power, out); });
    default: break;
  }
  return visit_number(from.type().kind(), [&](auto tag) -> Column {
    using From = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<From> && sizeof(From) <= sizeof(T)) {
      return map_values<T, From>(call, [](From value) { return static_cast<T>(value); });
    } else {
      const From* values = from.values<From>().data();
      return cast_rows<T>(call, [values](std::int64_t row, T& out) { return cut_to_integer(values[row], out); });
    }
  });
}

template <typename T>
Column to_float(const FunctionCall& call) {
  const Column& from = call.args[0];
  switch (from.type().kind()) {
    case TypeKind::kBool:
      return map_values<T, std::uint8_t>(call, [](std::uint8_t value) { return static_cast<T>(value); });
    case TypeKind::kString:
      return cast_rows<T>(call, [&](std::int64_t row, T& out) {
        std::optional<T> number;
        if constexpr (std::is_same_v<T, float>) {
          number = parse_float32(from.string_at(row));
        } else {
          number = parse_float64(from.string_at(row));
        }
        out = number.value_or(T{});
        return number.has_value();
      });
    case TypeKind::kTimestamp:
      return map_values<T, std::int64_t>(
          call, [](std::int64_t micros) { return static_cast<T>(static_cast<double>(micros) / kMicrosPerSecond); });
    case TypeKind::kDecimal128:
      return map_values<T, Int128>(call, [scale = from.type().scale()](Int128 value) {
        if constexpr (std::is_same_v<T, float>) return *parse_float32(format_decimal(value, scale));
        return static_cast<T>(decimal_to_double(value, scale));
      });
    default: break;
  }
  return visit_number(from.type().kind(), [&](auto tag) -> Column {
    using From = typename decltype(tag)::type;
    return map_values<T, From>(call, [](From value) { return static_cast<T>(value); });
  });
}

bool take(const std::optional<Int128>& value, Int128& out) {
  if (value) out = *value;
  return value.has_value();
}

}  // namespace

Column cast_to_bool(const FunctionCall& call) {
  const Column& from = call.args[0];
  if (from.type().kind() == TypeKind::kString) {
    return cast_rows<std::uint8_t>(call, [&](std::int64_t row, std::uint8_t& out) {
      std::optional<bool> value = parse_bool(from.string_at(row));
      out = value.value_or(false) ? 1 : 0;
      return value.has_value();
    });
  }
  return visit_number(from.type().kind(), [&](auto tag) -> Column {
    using From = typename decltype(tag)::type;
    return map_values<std::uint8_t, From>(
        call, [](From value) { return static_cast<std::uint8_t>(value != From{} ? 1 : 0); });
  });
}

Column cast_to_integer(const FunctionCall& call) {
  switch (call.expr.type.kind()) {
    case TypeKind::kInt8: return to_integer<std::int8_t>(call);
    case TypeKind::kInt16: return to_integer<std::int16_t>(call);
    case TypeKind::kInt32: return to_integer<std::int32_t>(call);
    default: return to_integer<std::int64_t>(call);
  }
}

Column cast_to_float(const FunctionCall& call) {
  return call.expr.type.kind() == TypeKind::kFloat32 ? to_float<float>(call) : to_float<double>(call);
}

Column cast_to_decimal(const FunctionCall& call) {
  const Column& from = call.args[0];
  int precision = call.expr.type.precision(), scale = call.expr.type.scale();
  if (from.type().kind() == TypeKind::kString) {
    return cast_rows<Int128>(call, [&](std::int64_t row, Int128& out) {
      return take(parse_decimal(from.string_at(row), precision, scale), out);
    });
  }
  return visit_fixed(from.type().kind(), [&](auto tag) -> Column {
    using From = typename decltype(tag)::type;
    const From* values = from.values<From>().data();
    if constexpr (std::is_floating_point_v<From>) {
      return cast_rows<Int128>(call, [&](std::int64_t row, Int128& out) {
        return take(parse_decimal(format_float64(values[row]), precision, scale), out);
      });
    } else {
      int from_scale = from.type().kind() == TypeKind::kDecimal128 ? from.type().scale() : 0;
      return cast_rows<Int128>(call, [&](std::int64_t row, Int128& out) {
        return take(rescale_decimal(values[row], from_scale, scale, precision), out);
      });
    }
  });
}

}  // namespace headrace
