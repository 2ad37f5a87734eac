// See read.h: sources, and the rules of columns that contracts share with them.
#include <array>

#include <fmt/format.h>

#include "headrace/plan/coerce_value.h"
#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

constexpr std::array<std::pair<std::string_view, OnError>, 4> kOnErrorNames = {{
    {"fail", OnError::kFail},
    {"quarantine", OnError::kQuarantine},
    {"drop", OnError::kDrop},
    {"null", OnError::kNull},
}};

Value read_rule_value(const ReadFile& file, const std::string& column, std::string_view rule, const ConfigNode& node,
                      const std::optional<Type>& type) {
  if (!type) return node.scalar;
  std::optional<Value> value = coerce_value(node.scalar, *type);
  if (!value && node.is_parameter) value = coerce_value(Value::string(node.text), *type);
  if (!value) {
    file.fail(node.place,
              fmt::format("'{}' of the column '{}' is {}, which {} cannot hold", rule, column, describe(node),
                          type->to_string()),
              type->is_nested() ? "columns of nested types have no such rules" : "give a value of the column's type");
  }
  return *value;
}

/// The single character at `key`; `fallback` when there is none, '\0' for an empty string.
char read_character(const ReadFile& file, const ConfigNode& map, std::string_view key, char fallback) {
  const ConfigNode* node = map.find(key);
  if (node == nullptr) return fallback;
  if (node->text.empty()) return '\0';
  bool printable = node->text[0] == '\t' || (node->text[0] >= ' ' && node->text[0] < 0x7f);
  if (node->text.size() != 1 || !printable) {
    file.fail(node->place, fmt::format("'{}' of a source is '{}', expected one ASCII character", key, node->text),
              "for a tab write \"\\t\", in double quotes");
  }
  return node->text[0];
}

CsvOptions read_csv_options(const ReadFile& file, const ConfigNode& node) {
  CsvOptions csv;
  csv.delimiter = read_character(file, node, "delimiter", csv.delimiter);
  csv.quote = read_character(file, node, "quote", csv.quote);
  csv.header = read_bool(node, "header", csv.header);
  if (csv.delimiter == '\0') file.fail(node.find("delimiter")->place, "the delimiter is empty", "for example: ','");
  if (csv.delimiter == csv.quote) {
    FilePlace place = node.find(node.find("quote") != nullptr ? "quote" : "delimiter")->place;
    file.fail(place, fmt::format("delimiter and quote are the same character: {}", csv.quote), "give them two");
  }
  if (node.find("null_values") != nullptr) csv.null_values = read_strings(node, "null_values");
  return csv;
}

}  // namespace

std::string_view on_error_name(OnError on_error) {
  for (const auto& [name, value] : kOnErrorNames) {
    if (value == on_error) return name;
  }
  return {};
}

ColumnRule read_rule(const ReadFile& file, const std::string& column, const ConfigNode& map,
                     const std::optional<Type>& type) {
  ColumnRule rule;
  rule.column = column;
  rule.nullable = read_bool(map, "nullable", true);
  if (const ConfigNode* min = map.find("min")) rule.min = read_rule_value(file, column, "min", *min, type);
  if (const ConfigNode* max = map.find("max")) rule.max = read_rule_value(file, column, "max", *max, type);
  if (rule.min && rule.max && is_greater(*rule.min, *rule.max)) {
    file.fail(map.find("min")->place,
              fmt::format("'min' of the column '{}' is greater than 'max': {} > {}", column, rule.min->to_string(),
                          rule.max->to_string()),
              "no value could pass");
  }
  if (const ConfigNode* allowed = map.find("allowed")) {
    for (const ConfigNode& item : allowed->items) {
      rule.allowed.push_back(read_rule_value(file, column, "allowed", item, type));
    }
    if (rule.allowed.empty()) {
      file.fail(allowed->place, fmt::format("'allowed' of the column '{}' is empty: no value could pass", column),
                "list the values, or remove the key");
    }
  }
  return rule;
}

SourceSpec read_source(const ReadFile& file, const std::string& name, const ConfigNode& node) {
  SourceSpec source;
  source.name = name;
  for (const std::string& path : read_strings(node, "path")) {
    source.paths.push_back(file.join_path(path, node.find("path")->place));
  }
  bool has_path = !source.paths.empty();
  for (const std::string& path : source.paths) has_path = has_path && !path.empty();
  if (!has_path)
    file.fail(node.find("path")->place, fmt::format("the source '{}' has an empty path", name),
              "give a file, a glob or a folder");
  source.format = read_string(node, "format");
  source.on_error = OnError::kFail;
  if (const ConfigNode* on_error = node.find("on_error")) {
    std::string_view word = on_error->is_null() ? "null" : std::string_view(on_error->text);
    for (const auto& [text, value] : kOnErrorNames) {
      if (text == word) source.on_error = value;
    }
  }
  source.csv = read_csv_options(file, node);
  if (const ConfigNode* columns = node.find("partition_columns")) {
    for (const ConfigEntry& column : columns->entries) {
      source.partition_columns.push_back({column.key, *Type::parse(column.value.text)});
    }
  }
  const ConfigNode* schema = node.find("schema");
  for (const ConfigEntry& entry : schema != nullptr ? schema->entries : std::vector<ConfigEntry>{}) {
    const ConfigNode& column = entry.value;
    Type type = *Type::parse(column.is_map() ? column.find("type")->text : column.text);
    ColumnRule rule{.column = entry.key, .nullable = true, .min = {}, .max = {}, .allowed = {}};
    if (column.is_map()) rule = read_rule(file, entry.key, column, type);
    source.declared.push_back({entry.key, type, rule.nullable});
    if (!rule.nullable || rule.min || rule.max || !rule.allowed.empty()) source.rules.push_back(std::move(rule));
  }
  return source;
}

}  // namespace headrace
