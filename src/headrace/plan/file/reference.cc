// The reference page and the JSON Schema of the pipeline file, both printed from the table of its keys.
//
// The schema describes files before parameters are replaced: wherever a number or a boolean may stand, "${name}" may
// too.
#include <fmt/format.h>

#include "headrace/plan/file/key_type.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

// ---- Markdown

/// The heading's anchor, as the usual renderers make it.
std::string anchor(std::string_view section) {
  std::string result;
  for (char c : section) result += c == ' ' ? '-' : c;
  return result;
}

std::string escape_cell(std::string_view text) {
  std::string result;
  for (char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}

std::string markdown_type(const KeyType& type);

std::string markdown_types(const std::vector<KeyType>& types) {
  std::string text;
  for (const KeyType& type : types) text += (text.empty() ? "" : " or ") + markdown_type(type);
  return text;
}

std::string markdown_type(const KeyType& type) {
  switch (type.kind) {
    case KeyType::Kind::kString: return "string";
    case KeyType::Kind::kInteger: return "integer";
    case KeyType::Kind::kNumber: return "number";
    case KeyType::Kind::kBoolean: return "true or false";
    case KeyType::Kind::kValue: return "value";
    case KeyType::Kind::kExpression: return "expression";
    case KeyType::Kind::kType: return "type";
    case KeyType::Kind::kTransform: return "transform";
    case KeyType::Kind::kOneOf: {
      std::string text;
      for (std::string_view choice : type.choices) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", choice);
      return text;
    }
    case KeyType::Kind::kList: return "list of " + markdown_types(type.elements);
    case KeyType::Kind::kMap: return "map of " + markdown_types(type.elements);
    case KeyType::Kind::kSection: return fmt::format("[{}](#{})", type.section->name, anchor(type.section->name));
  }
  return {};
}

std::string markdown_section(const PipelineSection& section) {
  std::string text = fmt::format("\n## {}\n\n{}\n\n", section.name, section.doc);
  text += "| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n";
  for (const PipelineKey& key : section.keys) {
    std::string default_text = key.required ? "**required**" : std::string(key.default_text);
    text +=
        fmt::format("| `{}` | {} | {} | {} | `{}` |\n", key.name, escape_cell(markdown_types(parse_key_type(key.type))),
                    escape_cell(default_text), escape_cell(key.doc), escape_cell(key.example));
  }
  return text;
}

// ---- JSON Schema

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      result += c;
  }
  return result + "\"";
}

constexpr std::string_view kParameterSchema = R"({"type": "string", "pattern": "^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$"})";

std::string any_of(const std::vector<std::string>& schemas) {
  if (schemas.size() == 1) return schemas[0];
  return fmt::format(R"({{"anyOf": [{}]}})", fmt::join(schemas, ", "));
}

std::string json_type(const KeyType& type);

std::string json_types(const std::vector<KeyType>& types) {
  std::vector<std::string> schemas;
  for (const KeyType& type : types) schemas.push_back(json_type(type));
  return any_of(schemas);
}

std::string json_choices(const KeyType& type) {
  std::vector<std::string> choices;
  for (std::string_view choice : type.choices) {
    choices.push_back(json_string(choice));
    if (choice == "null") choices.emplace_back("null");  // the plain word is YAML's null
  }
  return any_of({fmt::format(R"({{"enum": [{}]}})", fmt::join(choices, ", ")), std::string(kParameterSchema)});
}

