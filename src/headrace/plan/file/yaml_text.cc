// See yaml_text.h.
#include "headrace/plan/file/yaml_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "headrace/plan/file/config.h"
#include "headrace/plan/file/parameters.h"

namespace headrace {
namespace {

bool is_plain_safe(std::string_view text) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto inside = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || std::string_view("-./ ()+*=<>").find(c) != std::string_view::npos;
  };
  if (text.empty() || text.back() == ' ' || !std::ranges::all_of(text, inside)) return false;
  bool begins = letter(text[0]) || text[0] == '/' || text[0] == '(' || (text[0] >= '0' && text[0] <= '9');
  std::optional<Value> value = resolve_plain_scalar(text);
  return begins && value && value->type.kind() == TypeKind::kString;
}

std::string double_quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    switch (c) {
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      case '\n': result += "\\n"; break;
      case '\t': result += "\\t"; break;
      case '\r': result += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
          result += c;
    }
  }
  return result + "\"";
}

std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

std::string yaml_float(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

/// The text of a typed literal such as date '2013-01-01' without type and quotes.
std::string literal_text(const Value& value) {
  std::string text = value.to_string();
  std::size_t begin = text.find('\'') + 1;
  return text.substr(begin, text.size() - begin - 1);
}

std::string indented(std::string_view text, std::size_t spaces) {
  std::string result;
  for (char c : text) {
    result += c;
    if (c == '\n') result += std::string(spaces, ' ');
  }
  return result;
}

}  // namespace

std::string yaml_string(std::string_view text) {
  std::string escaped = escape_parameters(text);
  if (is_plain_safe(escaped)) return escaped;
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  bool needs_escapes = std::ranges::any_of(escaped, is_control);
  bool better_double = escaped.find('\'') != std::string::npos && escaped.find_first_of("\"\\") == std::string::npos;
  return needs_escapes || better_double ? double_quoted(escaped) : single_quoted(escaped);
}

std::string yaml_value(const Value& value) {
  if (value.is_null()) return "null";
  switch (value.type.kind()) {
    case TypeKind::kBool: return value.as_bool() ? "true" : "false";
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64: return fmt::format("{}", value.as_int());
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: return yaml_float(value.as_double());
    case TypeKind::kString:
    case TypeKind::kBinary: return yaml_string(value.as_string());
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: {
      std::vector<std::string> items;
      for (std::int64_t i = 0; i < value.as_elements().length(); ++i) {
        items.push_back(yaml_value(value_at(value.as_elements(), i)));
      }
      return yaml_flow_list(items);
    }
    default: return yaml_string(literal_text(value));
  }
}

std::string yaml_flow_list(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string YamlMap::flow() const {
  std::string text;
  for (const auto& [key, value] : entries_) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key, value);
  return "{" + text + "}";
}

std::string YamlMap::block() const {
  std::string text;
  for (const auto& [key, value] : entries_) {
    text += fmt::format("\n{}:{}{}", key, value.starts_with('\n') ? "" : " ", indented(value, 2));
  }
  return text;
}

std::string yaml_block_list(const std::vector<YamlMap>& items) {
  std::string text;
  for (const YamlMap& item : items) text += "\n- " + indented(item.block().substr(1), 2);
  return text;
}

}  // namespace headrace
