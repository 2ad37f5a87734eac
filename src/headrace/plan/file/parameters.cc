// See parameters.h.
#include "headrace/plan/file/parameters.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/nearest.h"

namespace headrace {
namespace {

bool is_parameter_name(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto in_name = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::ranges::all_of(name, in_name);
}

std::vector<std::string> names_of(const Parameters& parameters) {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : parameters) names.push_back(name);
  return names;
}

/// The value that `text`, given from outside, has for a parameter whose default is `declared`.
Value read_set_value(const std::string& name, const std::string& text, const Value& declared) {
  if (declared.type.kind() == TypeKind::kString) return Value::string(text);
  std::optional<Value> value = resolve_plain_scalar(text);
  if (value && declared.is_null() && !value->is_null()) return *value;
  if (value && value->type == declared.type) return *value;
  if (value && value->type.kind() == TypeKind::kInt64 && declared.type.kind() == TypeKind::kFloat64) {
    return Value::float64(static_cast<double>(value->as_int()));
  }
  std::string expected = declared.is_null() ? "a value" : "a value of type " + declared.type.to_string();
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("the parameter '{}' is set to '{}'", name, text),
              fmt::format("it takes {}, as its default in the file has", expected));
}

/// Puts parameters into one string. Knows the scalar for its place.
class Substitution {
 public:
  Substitution(const Parameters& parameters, const std::string& file) : parameters_(parameters), file_(file) {}

  void apply(ConfigNode& node) const {
    if (node.text.find("${") == std::string::npos) return;
    if (const Parameter* whole = whole_parameter(node)) {
      node.scalar = whole->value;
      node.text = whole->text;
      node.is_parameter = true;
      return;
    }
    node.text = replace(node);
    node.scalar = Value::string(node.text);
  }

 private:
  const Parameter& find(std::string_view name, FilePlace place) const {
    auto found = parameters_.find(std::string(name));
    if (found != parameters_.end()) return found->second;
    throw place_error(file_, place, fmt::format("unknown parameter '{}'", name),
                      name_hint(name, names_of(parameters_), "parameters") +
                          "; declare it under 'parameters', or write $${ where the characters ${ are meant");
  }

  const Parameter* whole_parameter(const ConfigNode& node) const {
    std::string_view text = node.text;
    if (!text.starts_with("${") || text.find('}') != text.size() - 1) return nullptr;
    return &find(text.substr(2, text.size() - 3), node.place);
  }

  std::string replace(const ConfigNode& node) const {
    std::string result;
    std::string_view rest = node.text;
    while (!rest.empty()) {
      if (rest.starts_with("$${")) {
        result += "${";
        rest.remove_prefix(3);
      } else if (rest.starts_with("${")) {
        std::size_t end = rest.find('}');
        if (end == std::string_view::npos) {
          throw place_error(file_, node.place, "'${' has no '}' after it",
                            "write ${name}, or $${ for the characters ${");
        }
        result += find(rest.substr(2, end - 2), node.place).text;
        rest.remove_prefix(end + 1);
      } else {
        result += rest[0];
        rest.remove_prefix(1);
      }
    }
    return result;
  }

  const Parameters& parameters_;
  const std::string& file_;
};

Parameter read_parameter(const ConfigEntry& entry, const std::map<std::string, std::string>& set,
                         const Parameters& before, const std::string& file) {
  if (!is_parameter_name(entry.key)) {
    throw place_error(file, entry.place, fmt::format("'{}' is no name for a parameter", entry.key),
                      "use letters, digits and _, a letter first");
  }
  if (entry.value.kind != ConfigNode::Kind::kScalar) {
    throw place_error(
        file, entry.value.place,
        fmt::format("the parameter '{}' is {}, expected a single value", entry.key, describe(entry.value)),
        "parameters are strings, numbers or booleans");
  }
  ConfigNode node = entry.value;
  Substitution(before, file).apply(node);
  Parameter parameter{node.scalar, node.text};
  auto given = set.find(entry.key);
  if (given != set.end()) parameter = {read_set_value(entry.key, given->second, node.scalar), given->second};
  if (parameter.value.is_null()) {
    throw place_error(file, entry.place, fmt::format("the parameter '{}' has no value", entry.key),
                      fmt::format("set it: --set {}=…, or give it a default here", entry.key));
  }
  return parameter;
}

/// A key with $${ made ${, which no parameter may be in.
std::string unescape_key(const ConfigEntry& entry, const std::string& file) {
  std::string key;
  for (std::string_view rest = entry.key; !rest.empty(); rest.remove_prefix(1)) {
    if (rest.starts_with("${")) {
      throw place_error(file, entry.place, fmt::format("a parameter in a key: '{}'", entry.key),
                        "parameters are replaced in values only; write $${ where the characters ${ are meant");
    }
    if (rest.starts_with("$${")) {
      key += "${";
      rest.remove_prefix(2);
    } else {
      key += rest[0];
    }
  }
  return key;
}

void substitute(ConfigNode& node, const Substitution& substitution, const std::string& file) {
  if (node.kind == ConfigNode::Kind::kScalar) substitution.apply(node);
  for (ConfigNode& item : node.items) substitute(item, substitution, file);
  for (ConfigEntry& entry : node.entries) {
    entry.key = unescape_key(entry, file);
    substitute(entry.value, substitution, file);
  }
}

}  // namespace

Parameters read_parameters(const ConfigNode& root, const std::map<std::string, std::string>& set,
                           const std::string& file) {
  Parameters parameters;
  const ConfigNode* declared = root.find("parameters");
  if (declared != nullptr && !declared->is_map()) {
    throw place_error(file, declared->place, "'parameters' is " + describe(*declared) + ", expected a map",
                      "for example: parameters: {date: 2013-11-01}");
  }
  for (const ConfigEntry& entry : declared != nullptr ? declared->entries : std::vector<ConfigEntry>{}) {
    parameters[entry.key] = read_parameter(entry, set, parameters, file);
  }
  for (const auto& [name, text] : set) {
    if (parameters.contains(name)) continue;
    throw place_error(file, {}, fmt::format("unknown parameter '{}' is set", name),
                      name_hint(name, names_of(parameters), "parameters") + "; declare it under 'parameters'");
  }
  return parameters;
}

void substitute_parameters(ConfigNode& node, const Parameters& parameters, const std::string& file) {
  Substitution substitution(parameters, file);
  for (ConfigEntry& entry : node.entries) {
    if (entry.key != "parameters") substitute(entry.value, substitution, file);
  }
}

std::string escape_parameters(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return escaped;
}

}  // namespace headrace
