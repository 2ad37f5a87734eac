// Fields of a report's JSON that may be missing, or be something else in a file that somebody made.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace headrace {

/// The field `key`, or, where it is missing or of another type: an empty text, 0, 0, false, an empty list.
std::string text_of(const nlohmann::ordered_json& json, const char* key);
std::int64_t count_of(const nlohmann::ordered_json& json, const char* key);
double number_of(const nlohmann::ordered_json& json, const char* key);
bool flag_of(const nlohmann::ordered_json& json, const char* key);
/// A list or an object.
const nlohmann::ordered_json& list_of(const nlohmann::ordered_json& json, const char* key);

/// Of a column of lists its elements, else the column itself: what has numbers to show.
const nlohmann::ordered_json& values_of(const nlohmann::ordered_json& column);

}  // namespace headrace
