// The syntax of pipeline files: what scalars mean, where nodes stand, what is refused, how parameters are replaced.
#include "headrace/plan/file/config.h"

#include <cmath>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/plan/file/parameters.h"

namespace headrace {
namespace {

std::string message_of(const std::string& yaml, const ConfigLimits& limits = {}) {
  try {
    parse_config(yaml, "p.yaml", limits);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidPipeline);
    return error.what();
  }
  return "no error";
}

/// The scalar at `key` of a one-line file, as type and value.
std::string resolved(const std::string& scalar) {
  ConfigNode root = parse_config("key: " + scalar + "\n", "p.yaml");
  const ConfigNode* node = root.find("key");
  REQUIRE(node != nullptr);
  REQUIRE(node->kind == ConfigNode::Kind::kScalar);
  const Value& value = node->scalar;
  switch (value.type.kind()) {
    case TypeKind::kNull: return "null";
    case TypeKind::kBool: return value.as_bool() ? "bool true" : "bool false";
    case TypeKind::kInt64: return fmt::format("int {}", value.as_int());
    case TypeKind::kFloat64: return fmt::format("float {}", value.as_double());
    default: return "string " + value.as_string();
  }
}

}  // namespace

TEST_CASE("plain scalars mean what the core schema of YAML 1.2 says") {
  const std::pair<const char*, const char*> cases[] = {
      {"null", "null"},
      {"Null", "null"},
      {"NULL", "null"},
      {"~", "null"},
      {"", "null"},
      {"nULL", "string nULL"},
      {"true", "bool true"},
      {"True", "bool true"},
      {"TRUE", "bool true"},
      {"tRUE", "string tRUE"},
      {"false", "bool false"},
      {"False", "bool false"},
      {"FALSE", "bool false"},
      {"on", "string on"},
      {"off", "string off"},
      {"yes", "string yes"},
      {"no", "string no"},
      {"NO", "string NO"},
      {"y", "string y"},
      {"n", "string n"},
      {"0", "int 0"},
      {"12", "int 12"},
      {"-12", "int -12"},
      {"+12", "int 12"},
      {"010", "int 10"},
      {"08", "int 8"},
      {"0o14", "int 12"},
      {"0o18", "string 0o18"},
      {"0xC", "int 12"},
      {"0xfF", "int 255"},
      {"0xG", "string 0xG"},
      {"0b11", "string 0b11"},
      {"-0x1", "string -0x1"},
      {"1_000", "string 1_000"},
      {"12:30", "string 12:30"},
      {"9223372036854775807", "int 9223372036854775807"},
      {"-9223372036854775808", "int -9223372036854775808"},
      {"1.5", "float 1.5"},
      {"1.", "float 1"},
      {".5", "float 0.5"},
      {"-.5e1", "float -5"},
      {"1e3", "float 1000"},
      {"1E+3", "float 1000"},
      {"1e-3", "float 0.001"},
      {"1e", "string 1e"},
      {".", "string ."},
      {"+", "string +"},
      {".inf", "float inf"},
      {"-.inf", "float -inf"},
      {"+.INF", "float inf"},
      {".nan", "float nan"},
      {".NaN", "float nan"},
      {"inf", "string inf"},
      {"nan", "string nan"},
      {"NA", "string NA"},
      {"2013-11-01", "string 2013-11-01"},
      {"2013-11-01T00:00:00Z", "string 2013-11-01T00:00:00Z"},
      {"1.2.3", "string 1.2.3"},
      {"<", "string <"},
      {"'12'", "string 12"},
      {"\"true\"", "string true"},
      {"'null'", "string null"},
      {"''", "string "},
      {"|\n  12\n", "string 12\n"},
      {">-\n  a\n  b\n", "string a b"},
  };
  for (const auto& [scalar, expected] : cases) {
    CAPTURE(scalar);
    CHECK(resolved(scalar) == expected);
  }
}

TEST_CASE("every node knows its line and column, counted from one") {
  ConfigNode root = parse_config("a: 1\nb:\n  - x\n  - {c: y}\n", "p.yaml");
  CHECK(root.place.line == 1);
  CHECK(root.entries[1].place.line == 2);
  CHECK(root.entries[1].place.column == 1);
  const ConfigNode& list = root.entries[1].value;
  CHECK(list.items[0].place.line == 3);
  CHECK(list.items[0].place.column == 5);
  CHECK(list.items[1].entries[0].place.column == 6);
  CHECK(list.items[1].entries[0].value.place.column == 9);
}

TEST_CASE("keys keep their order, and anchors, aliases and merge keys are followed") {
  ConfigNode root = parse_config("base: &base {z: 1, a: 2}\nuse: {<<: *base, a: 3}\nagain: *base\n", "p.yaml");
  const ConfigNode* use = root.find("use");
  REQUIRE(use->entries.size() == 2);
  CHECK(use->find("a")->scalar == Value::int64(3));
  CHECK(use->find("z")->scalar == Value::int64(1));
  CHECK(root.find("again")->entries[0].key == "z");
  ConfigNode two = parse_config("x: &x {a: 1}\ny: &y {a: 2, b: 3}\nz: {<<: [*x, *y]}\n", "p.yaml");
  CHECK(two.find("z")->find("a")->scalar == Value::int64(1));
  CHECK(two.find("z")->find("b")->scalar == Value::int64(3));
}

