// Fuzzes the pipeline file: YAML, its scalars and expressions, parameters and all checks of keys. What is accepted must
// survive being printed and read again.
#include <map>

#include "fuzz/fuzz.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {

std::vector<std::string> fuzz_seeds() {
  return {
      R"(version: 1
name: delay
parameters: {from: 2013-01-01, limit: 200}
sources:
  flights:
    path: [data/a.csv, "data/*.csv"]
    format: csv
    null_values: ["NA", ""]
    on_error: quarantine
    columns:
      year: int32
      wind: {type: float64, nullable: false, min: 0, max: "${limit}"}
      when: timestamp
tables:
  rows:
    from: flights
    steps:
      - filter: wind is not null
      - join: {right: flights, on: year, how: left, suffix: _right}
      - with_columns: {late: cast(wind > 15 as int64), two: year * 2}
      - group_by: {keys: [year], aggregates: {n: count(*), m: mean(wind)}}
      - select: [year, n]
contract:
  table: rows
  columns: {year: {nullable: false, allowed: [2013, 2014]}}
features:
  - {name: late, role: label}
  - {name: wind, transforms: [log1p, standardize]}
  - {name: dest, transforms: [{vocabulary: {min_count: 20, oov_buckets: 4}}]}
  - {name: route, from: [origin, dest], transforms: [{cross: {buckets: 10000}}]}
split: {by: when, parts: {train: "< 2013-11-01", eval: rest}}
outputs:
  - {path: out/tfrecord, format: tfrecord}
  - {path: out/parquet, format: parquet, petastorm: true}
)",
      "version: 1\nname: &a x\nsources: {s: {path: p.csv}}\ntables: {t: {from: s}}\n",
      "---\nversion: 1\nname: |\n  a\n  b\nsources:\n  ? s\n  : {path: 'it''s', null_values: [~, on, 1e3, 0x1F, "
      ".inf]}\n",
  };
}

std::vector<std::string> fuzz_words() {
  return {"version: 1\n", "sources:\n", "  - ",    ": ", "{",     "}",    "[",  "]",          "&a ",         "*a",
          "<<: *a",       "!!str ",     "${from}", "${", "|\n",   ">-\n", "? ", "---\n",      "...\n",       "\t",
          "\"\\u0000\"",  "#",          "null",    "~",  "1e309", "-0",   "'",  "on_error: ", "transforms: "};
}

void fuzz_one(std::string_view input) {
  allow_input_errors([&] {
    const std::string text = to_yaml(parse_pipeline(input, "fuzz.yaml"));
    std::string again;
    try {
      again = to_yaml(parse_pipeline(text, "fuzz.yaml"));
    } catch (const Error& error) {
      throw Error(ErrorCode::kInternal, std::string("the printed pipeline is refused: ") + error.what() + "\n" + text);
    }
    expect(again == text, "the printed pipeline reads as another:\n" + text);
  });
}

}  // namespace headrace
