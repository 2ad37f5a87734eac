// See partition_values.h.
#include "headrace/io/data_set/partition_values.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/portable_name.h"
#include "headrace/column/calendar.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

constexpr std::string_view kNullName = "__HIVE_DEFAULT_PARTITION__";
constexpr std::size_t kFolderBytesMax = 255;  // of one name, in most file systems

bool stands_for_itself(char c) { return is_portable_character(c) || static_cast<unsigned char>(c) >= 0x80; }

std::string escape(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (stands_for_itself(c)) {
      name += c;
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name;
}

std::optional<std::string> unescape(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      text += name[i];
      continue;
    }
    unsigned char byte = 0;
    std::string_view digits = name.substr(i + 1, 2);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    text += static_cast<char>(byte);
    i += 2;
  }
  return text;
}

template <typename T>
bool is_in_range(std::int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

bool fits(std::int64_t value, TypeKind kind) {
  if (kind == TypeKind::kInt8) return is_in_range<std::int8_t>(value);
  if (kind == TypeKind::kInt16) return is_in_range<std::int16_t>(value);
  return kind != TypeKind::kInt32 || is_in_range<std::int32_t>(value);
}

std::optional<Value> parse(const std::string& text, const Type& type) {
  if (type.kind() == TypeKind::kString) return Value::string(text);
  if (type.kind() == TypeKind::kBool) {
    if (text != "true" && text != "false") return std::nullopt;
    return Value::boolean(text == "true");
  }
  if (type.kind() == TypeKind::kDate) {
    std::optional<std::int32_t> days = parse_date(text);
    if (!days) return std::nullopt;
    return Value{type, std::int64_t{*days}};
  }
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || !fits(value, type.kind())) return std::nullopt;
  return Value{type, value};
}

}  // namespace

bool can_partition_by(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBool:
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kDate:
    case TypeKind::kString: return true;
    default: return false;
  }
}

std::optional<std::string> partition_text(const Column& column, std::int64_t row) {
  HEADRACE_CHECK(can_partition_by(column.type()));
  if (column.is_null(row)) return std::nullopt;
  return format_cell(column, row);
}

Value partition_value(const std::optional<std::string>& text, const Type& type) {
  HEADRACE_CHECK(can_partition_by(type));
  if (!text) return Value::null(type);
  std::optional<Value> value = parse(*text, type);
  if (value) return *std::move(value);
  throw Error(ErrorCode::kBadData, fmt::format("{} is no {}", excerpt(*text), type.to_string()));
}

std::string partition_folder(std::string_view column, const std::optional<std::string>& text) {
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(column, is_control) || (text && std::ranges::any_of(*text, is_control))) {
    throw Error(ErrorCode::kBadData,
                fmt::format("column '{}' has the value {}, whose control characters no folder's name can have",
                            excerpt(column), excerpt(text.value_or(""))),
                "partition by a column of plain values, such as a date or a code");
  }
  std::string value = text ? escape(*text) : std::string(kNullName);
  if (text == kNullName) value.replace(0, 1, "%5F");
  std::string name = fmt::format("{}={}", escape(column), value);
  if (name.size() <= kFolderBytesMax) return name;
  throw Error(ErrorCode::kBadData,
              fmt::format("the value {} of column '{}' is too long for the name of a folder", excerpt(*text), column),
              "partition by a column of short values, such as a date or a code");
}

std::optional<NamedPartition> parse_partition_folder(std::string_view name) {
  std::size_t sign = name.find('=');
  if (sign == std::string_view::npos || sign == 0) return std::nullopt;
  std::optional<std::string> column = unescape(name.substr(0, sign));
  std::string_view value = name.substr(sign + 1);
  if (!column) return std::nullopt;
  if (value == kNullName) return NamedPartition{*column, std::nullopt};
  std::optional<std::string> text = unescape(value);
  if (!text) return std::nullopt;
  return NamedPartition{*column, std::move(text)};
}

}  // namespace headrace