TEST_CASE("what a pipeline file may not hold is refused with its place") {
  CHECK(message_of("a: !!str 1\n").starts_with("p.yaml:1:4: a tag stands here: 'tag:yaml.org,2002:str'"));
  CHECK(message_of("a: 1\n---\nb: 2\n").starts_with("p.yaml:2:1: a second document starts here"));
  CHECK(message_of("a: 1\nb: 2\na: 3\n").starts_with("p.yaml:3:1: the key 'a' stands twice in one map"));
  CHECK(message_of("a: 1\nb: 2\na: 3\n").find("its first value is in line 1") != std::string::npos);
  CHECK(message_of("{a: 1}: 2\n").starts_with("p.yaml:1:1: a key is a map"));
  CHECK(message_of("? \n: 2\n").find("a key is empty") != std::string::npos);
  CHECK(message_of("a: &a [*a]\n").starts_with("p.yaml:1:8: an alias stands inside its own anchor"));
  CHECK(message_of("a: *b\n").find("p.yaml:1:4: this is no valid YAML: the referenced anchor is not defined") == 0);
  CHECK(message_of("a: [1, 2\nb: 3\n").starts_with("p.yaml:"));
  CHECK(message_of("a: 1\n  b: 2\n").starts_with("p.yaml:2:4: this is no valid YAML"));
  CHECK(message_of("<<: 3\n").starts_with("p.yaml:1:5: the value of the merge key '<<' is the integer 3"));
  CHECK(message_of("").starts_with("p.yaml: the file is empty"));
  CHECK(message_of("# nothing\n").starts_with("p.yaml: the file is empty"));
  CHECK(message_of("a: 99999999999999999999\n")
            .starts_with("p.yaml:1:4: the number 99999999999999999999 is out of range"));
  CHECK(message_of("a: 1e999\n").starts_with("p.yaml:1:4: the number 1e999 is out of range"));
}

TEST_CASE("a small file cannot grow or nest without bound") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  }
  CHECK(message_of(bomb).find("the file holds more than 100000 values, aliases expanded") != std::string::npos);
  CHECK(message_of(std::string(65, '[') + std::string(65, ']')).find("nested deeper than 64 levels") !=
        std::string::npos);
  CHECK(message_of(std::string(64, '[') + std::string(64, ']')) == "no error");
  CHECK(message_of(std::string(100000, '[')).find("nested deeper than 64 levels") != std::string::npos);
  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i) deep += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  CHECK(message_of(deep).find("nested deeper than 64 levels") != std::string::npos);
  CHECK(message_of("a: 123456\n", {.file_bytes_max = 9}).starts_with("p.yaml: the file has 10 bytes"));
}

TEST_CASE("parameters are replaced in strings and keep their type when they are the whole value") {
  ConfigNode root = parse_config(
      "parameters: {date: 2013-11-01, n: 20, q: \"20\", must: null}\n"
      "a: data/${date}/${n}.csv\nb: ${n}\nc: \"${n}\"\nd: ${q}\ne: $${n} and $$${n}\nf: [{x: \"${must}\"}]\n",
      "p.yaml");
  Parameters parameters = read_parameters(root, {{"must", "1.5"}, {"date", "2014"}}, "p.yaml");
  substitute_parameters(root, parameters, "p.yaml");
  CHECK(root.find("a")->scalar == Value::string("data/2014/20.csv"));
  CHECK(root.find("b")->scalar == Value::int64(20));
  CHECK(root.find("c")->scalar == Value::int64(20));
  CHECK(root.find("c")->is_string());
  CHECK(root.find("c")->text == "20");
  CHECK(root.find("d")->scalar == Value::string("20"));
  CHECK(root.find("e")->scalar == Value::string("${n} and $${n}"));
  CHECK(root.find("f")->items[0].find("x")->scalar == Value::float64(1.5));
  CHECK(root.find("parameters")->find("date")->text == "2013-11-01");
}

TEST_CASE("escaped text comes back from substitution") {
  for (std::string text : {"", "$", "${", "$${", "${x}", "a$b${c}", "$$$${"}) {
    ConfigNode root;
    root.kind = ConfigNode::Kind::kMap;
    ConfigNode scalar;
    scalar.text = escape_parameters(text);
    scalar.quoted = true;
    root.entries.push_back({"a", {}, scalar});
    substitute_parameters(root, {}, "p.yaml");
    CHECK(root.find("a")->text == text);
  }
}

TEST_CASE("wrong parameters are refused with place and hint") {
  auto message = [](const std::string& yaml, const std::map<std::string, std::string>& set) -> std::string {
    try {
      ConfigNode root = parse_config(yaml, "p.yaml");
      substitute_parameters(root, read_parameters(root, set, "p.yaml"), "p.yaml");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK(message("parameters: {date: 1}\na: ${dat}\n", {})
            .find("p.yaml:2:4: unknown parameter 'dat'\n  hint: did you mean 'date'?") == 0);
  CHECK(message("parameters: {date: 1}\n", {{"data", "2"}}).starts_with("p.yaml: unknown parameter 'data' is set"));
  CHECK(message("parameters: {n: 1}\n", {{"n", "x"}}).find("the parameter 'n' is set to 'x'") == 0);
  CHECK(message("parameters: {n: 1}\n", {{"n", "x"}}).find("a value of type int64") != std::string::npos);
  CHECK(message("parameters: {n: null}\n", {}).starts_with("p.yaml:1:14: the parameter 'n' has no value"));
  CHECK(message("parameters: {n: [1]}\n", {}).find("the parameter 'n' is a list, expected a single value") !=
        std::string::npos);
  CHECK(message("parameters: {2n: 1}\n", {}).find("'2n' is no name for a parameter") != std::string::npos);
  CHECK(message("parameters: 1\n", {}).starts_with("p.yaml:1:13: 'parameters' is the integer 1, expected a map"));
  CHECK(message("parameters: {n: 1}\na: x${n\n", {}).starts_with("p.yaml:2:4: '${' has no '}' after it"));
  CHECK(message("parameters: {n: 1}\na: {\"${n}\": 1}\n", {}).starts_with("p.yaml:2:5: a parameter in a key"));
}

}  // namespace headrace
