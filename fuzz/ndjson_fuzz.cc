// Fuzzes the reader of JSON lines: inferred and declared types, every answer to bad rows, small splits; and compares
// what it takes for JSON with another parser.
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "fuzz/source_reading.h"

namespace headrace {
namespace {

/// Whether another parser takes the line for a JSON object; empty where it cannot tell, because a number is too large
/// for it.
std::optional<bool> is_json_object(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return false;  // A zero byte is the end for it.
  try {
    return nlohmann::json::parse(line).is_object();
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

/// Reads one line alone: it must be broken for both parsers or for none.
void compare_with_other_parser(std::string_view line) {
  // Nested too deep for us alone; blank lines are no rows.
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  if (static_cast<std::size_t>(std::count(line.begin(), line.end(), '[') + std::count(line.begin(), line.end(), '{')) >
      200)
    return;
  SourceContext context{std::make_shared<OneFile>("line.ndjson", line), MemoryBudget::create(64 << 20)};
  SourceSpec spec;
  spec.name = "fuzz";
  spec.paths = {"line.ndjson"};
  spec.format = "ndjson";
  spec.on_error = OnError::kQuarantine;
  spec.declared = {{"a", Type::parse("string").value(), true}};
  const std::unique_ptr<SourceReader> reader = open_source(spec, context);
  const std::unique_ptr<SplitStream> stream = reader->open_split(0, {.columns = {"a"}, .bounds = {}});
  Batch batch;
  while (stream->next(batch)) {
  }
  bool is_broken = false;
  for (const BadRow& row : stream->bad_rows()) {
    if (row.kind == "duplicate_key") return;
    is_broken |= row.kind == "invalid_json" || row.kind == "invalid_encoding";
  }
  std::optional<bool> is_object = is_json_object(line);
  expect(!is_object || is_broken != *is_object, "another parser sees the line otherwise");
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {
      "a{\"a\":\"x\",\"b\":1.5,\"c\":[1,2,null],\"d\":{\"x\":true}}\n{\"a\":null}\r\n{\"c\":[]}\n",
      "q{\"a\":\"2013-01-01T05:00:00Z\",\"b\":-0}\n\n{\"a\":\"\\u00e9\\ud83d\\ude00\\n\"}\n{\"a\":\"open\n{\"b\":1e400}"
      "\n",
      "b\xEF\xBB\xBF{\"a\":\"h\xC3\xA9\",\"e\":{\"y\":[{\"z\":[[1]]}]}}\n{\"a\":1,\"a\":2}\n",
      "r{\"d\":{\"x\":false,\"y\":[\"p\"]},\"c\":[1,\"2\"],\"b\":99999999999999999999}\n",
  };
}

std::vector<std::string> fuzz_words() {
  return {"{",      "}",      "[",    "]",    ":",     ",",    "\"",   "\\\"",        "\\u0000", "\\ud800",
          "\n",     "\r\n",   "null", "true", "false", "1e5",  "-",    "0",           ".5",      "\xFF",
          "\"a\":", "\"d\":", "{}",   "[]",   " ",     "\\\\", "\x1F", "\xEF\xBB\xBF"};
}

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  // The first byte chooses what is declared, so that one input always means the same.
  const auto choice = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  SourceSpec spec;
  spec.format = "ndjson";
  spec.on_error = static_cast<OnError>(choice % 4);
  if ((choice & 16) != 0) {
    spec.declared = {{"a", Type::parse("string").value(), true},
                     {"b", Type::parse("float64").value(), true},
                     {"c", Type::parse("list<int32>").value(), true},
                     {"d", Type::parse("struct<x: bool, y: list<string>>").value(), false},
                     {"e", Type::parse("timestamp").value(), true}};
  }
  allow_input_errors([&] { read_source(spec, input); });
  // The mark at the start of a file is none inside.
  if (!input.starts_with("\xEF\xBB\xBF") && !input.starts_with("\xFF\xFE") && !input.starts_with("\xFE\xFF"))
    compare_with_other_parser(input.substr(0, input.find('\n')));
}

}  // namespace headrace
