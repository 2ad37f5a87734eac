// The writer is ours so that the bytes depend on no library's version; reading is nlohmann's parser with two more rules
// (no key twice, no deep nesting) in its callback.

#include "headrace/feature/canonical_json.h"

#define XXH_INLINE_ALL
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>

#include "headrace/base/error.h"

namespace headrace {

namespace {

constexpr std::size_t kDepthMax = 16;

void write_string(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write_double(double value, std::string& out) {
  std::string text = fmt::format("{}", value);
  out += text;
  if (text.find_first_of(".e") == std::string::npos) out += ".0";
}

bool is_plain_list(const Json& json) {
  for (const Json& item : json) {
    if (item.is_structured()) return false;
  }
  return true;
}

void write(const Json& json, std::size_t indent, std::string& out);

void write_list(const Json& list, std::size_t indent, std::string& out) {
  bool one_line = is_plain_list(list);
  out += '[';
  bool first = true;
  for (const Json& item : list) {
    if (!first) out += one_line ? ", " : ",";
    first = false;
    if (!one_line) out.append("\n").append(indent + 2, ' ');
    write(item, indent + 2, out);
  }
  if (!one_line) out.append("\n").append(indent, ' ');
  out += ']';
}

void write_object(const Json& object, std::size_t indent, std::string& out) {
  if (object.empty()) {
    out += "{}";
    return;
  }
  out += '{';
  bool first = true;
  for (const auto& [key, value] : object.items()) {
    if (!first) out += ',';
    first = false;
    out.append("\n").append(indent + 2, ' ');
    write_string(key, out);
    out += ": ";
    write(value, indent + 2, out);
  }
  out.append("\n").append(indent, ' ') += '}';
}

void write(const Json& json, std::size_t indent, std::string& out) {
  switch (json.type()) {
    case Json::value_t::object: return write_object(json, indent, out);
    case Json::value_t::array: return write_list(json, indent, out);
    case Json::value_t::string: return write_string(json.get_ref<const std::string&>(), out);
    case Json::value_t::boolean: out += json.get<bool>() ? "true" : "false"; return;
    case Json::value_t::number_integer: out += fmt::format("{}", json.get<std::int64_t>()); return;
    case Json::value_t::number_unsigned: out += fmt::format("{}", json.get<std::uint64_t>()); return;
    case Json::value_t::number_float: return write_double(json.get<double>(), out);
    case Json::value_t::null: out += "null"; return;
    case Json::value_t::binary:
    case Json::value_t::discarded: HEADRACE_CHECK(false);  // they have no text, and nothing here makes them
  }
}

/// Refuses repeated keys and deep nesting while the parser runs.
class ParseGuard {
 public:
  explicit ParseGuard(const std::string& path) : path_(path) {}

  void see(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      keys_.emplace_back();
      if (keys_.size() > kDepthMax) {
        throw Error(ErrorCode::kBadData, fmt::format("{}: JSON nested deeper than {}", path_, kDepthMax));
      }
    } else if (event == Event::object_end || event == Event::array_end) {
      keys_.pop_back();
    } else if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}: the key '{}' stands twice in one object", path_, parsed.get<std::string>()));
    }
  }

 private:
  const std::string& path_;
  std::vector<std::set<std::string>> keys_;
};

std::string_view without_library_prefix(std::string_view what) {
  std::size_t end = what.find("] ");
  return end == std::string_view::npos ? what : what.substr(end + 2);
}

}  // namespace

std::string canonical_json(const Json& json) {
  std::string out;
  write(json, 0, out);
  out += '\n';
  return out;
}

Json parse_json(std::string_view text, const std::string& path) {
  ParseGuard guard(path);
  try {
    return Json::parse(text.begin(), text.end(), [&](int, Json::parse_event_t event, Json& parsed) {
      guard.see(event, parsed);
      return true;
    });
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kBadData, fmt::format("{}: not valid JSON: {}", path, without_library_prefix(error.what())));
  }
}

std::string text_digest(std::string_view text) {
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("xxh3:{:016x}{:016x}", hash.high64, hash.low64);
}

Json json_number(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

Json json_value(const Value& value) {
  if (value.is_null()) return nullptr;
  switch (value.type.kind()) {
    case TypeKind::kBool: return value.as_bool();
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64: return value.as_int();
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: return json_number(value.as_double());
    case TypeKind::kString: return value.as_string();
    case TypeKind::kList: {
      Json list = Json::array();
      const Column& elements = value.as_elements();
      for (std::int64_t i = 0; i < elements.length(); ++i) list.push_back(json_value(value_at(elements, i)));
      return list;
    }
    default: return value.to_string();
  }
}

bool is_int64(const Json& json) {
  if (json.is_number_unsigned()) {
    return json.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  }
  return json.is_number_integer();
}

StateReader::StateReader(const Json& state, std::string_view transform, std::initializer_list<std::string_view> keys)
    : state_(state), transform_(transform) {
  if (!state.is_object()) refuse("", "is no object");
  auto item = state.begin();
  for (std::string_view key : keys) {
    if (item == state.end() || item.key() != key) refuse(key, "is missing, or not at its place");
    ++item;
  }
  if (item != state.end()) refuse(item.key(), "is not known");
}

double StateReader::number(std::string_view key) const {
  const Json& value = any(key);
  if (!value.is_number()) refuse(key, "is not a finite number");
  return value.get<double>();
}

std::int64_t StateReader::integer(std::string_view key, std::int64_t min) const {
  const Json& value = any(key);
  if (!is_int64(value)) refuse(key, "is not a 64-bit integer");
  auto number = value.get<std::int64_t>();
  if (number < min) refuse(key, fmt::format("is {}, less than {}", number, min));
  return number;
}

const Json& StateReader::array(std::string_view key) const {
  const Json& value = any(key);
  if (!value.is_array()) refuse(key, "is no list");
  return value;
}

void StateReader::refuse(std::string_view key, std::string_view problem) const {
  throw Error(ErrorCode::kBadData,
              fmt::format("the saved state of transform '{}' is malformed: {} {}", transform_,
                          key.empty() ? "it" : fmt::format("'{}'", key), problem),
              "fit again, without the saved state");
}

}  // namespace headrace
