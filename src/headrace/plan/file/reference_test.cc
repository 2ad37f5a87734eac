// The table of keys and what is printed from it say the same.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/plan/file/config.h"
#include "headrace/plan/file/key_type.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {

TEST_CASE("the reference page and the JSON Schema hold every key of every section") {
  std::string page = pipeline_reference_markdown();
  std::string schema = pipeline_json_schema();
  for (const PipelineSection& section : pipeline_sections()) {
    std::size_t begin = page.find(fmt::format("\n## {}\n", section.name));
    REQUIRE(begin != std::string::npos);
    std::string text = page.substr(begin, page.find("\n## ", begin + 1) - begin);
    std::string id(section.name);
    for (char& c : id) c = c == ' ' ? '-' : c;
    std::size_t schema_begin = schema.find(fmt::format("\n    \"{}\": {{\"type\": \"object\"", id));
    REQUIRE(schema_begin != std::string::npos);
    std::string definition = schema.substr(schema_begin, schema.find("\n    \"", schema_begin + 1) - schema_begin);
    for (const PipelineKey& key : section.keys) {
      CAPTURE(section.name);
      CAPTURE(key.name);
      CHECK(text.find(fmt::format("\n| `{}` |", key.name)) != std::string::npos);
      CHECK(definition.find(fmt::format("\"{}\": {{\"description\"", key.name)) != std::string::npos);
    }
  }
}

TEST_CASE("the JSON Schema is JSON, and every reference in it leads somewhere") {
  std::string schema = pipeline_json_schema();
  ConfigNode root = parse_config(schema, "schema.json");  // JSON is YAML
  const ConfigNode* definitions = root.find("$defs");
  REQUIRE(definitions != nullptr);
  const std::string prefix = "\"$ref\": \"#/$defs/";
  std::size_t count = 0;
  for (std::size_t at = schema.find(prefix); at != std::string::npos; at = schema.find(prefix, at + 1)) {
    std::size_t begin = at + prefix.size();
    std::string name = schema.substr(begin, schema.find('"', begin) - begin);
    CAPTURE(name);
    CHECK(definitions->find(name) != nullptr);
    ++count;
  }
  CHECK(count > 10);
}

TEST_CASE("every example of a key is a value the key takes") {
  for (const PipelineSection& section : pipeline_sections()) {
    for (const PipelineKey& key : section.keys) {
      CAPTURE(section.name);
      CAPTURE(key.name);
      REQUIRE_FALSE(key.example.empty());
      REQUIRE_FALSE(key.doc.empty());
      ConfigNode node = parse_config(fmt::format("{}: {}\n", key.name, key.example), "p.yaml");
      const PipelineKey only[] = {{key.name, key.type, false, "", "", key.example}};
      CHECK_NOTHROW(check_section(node, {section.name, "", only}, "p.yaml"));
    }
  }
}

}  // namespace headrace
