// See json_fields.h.
#include "headrace/frame/html/json_fields.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string text_of(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

std::int64_t count_of(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_number_integer() ? json[key].get<std::int64_t>() : 0;
}

double number_of(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_number() ? json[key].get<double>() : 0;
}

bool flag_of(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_boolean() && json[key].get<bool>();
}

const Json& list_of(const Json& json, const char* key) {
  static const Json kNone = Json::array();
  return json.contains(key) && json[key].is_structured() ? json[key] : kNone;
}

// NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): columns are parts of the report
const Json& values_of(const Json& column) { return column.contains("elements") ? column["elements"] : column; }

}  // namespace headrace
