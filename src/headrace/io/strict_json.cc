// See strict_json.h.
#include "headrace/io/strict_json.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"

namespace headrace {

StrictJson parse_strict_json(std::string_view text, int depth_max) {
  std::vector<std::set<std::string>> keys;
  auto watch = [&](int depth, StrictJson::parse_event_t event, StrictJson& value) {
    if (depth > depth_max) throw Error(ErrorCode::kBadData, "it nests too deep");
    if (event == StrictJson::parse_event_t::object_start) keys.emplace_back();
    if (event == StrictJson::parse_event_t::object_end) keys.pop_back();
    if (event == StrictJson::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      throw Error(ErrorCode::kBadData, fmt::format("the key {} occurs twice", excerpt(value.get<std::string>())));
    }
    return true;
  };
  try {
    return StrictJson::parse(text, watch);
  } catch (const StrictJson::exception& error) {
    throw Error(ErrorCode::kBadData, error.what());
  }
}

StrictJsonObject::StrictJsonObject(const StrictJson& json, std::string where,
                                   std::initializer_list<std::string_view> keys)
    : StrictJsonObject(json, std::move(where)) {
  for (const auto& [key, value] : json_.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) refuse(excerpt(key), "an unknown key");
  }
}

StrictJsonObject::StrictJsonObject(const StrictJson& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json_.is_object()) refuse("", "an object is wanted");
}

void StrictJsonObject::refuse(std::string_view key, std::string_view cause) const {
  std::string place = where_.empty() || key.empty() ? where_ + std::string(key) : fmt::format("{}.{}", where_, key);
  throw Error(ErrorCode::kBadData, place.empty() ? std::string(cause) : fmt::format("{}: {}", place, cause));
}

const StrictJson& StrictJsonObject::at(const char* key) const {
  auto found = json_.find(key);
  if (found == json_.end()) refuse(key, "the key is missing");
  return *found;
}

std::string StrictJsonObject::text(const char* key) const {
  const StrictJson& value = at(key);
  if (!value.is_string()) refuse(key, "a text is wanted");
  std::string text = value.get<std::string>();
  bool is_plain = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.size() > kTextBytesMax || !is_plain) refuse(key, "the text is too long or holds control characters");
  return text;
}

std::int64_t StrictJsonObject::count(const char* key, std::int64_t min) const {
  const StrictJson& value = at(key);
  bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= INT64_MAX : value.is_number_integer();
  if (!fits || value.get<std::int64_t>() < min) {
    refuse(key, fmt::format("a whole number of at least {} is wanted", min));
  }
  return value.get<std::int64_t>();
}

bool StrictJsonObject::flag(const char* key) const {
  if (!at(key).is_boolean()) refuse(key, "true or false is wanted");
  return at(key).get<bool>();
}

const StrictJson& StrictJsonObject::list(const char* key) const {
  if (!at(key).is_array()) refuse(key, "a list is wanted");
  return at(key);
}

}  // namespace headrace
