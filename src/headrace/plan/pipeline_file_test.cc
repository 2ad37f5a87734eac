// A whole pipeline file section by section, and some sixty wrong ones with the message each must give.
#include "headrace/plan/pipeline_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/parse.h"
#include "headrace/plan/file/bare_dates.h"

namespace headrace {
namespace {

constexpr std::string_view kWhole = R"yaml(version: 1
name: flight_delay
parameters: {from_date: 2013-11-01, buckets: 100, folder: data}
sources:
  flights:
    path: ${folder}/flights.csv
    format: csv
    null_values: ["", NA]
    on_error: quarantine
    schema:
      year: int32
      origin: {type: string, allowed: [EWR, JFK]}
      distance: {type: float64, nullable: false, min: 0, max: 5000.5, doc: miles}
      day: {type: date, min: 2013-01-01}
      price: {type: "decimal(10, 2)", max: 99.95}
  planes: {path: [a.csv, "/b/*.csv", s3://c/d.csv], delimiter: ";", quote: "", header: false, on_error: null}
tables:
  rows:
    from: flights
    steps:
      - filter: {where: arr_delay is not null, name: arrived}
      - filter: distance > 0
      - join: {right: planes, on: tailnum, suffix: _plane, validate: m:1}
      - join: {right: planes, left_on: [a, b], right_on: [c, d], how: anti}
      - with_columns: {late: cast(arr_delay > 15 as int64), one: 1, yes: true}
      - rename: {dest: destination}
      - drop: tailnum
  sums:
    from: rows
    steps:
      - group_by: {keys: [origin], aggregates: {n: count(), m: mean(distance)}}
      - select: [origin, n]
      - select: {twice: n * 2, origin: origin}
  all: {from: rows}
contract:
  table: rows
  columns: {distance: {nullable: false, min: 0}, late: {type: int64, allowed: [0, 1]}, origin: string}
  rows: {sane: arr_time > dep_time}
features:
  table: rows
  columns:
    - {name: late, role: label}
    - name: distance
      transforms: [log1p, {clip: {min: 0, max: 2.5}}, {bucketize: {boundaries: [1, 2.5]}}]
      dtype: float32
    - {name: route, from: [origin, dest], transforms: [{cross: {buckets: "${buckets}"}}]}
    - {name: hour, from: hour(time_hour)}
split: {by: time_hour, parts: {train: "< ${from_date}", eval: rest}}
outputs:
  - {path: out/tfrecord, format: tfrecord, shards: 4}
  - {path: out/parquet/, format: parquet, compression: zstd, rows_per_shard: 1000}
report: /var/run.json
)yaml";

constexpr std::string_view kHead = "version: 1\nname: p\nsources: {s: {path: s.csv}}\n";
constexpr std::string_view kTables = "tables: {t: {from: s}}\n";

std::string message_of(const std::string& yaml) {
  try {
    parse_pipeline(yaml, "p.yaml");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInvalidPipeline);
    return error.what();
  }
  return "no error";
}

template <typename Kind>
const Kind& step_as(const TableSpec& table, std::size_t index) {
  REQUIRE(index < table.steps.size());
  REQUIRE(std::holds_alternative<Kind>(table.steps[index].kind));
  return std::get<Kind>(table.steps[index].kind);
}

}  // namespace

TEST_CASE("a pipeline file says sources with their rules") {
  Pipeline pipeline = parse_pipeline(kWhole, "examples/p.yaml");
  CHECK(pipeline.name == "flight_delay");
  CHECK(pipeline.parameters.at("buckets") == Value::int64(100));
  REQUIRE(pipeline.sources.size() == 2);
  const SourceSpec& flights = pipeline.sources[0];
  CHECK(flights.paths == std::vector<std::string>{"examples/data/flights.csv"});
  CHECK(flights.on_error == OnError::kQuarantine);
  CHECK(flights.csv.null_values == std::vector<std::string>{"", "NA"});
  REQUIRE(flights.declared.size() == 5);
  CHECK(flights.declared[0] == Field{"year", TypeKind::kInt32, true});
  CHECK(flights.declared[2] == Field{"distance", TypeKind::kFloat64, false});
  REQUIRE(flights.rules.size() == 4);
  CHECK(flights.rules[0].allowed == std::vector<Value>{Value::string("EWR"), Value::string("JFK")});
  CHECK(*flights.rules[1].min == Value::float64(0));
  CHECK_FALSE(flights.rules[1].nullable);
  CHECK(flights.rules[2].min->to_string() == "date '2013-01-01'");
  CHECK(flights.rules[3].max->to_string() == "decimal(10, 2) '99.95'");
  const SourceSpec& planes = pipeline.sources[1];
  CHECK(planes.paths == std::vector<std::string>{"examples/a.csv", "/b/*.csv", "s3://c/d.csv"});
  CHECK(planes.on_error == OnError::kNull);
  CHECK(planes.csv.delimiter == ';');
  CHECK(planes.csv.quote == '\0');
  CHECK_FALSE(planes.csv.header);
}

TEST_CASE("a pipeline file says tables, step by step, with places") {
  Pipeline pipeline = parse_pipeline(kWhole, "examples/p.yaml");
  REQUIRE(pipeline.tables.size() == 3);
  const TableSpec& rows = pipeline.tables[0];
  CHECK(rows.from == "flights");
  CHECK(rows.place.line == 18);
  CHECK(step_as<FilterStep>(rows, 0).name == "arrived");
  CHECK(rows.steps[0].place.line == 21);
  CHECK(rows.steps[0].place.column == 9);
  CHECK(to_string(step_as<FilterStep>(rows, 1).predicate) == "distance > 0");
  const JoinStep& planes = step_as<JoinStep>(rows, 2);
  CHECK(planes.right == "planes");
  CHECK(planes.how == JoinKind::kLeft);
  CHECK(planes.left_on == std::vector<std::string>{"tailnum"});
  CHECK(planes.suffix == "_plane");
  CHECK(planes.right_unique);
  const JoinStep& anti = step_as<JoinStep>(rows, 3);
  CHECK(anti.how == JoinKind::kAnti);
  CHECK(anti.right_on == std::vector<std::string>{"c", "d"});
  CHECK_FALSE(anti.right_unique);
  const WithColumnsStep& late = step_as<WithColumnsStep>(rows, 4);
  REQUIRE(late.columns.size() == 3);
  CHECK(to_string(late.columns[0].expr) == "cast(arr_delay > 15 as int64)");
  CHECK(to_string(late.columns[1].expr) == "1");
  CHECK(to_string(late.columns[2].expr) == "true");
  CHECK(step_as<RenameStep>(rows, 5).names[0] == std::pair<std::string, std::string>{"dest", "destination"});
  CHECK(step_as<DropStep>(rows, 6).columns == std::vector<std::string>{"tailnum"});
  const GroupByStep& sums = step_as<GroupByStep>(pipeline.tables[1], 0);
  CHECK(sums.keys == std::vector<std::string>{"origin"});
  CHECK(sums.aggregates[1].name == "m");
  CHECK(step_as<SelectStep>(pipeline.tables[1], 1).columns[1].name == "n");
  CHECK(to_string(step_as<SelectStep>(pipeline.tables[1], 2).columns[0].expr) == "n * 2");
  CHECK(pipeline.tables[2].steps.empty());
}

TEST_CASE("a pipeline file says contract, features, split and outputs") {
  Pipeline pipeline = parse_pipeline(kWhole, "examples/p.yaml");
  REQUIRE(pipeline.contract);
  CHECK(pipeline.contract->columns.size() == 3);
  CHECK(*pipeline.contract->columns[0].rule.min == Value::int64(0));
  CHECK(*pipeline.contract->columns[1].type == Type(TypeKind::kInt64));
  CHECK(*pipeline.contract->columns[2].type == Type(TypeKind::kString));
  CHECK(pipeline.contract->rows[0].name == "sane");
  CHECK(pipeline.feature_table == "rows");
  REQUIRE(pipeline.features.size() == 4);
  CHECK(pipeline.features[0].role == "label");
  CHECK(to_string(pipeline.features[0].inputs.at(0)) == "late");
  const FeatureSpec& distance = pipeline.features[1];
  REQUIRE(distance.transforms.size() == 3);
  CHECK(distance.transforms[0].parameters.empty());
  CHECK(distance.transforms[1].parameters[1].second == Value::float64(2.5));
  CHECK(distance.transforms[2].parameters[0].second.to_string() == "[1.0, 2.5]");
  CHECK(*distance.dtype == Type(TypeKind::kFloat32));
  CHECK(pipeline.features[2].inputs.size() == 2);
  CHECK(pipeline.features[2].transforms[0].parameters[0].second == Value::int64(100));
  REQUIRE(pipeline.split);
  const auto& parts = std::get<SplitSpec::ByPredicate>(pipeline.split->kind).parts;
  CHECK(parts[0].first == "train");
  CHECK(to_string(parts[0].second) == "time_hour < date '2013-11-01'");
  CHECK(to_string(parts[1].second) == "true");
  REQUIRE(pipeline.outputs.size() == 2);
  CHECK(pipeline.outputs[0].path == "examples/out/tfrecord");
  CHECK(pipeline.outputs[0].layout.shards == 4);
  CHECK(pipeline.outputs[1].compression == "zstd");
  CHECK(pipeline.outputs[1].layout.rows_per_shard == 1000);
  CHECK(pipeline.state_path == "examples/out/state");
  CHECK(pipeline.quarantine_path == "examples/out/quarantine");
  CHECK(pipeline.report_path == "/var/run.json");
}

TEST_CASE("splits by hash and by group are the same, and take a rest") {
  auto split_of = [](const std::string& split) {
    return *parse_pipeline(fmt::format("{}{}split: {}\n", kHead, kTables, split), "p.yaml").split;
  };
  SplitSpec by_hash = split_of("{hash: a + b, salt: x, parts: {train: 0.9, eval: 0.1}}");
  const auto& hash = std::get<SplitSpec::ByHash>(by_hash.kind);
  CHECK(to_string(hash.key) == "a + b");
  CHECK(hash.salt == "x");
  CHECK(hash.shares == std::vector<std::pair<std::string, double>>{{"train", 0.9}, {"eval", 0.1}});
  SplitSpec by_group = split_of("{group: a, parts: {fit: 0.75, eval: rest}, fit: fit}");
  CHECK(std::get<SplitSpec::ByHash>(by_group.kind).shares[1].second == 0.25);
  CHECK(by_group.fit_part == "fit");
  SplitSpec whole = split_of("{hash: a, parts: {train: 1}}");
  CHECK(std::get<SplitSpec::ByHash>(whole.kind).shares[0].second == 1.0);
  SplitSpec conditions = split_of("{parts: {train: a > 1 and b, eval: not b}}");
  CHECK(to_string(std::get<SplitSpec::ByPredicate>(conditions.kind).parts[1].second) == "not b");
  SplitSpec sum = split_of("{by: a + b, parts: {train: between 1 and 5, eval: 'in (6, 7)'}}");
  CHECK(to_string(std::get<SplitSpec::ByPredicate>(sum.kind).parts[0].second) == "a + b between 1 and 5");
}

TEST_CASE("bare dates become literals outside of quotes only") {
  const std::pair<const char*, const char*> cases[] = {
      {"< 2013-11-01", "< date '2013-11-01'"},
      {"<2013-11-01 or > 2014-01-01", "<date '2013-11-01' or > date '2014-01-01'"},
      {">= 2013-11-01T06:00", ">= timestamp '2013-11-01T06:00'"},
      {">= 2013-11-01 06:00:00", ">= timestamp '2013-11-01 06:00:00'"},
      {">= 2013-11-01T06:00:00.125Z", ">= timestamp '2013-11-01T06:00:00.125Z'"},
      {">= 2013-11-01T06:00:00+01:00)", ">= timestamp '2013-11-01T06:00:00+01:00')"},
      {"in (2013-11-01,2013-11-02)", "in (date '2013-11-01',date '2013-11-02')"},
      {"< date '2013-11-01'", "< date '2013-11-01'"},
      {"< \"2013-11-01\"", "< \"2013-11-01\""},
      {"< 2013-11-1", "< 2013-11-1"},
      {"< 2013-11-011", "< 2013-11-011"},
      {"< x2013-11-01", "< x2013-11-01"},
      {"< 2013 - 11", "< 2013 - 11"},
      {"'2013-11-01", "'2013-11-01"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) CHECK(quote_bare_dates(text) == expected);
}

TEST_CASE("paths of stores and how they are reached are read, and written without credentials") {
  Pipeline pipeline = parse_pipeline(
      "version: 1\nname: p\nstorage_options: {endpoint: 'http://localhost:9000', region: eu, anonymous: true, "
      "request_timeout: 2.5}\nsources: {s: {path: ['s3a://b/raw/*.csv', 'file:///data/a%20b.csv']}}\n"
      "tables: {t: {from: s}}\noutputs: [{path: s3://b/out/rows, format: parquet}]\n",
      "folder/p.yaml");
  CHECK(pipeline.storage == StorageOptions{.endpoint = "http://localhost:9000",
                                           .region = "eu",
                                           .scheme = "",
                                           .anonymous = true,
                                           .access_key = "",
                                           .secret_key = "",
                                           .session_token = "",
                                           .connect_timeout = 5,
                                           .request_timeout = 2.5});
  CHECK(pipeline.sources[0].paths == std::vector<std::string>{"s3://b/raw/*.csv", "/data/a b.csv"});
  CHECK(pipeline.outputs[0].path == "s3://b/out/rows");
  CHECK(pipeline.state_path == "s3://b/out/state");
  CHECK(pipeline.report_path == "s3://b/out/run.json");
  pipeline.storage.access_key = "key";
  pipeline.storage.secret_key = "hush";
  std::string yaml = to_yaml(pipeline);
  CHECK(yaml.find("hush") == std::string::npos);
  Pipeline again = parse_pipeline(yaml, "folder/p.yaml");
  pipeline.storage.access_key = pipeline.storage.secret_key = "";
  CHECK(again.storage == pipeline.storage);
  CHECK(again.sources[0].paths == pipeline.sources[0].paths);
  CHECK(again.outputs[0].path == pipeline.outputs[0].path);
}

TEST_CASE("a wrong pipeline file is refused with place, cause and cure") {
  const std::string head(kHead);
  const std::string start = head + std::string(kTables);
  struct Case {
    std::string yaml;
    std::string message;
    std::string hint;
  };
  const std::vector<Case> cases = {
      {"[1]\n", "p.yaml:1:1: the file is a list, expected a map", "version: 1"},
      {"version: 2\nname: p\nsources: {s: {path: a}}\n" + std::string(kTables),
       "p.yaml:1:10: the file is of version 2, this program reads version 1", "version: 1"},
      {"name: p\n" + std::string(kTables), "p.yaml:1:1: a pipeline has no key 'version'", "version: 1"},
      {"version: '1'\n", "p.yaml:1:10: 'version' of a pipeline is the string '1', expected an integer", "version: 1"},
      {start + "output: []\n", "p.yaml:5:1: unknown key 'output' in a pipeline", "did you mean 'outputs'?"},
      {"version: 1\nname: p\nsources: {s: {pth: a}}\n" + std::string(kTables),
       "p.yaml:3:15: unknown key 'pth' in a source", "did you mean 'path'?"},
      {"version: 1\nname: p\nsources: {s: {}}\n" + std::string(kTables), "p.yaml:3:14: a source has no key 'path'",
       "path: data/flights.csv"},
      {"version: 1\nname: p\nsources: {s: a.csv}\n" + std::string(kTables),
       "p.yaml:3:14: 's' in 'sources' of a pipeline is the string 'a.csv', expected a map (source)", "for example"},
      {"version: 1\nname: p\nsources: {s: {path: 5}}\n" + std::string(kTables),
       "p.yaml:3:21: 'path' of a source is the integer 5, expected a string or a list",
       "put it in quotes if it is text"},
      {"version: 1\nname: p\nsources: {s: {path: gs://b/a.csv}}\n" + std::string(kTables),
       "p.yaml:3:21: gs:// paths cannot be read or written", "s3://bucket/x.csv"},
      {start + "outputs: [{path: 's3://b/', format: parquet}]\n", "p.yaml:5:18: the output 's3://b/' is a whole bucket",
       "s3://bucket/rows"},
      {start + "state: http://b/state\n", "p.yaml:5:8: http:// paths cannot be read or written", "s3://bucket/x.csv"},
      {start + "storage_options: {regoin: x}\n", "p.yaml:5:19: unknown key 'regoin' in a store",
       "did you mean 'region'?"},
      {start + "storage_options: {scheme: ftp}\n", "p.yaml:5:27: 'scheme' of a store is the string 'ftp'", "https"},
      {start + "storage_options: {connect_timeout: 0}\n", "p.yaml:5:36: 'connect_timeout' is 0 seconds", "default"},
      {start + "storage_options: {region: x, secret_key: hush}\n", "p.yaml:5:30: 'secret_key' in a pipeline file",
       "AWS_SECRET_ACCESS_KEY"},
      {"version: 1\nname: p\nsources: {s: {path: a, on_error: quarantin}}\n" + std::string(kTables),
       "p.yaml:3:34: 'on_error' of a source is the string 'quarantin', expected one of fail, quarantine, drop, null",
       "did you mean 'quarantine'?"},
      {"version: 1\nname: p\nsources: {s: {path: a, header: yes}}\n" + std::string(kTables),
       "p.yaml:3:32: 'header' of a source is the string 'yes', expected true or false", "header: false"},
      {"version: 1\nname: p\nsources: {s: {path: a, delimiter: ab}}\n" + std::string(kTables),
       "p.yaml:3:35: 'delimiter' of a source is 'ab', expected one ASCII character", "for a tab"},
      {"version: 1\nname: p\nsources: {s: {path: a, delimiter: '\"'}}\n" + std::string(kTables),
       "p.yaml:3:35: delimiter and quote are the same character", "give them two"},
      {"version: 1\nname: p\nsources: {s: {path: a, schema: {x: int23}}}\n" + std::string(kTables),
       "p.yaml:3:36: 'x' in 'schema' of a source is the string 'int23', expected a type or a map (column)",
       "did you mean 'int32'?"},
      {"version: 1\nname: p\nsources: {s: {path: a, schema: {x: {type: int8, min: 300}}}}\n" + std::string(kTables),
       "p.yaml:3:54: 'min' of the column 'x' is the integer 300, which int8 cannot hold", "column's type"},
      {"version: 1\nname: p\nsources: {s: {path: a, schema: {x: {type: date, max: soon}}}}\n" + std::string(kTables),
       "p.yaml:3:54: 'max' of the column 'x' is the string 'soon', which date cannot hold", "column's type"},
      {"version: 1\nname: p\nsources: {s: {path: a, schema: {x: {type: int8, min: 3, max: 2}}}}\n" +
           std::string(kTables),
       "p.yaml:3:54: 'min' of the column 'x' is greater than 'max'", "no value could pass"},
      {"version: 1\nname: p\nsources: {s: {path: a, schema: {x: {type: int8, allowed: []}}}}\n" + std::string(kTables),
       "p.yaml:3:58: 'allowed' of the column 'x' is empty", "list the values"},
      {"version: 1\nname: p\nsources: {a/b: {path: a}}\ntables: {t: {from: s}}\n",
       "p.yaml:3:11: 'a/b' is no name for a source", "letters, digits"},
      {"version: 1\nname: p\nsources: {}\n" + std::string(kTables), "p.yaml:3:10: there are no sources", "for example"},
      {head + "tables: {s: {from: s}}\n", "p.yaml:4:10: the table 's' has the name of a source", "in line 3"},
      {head + "tables: {t: {from: x}}\n", "p.yaml:4:10: table 't': unknown table or source 'x'",
       "valid tables and sources: s"},
      {head + "tables: {t: {from: t}}\n", "p.yaml:4:10: table 't': unknown table or source 't'", "cannot read itself"},
      {head + "tables: {t: {from: u}, u: {from: s}}\n", "p.yaml:4:10: table 't': unknown table or source 'u'",
       "defined after it"},
      {head + "tables: {t: {from: s, steps: [{join: {right: ss, on: k}}]}}\n",
       "p.yaml:4:31: table 't', step 1 (join): unknown table or source 'ss'", "did you mean 's'?"},
      {head + "tables: {t: {from: s, steps: [{fiter: x}]}}\n", "p.yaml:4:32: unknown key 'fiter' in a step",
       "did you mean 'filter'?"},
      {head + "tables: {t: {from: s, steps: [filter]}}\n",
       "p.yaml:4:31: item 1 in 'steps' of a table is the string 'filter', expected a map (step)", "for example"},
      {head + "tables: {t: {from: s, steps: [{filter: a, drop: b}]}}\n",
       "p.yaml:4:31: a step has 2 keys (filter, drop)", "one '- ' item a step"},
      {head + "tables: {t: {from: s, steps: [{}]}}\n", "p.yaml:4:31: a step is empty", "one '- ' item a step"},
      {head + "tables:\n  t:\n    from: s\n    steps:\n      - filter: a >\n",
       "p.yaml:8:17: filter: the expression ends too early", "expected"},
      {head + "tables: {t: {from: s, steps: [{with_columns: {x: 'case when a'}}]}}\n",
       "p.yaml:4:50: column 'x': ", "then"},
      {head + "tables: {t: {from: s, steps: [{with_columns: {x: }}]}}\n",
       "p.yaml:4:50: 'x' in 'with_columns' of a step is nothing (null), expected an expression", "for example"},
      {head + "tables: {t: {from: s, steps: [{join: {right: s}}]}}\n",
       "p.yaml:4:38: the join of 's' needs either 'on', or both 'left_on' and 'right_on'", "left_on: dest"},
      {head + "tables: {t: {from: s, steps: [{join: {right: s, on: a, how: outer}}]}}\n",
       "p.yaml:4:61: 'how' of a join is the string 'outer', expected one of left, inner, semi, anti", "valid values"},
      {head + "tables: {t: {from: s, steps: [{join: {right: s, left_on: a}}]}}\n", "p.yaml:4:38: the join of 's' needs",
       ""},
      {start + "contract: {table: s}\n", "p.yaml:5:19: a contract of the unknown table 's'",
       "'s' is a source; make a table"},
      {start + "contract: {table: t, columns: {x: {max: [1]}}}\n",
       "p.yaml:5:41: 'max' of a contract column is a list, expected a value", "max: 1"},
      {start + "features: [{name: a}, {name: a}]\n", "p.yaml:5:30: two features have the name 'a'", "rename one"},
      {start + "features: [{name: a, role: lable}]\n", "p.yaml:5:28: 'role' of a feature is the string 'lable'",
       "did you mean 'label'?"},
      {start + "features: [{name: a, transforms: [{clip: {min: 0}, fill: {}}]}]\n",
       "p.yaml:5:35: a transform has 2 names, expected one", "one transform an item"},
      {start + "features: [{name: a, transforms: [{fill: 0}]}]\n",
       "p.yaml:5:42: the parameters of the transform 'fill' are the integer 0, expected a map", "for example"},
      {start + "features: [{name: a, transforms: [{clip: {min: {a: 1}}}]}]\n",
       "p.yaml:5:48: the parameter 'min' of a transform is a map, expected a value or a list of values", "boundaries"},
      {start + "features: [{name: a, transforms: [{vocabulary: {words: [1, a]}}]}]\n",
       "p.yaml:5:60: the list of the parameter 'words' holds the string 'a' after values of type int64", "one type"},
      {start + "features: {table: x, columns: [{name: a}]}\n", "p.yaml:5:19: features of the unknown table 'x'", "t"},
      {start + "split: {by: a, parts: {train: 5, eval: rest}}\n",
       "p.yaml:5:31: the part 'train' is '5', expected a comparison or 'rest'", "< 2013-11-01"},
      {start + "split: {by: a, parts: {train: rest, eval: < 5}}\n",
       "p.yaml:5:31: the part 'train' takes the rest, but is not the last", "put 'rest' last"},
      {start + "split: {by: a, hash: b, parts: {train: rest}}\n",
       "p.yaml:5:8: a split has more than one of 'by', 'hash' and 'group'", "keep one"},
      {start + "split: {hash: a, parts: {train: 0.9, eval: 0.2}}\n", "p.yaml:5:25: the shares of the parts sum to 1.1",
       "rest"},
      {start + "split: {hash: a, parts: {train: 0.9, eval: -1}}\n", "p.yaml:5:44: the part 'eval' is the integer -1",
       "0.1"},
      {start + "split: {hash: a, parts: {one: 0.5, two: rest}}\n",
       "p.yaml:5:25: features are to be fitted on the part 'train', which the split does not have", "fit: one"},
      {start + "split: {by: a, salt: x, parts: {train: rest}}\n", "p.yaml:5:22: a split has a 'salt'", "remove one"},
      {start + "outputs: [{path: o, format: parquet, shards: 0}]\n",
       "p.yaml:5:46: 'shards' of an output is 0, expected at least 1", "remove the key"},
      {start + "outputs: [{path: o, format: parquet, shards: 1, rows_per_shard: 5}]\n",
       "p.yaml:5:65: an output has both 'shards' and 'rows_per_shard'", "keep one"},
      {start + "outputs: [{path: o, format: parquet}, {path: ./o/, format: tfrecord}]\n",
       "p.yaml:5:46: two outputs have the path './o/'", "its own folder"},
  };
  for (const Case& wrong : cases) {
    CAPTURE(wrong.yaml);
    std::string message = message_of(wrong.yaml);
    CAPTURE(message);
    CHECK(message.starts_with(wrong.message));
    CHECK(message.find(wrong.hint) != std::string::npos);
    CHECK((wrong.hint.empty() || message.find("hint: ") != std::string::npos));
  }
}

TEST_CASE("parameters given from outside reach every section") {
  std::string yaml = fmt::format(
      "parameters: {{n: 5, part: x}}\n{}tables: {{t: {{from: s, steps: [{{filter: 'a > ${{n}}'}}]}}}}\n", kHead);
  Pipeline pipeline = parse_pipeline(yaml, "", {{"n", "7"}});
  CHECK(to_string(step_as<FilterStep>(pipeline.tables[0], 0).predicate) == "a > 7");
  CHECK(pipeline.sources[0].paths[0] == "s.csv");
  CHECK_THROWS_WITH_AS(parse_pipeline(yaml, "", {{"m", "7"}}), doctest::Contains("unknown parameter 'm' is set"),
                       Error);
}

}  // namespace headrace
