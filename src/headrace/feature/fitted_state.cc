// See fitted_state.h. Reading checks the form from the outside in; single states are checked by their transforms.

#include "headrace/feature/fitted_state.h"

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {

namespace {

constexpr std::string_view kKind = "headrace fitted state";

Json features_json(const FittedState& state) {
  Json features = Json::array();
  for (std::size_t i = 0; i < state.features.size(); ++i) {
    Json feature = state.features[i];
    feature["states"] = state.states[i];
    features.push_back(std::move(feature));
  }
  return features;
}

[[noreturn]] void refuse(const std::string& path, std::string_view problem, std::string hint = {}) {
  throw Error(ErrorCode::kBadData, fmt::format("{}: {}", path, problem), std::move(hint));
}

/// Requires an object with exactly `keys`, in this order.
void check_keys(const Json& object, std::initializer_list<std::string_view> keys, const std::string& path,
                std::string_view where) {
  if (!object.is_object()) refuse(path, fmt::format("{} is no object", where));
  auto item = object.begin();
  for (std::string_view key : keys) {
    if (item == object.end() || item.key() != key) {
      std::string found = item == object.end() ? "its end" : fmt::format("'{}'", item.key());
      refuse(path, fmt::format("{} should go on with '{}' but goes on with {}", where, key, found));
    }
    ++item;
  }
  if (item != object.end()) refuse(path, fmt::format("unknown key '{}' in {}", item.key(), where));
}

std::string version_text(const Json& version) {
  std::string text = canonical_json(version);
  return text.size() > 20 ? "(no number)" : text.substr(0, text.size() - 1);
}

void check_header(const Json& json, const std::string& path) {
  auto kind = json.is_object() ? json.find("kind") : json.end();
  if (!json.is_object() || kind == json.end() || *kind != kKind) {
    refuse(path, "this is no fitted state of Headrace",
           fmt::format("a fitted state begins with \"kind\": \"{}\"", kKind));
  }
  auto version = json.find("version");
  if (version == json.end() || *version != FittedState::kVersion) {
    refuse(path,
           fmt::format("the fitted state has version {}, this program reads version {}",
                       version == json.end() ? "(none)" : version_text(*version), FittedState::kVersion),
           "fit again, or use the program that wrote it");
  }
  check_keys(json, {"kind", "version", "fitted_row_count", "features"}, path, "the state");
}

void check_feature(const Json& feature, const std::string& path, std::string_view where) {
  check_keys(feature, {"name", "from", "columns", "transforms", "dtype", "states"}, path, where);
  if (!feature.at("name").is_string()) refuse(path, fmt::format("'name' of {} is no string", where));
  for (const char* list : {"from", "transforms", "states"}) {
    if (!feature.at(list).is_array()) refuse(path, fmt::format("'{}' of {} is no list", list, where));
  }
  if (!feature.at("columns").is_object()) refuse(path, fmt::format("'columns' of {} is no object", where));
  if (feature.at("states").size() != feature.at("transforms").size()) {
    refuse(path, fmt::format("{} has {} transforms but {} states", where, feature.at("transforms").size(),
                             feature.at("states").size()));
  }
}

}  // namespace

std::string FittedState::to_json() const {
  HEADRACE_CHECK(features.size() == states.size());
  Json json = Json::object();
  json["kind"] = kKind;
  json["version"] = kVersion;
  json["fitted_row_count"] = fitted_row_count;
  json["features"] = features_json(*this);
  return canonical_json(json);
}

FittedState FittedState::from_json(std::string_view text, const std::string& path) {
  Json json = parse_json(text, path);
  check_header(json, path);
  FittedState state;
  const Json& rows = json.at("fitted_row_count");
  if (!rows.is_number_integer() || rows.get<std::int64_t>() < 0)
    refuse(path, "'fitted_row_count' is no number of rows");
  state.fitted_row_count = rows.get<std::int64_t>();
  const Json& features = json.at("features");
  if (!features.is_array()) refuse(path, "'features' is no list");
  for (const Json& entry : features) {
    check_feature(entry, path, fmt::format("feature {}", state.features.size() + 1));
    Json feature = entry;
    state.states.push_back(feature.at("states").get<std::vector<Json>>());
    feature.erase("states");
    state.features.push_back(std::move(feature));
  }
  if (state.to_json() != text) {
    refuse(path, "the text of the fitted state is not as Headrace writes it, so its digest means nothing",
           "take the file as it was written: not edited, not formatted anew");
  }
  return state;
}

std::string FittedState::features_digest() const { return text_digest(canonical_json(features)); }

std::string FittedState::digest() const { return text_digest(to_json()); }

}  // namespace headrace