std::string json_type(const KeyType& type) {
  auto or_parameter = [](std::string_view name) {
    return any_of({fmt::format(R"({{"type": "{}"}})", name), std::string(kParameterSchema)});
  };
  switch (type.kind) {
    case KeyType::Kind::kString: return R"({"type": "string"})";
    case KeyType::Kind::kInteger: return or_parameter("integer");
    case KeyType::Kind::kNumber: return or_parameter("number");
    case KeyType::Kind::kBoolean: return or_parameter("boolean");
    case KeyType::Kind::kValue: return R"({"type": ["string", "number", "boolean", "null"]})";
    case KeyType::Kind::kExpression: return R"({"type": ["string", "number", "boolean"]})";
    case KeyType::Kind::kType: return R"({"type": "string"})";
    case KeyType::Kind::kTransform: return R"({"$ref": "#/$defs/transform"})";
    case KeyType::Kind::kOneOf: return json_choices(type);
    case KeyType::Kind::kList: return fmt::format(R"({{"type": "array", "items": {}}})", json_types(type.elements));
    case KeyType::Kind::kMap:
      return fmt::format(R"({{"type": "object", "additionalProperties": {}}})", json_types(type.elements));
    case KeyType::Kind::kSection: return fmt::format(R"({{"$ref": "#/$defs/{}"}})", anchor(type.section->name));
  }
  return {};
}

/// What holds between the keys of a section, beyond what each key says.
std::string_view json_rule(std::string_view section) {
  if (section == "step") return R"(, "minProperties": 1, "maxProperties": 1)";
  if (section == "join") {
    return R"(, "oneOf": [{"required": ["on"], "not": {"anyOf": [{"required": ["left_on"]},)"
           R"( {"required": ["right_on"]}]}},)"
           R"( {"required": ["left_on", "right_on"], "not": {"required": ["on"]}}])";
  }
  if (section == "split") {
    return R"(, "not": {"anyOf": [{"required": ["by", "hash"]}, {"required": ["by", "group"]},)"
           R"( {"required": ["hash", "group"]}]})";
  }
  return {};
}

std::string json_section(const PipelineSection& section) {
  std::string properties;
  std::vector<std::string> required;
  for (const PipelineKey& key : section.keys) {
    std::string description(key.doc);
    if (!key.default_text.empty()) description += fmt::format(" Default: {}.", key.default_text);
    description += fmt::format(" Example: {}", key.example);
    properties += fmt::format("{}\n        {}: {{\"description\": {}, \"allOf\": [{}]}}", properties.empty() ? "" : ",",
                              json_string(key.name), json_string(description), json_types(parse_key_type(key.type)));
    if (key.required) required.push_back(json_string(key.name));
  }
  return fmt::format(
      "{{\"type\": \"object\", \"description\": {}, \"additionalProperties\": false, \"required\": [{}]{},"
      "\n      \"properties\": {{{}\n      }}}}",
      json_string(section.doc), fmt::join(required, ", "), json_rule(section.name), properties);
}

constexpr std::string_view kTransformSchema =
    R"({"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1,)"
    R"( "additionalProperties":)"
    R"( {"type": "object", "additionalProperties": {"anyOf": [{"type": ["string", "number", "boolean"]},)"
    R"( {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}}]}}}]})";

}  // namespace

std::string pipeline_reference_markdown() {
  std::string text =
      "# The pipeline file\n\n"
      "A pipeline is one YAML file. Plain scalars mean what the core schema of YAML 1.2 says: `null`, `true`, `12`, "
      "`0x1F`,\n"
      "`1e3` and `.inf` are values, and everything else is a string, `on`, `no` and `2013-11-01` among it; `010` is "
      "ten.\n"
      "Anchors, aliases and merge keys (`<<`) are followed; tags, several documents and keys that stand twice are "
      "refused.\n"
      "A key that is not listed here is an error.\n\n"
      "The words in the column *type*: an **expression** is an SQL scalar expression, such as `arr_delay > 15`; a "
      "**value**\n"
      "is a single string, number or boolean, and dates and times are strings that the column's type explains; a "
      "**type**\n"
      "is one of `bool`, `int8`, `int16`, `int32`, `int64`, `float32`, `float64`, `decimal(p, s)`, `string`, "
      "`binary`,\n"
      "`date`, `timestamp`, `timestamp_ntz`, `list<T>`, `fixed_size_list<T, n>`, `struct<a: T>`; a **transform** is a "
      "name,\n"
      "or a map of one name to its parameters. `${name}` is replaced by a parameter in every value; inside `{ }` and "
      "`[ ]`\n"
      "YAML wants it in quotes.\n\n"
      "This page is printed from the table that the parser checks by.\n";
  for (const PipelineSection& section : pipeline_sections()) text += markdown_section(section);
  return text;
}

std::string pipeline_json_schema() {
  std::string definitions;
  for (const PipelineSection& section : pipeline_sections()) {
    definitions += fmt::format("    {}: {},\n", json_string(anchor(section.name)), json_section(section));
  }
  return fmt::format(
      "{{\n"
      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"Headrace pipeline\",\n"
      "  \"$ref\": \"#/$defs/pipeline\",\n"
      "  \"$defs\": {{\n"
      "{}"
      "    \"transform\": {}\n"
      "  }}\n"
      "}}\n",
      definitions, kTransformSchema);
}

}  // namespace headrace
