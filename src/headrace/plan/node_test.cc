// Nodes and the tables built of them: schemas, errors with place and trail, the printed tree.
#include "headrace/plan/node.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/parse.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

Schema schema_of(const std::string& source) {
  if (source == "flights") {
    return Schema({{"year", TypeKind::kInt32, true},
                   {"origin", TypeKind::kString, false},
                   {"tailnum", TypeKind::kString, true},
                   {"seats", TypeKind::kInt32, true},
                   {"tags", Type::list(TypeKind::kString), true},
                   {"delay", TypeKind::kFloat64, true}});
  }
  return Schema(
      {{"tailnum", TypeKind::kString, false}, {"year", TypeKind::kInt32, false}, {"seats", TypeKind::kInt64, true}});
}

std::string yaml_of(const std::string& steps) {
  std::string yaml =
      "version: 1\nname: p\nsources: {flights: {path: f.csv}, planes: {path: p.csv}}\ntables:\n  rows:\n";
  return yaml + "    from: flights\n    steps:\n" + steps;
}

NodePtr build(const std::string& steps) {
  return build_tables(parse_pipeline(yaml_of(steps), "p.yaml"), schema_of).back().second;
}

std::string message_of(const std::string& steps) {
  try {
    build(steps);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("steps become nodes with checked schemas") {
  CHECK(build("      - filter: delay > 0\n")->schema == schema_of("flights"));
  CHECK(build("      - with_columns: {late: delay > 15, year: year + 1}\n")->schema.to_string() ==
        "year: int64, origin: string not null, tailnum: string, seats: int32, tags: list<string>, delay: float64, "
        "late: bool");
  CHECK(build("      - select: {o: origin, one: 1}\n")->schema.to_string() ==
        "o: string not null, one: int64 not null");
  CHECK(build("      - drop: [tags, delay]\n")->schema.names() ==
        std::vector<std::string>{"year", "origin", "tailnum", "seats"});
  CHECK(build("      - rename: {year: seats, seats: year}\n")->schema.names() ==
        std::vector<std::string>{"seats", "origin", "tailnum", "year", "tags", "delay"});
  CHECK(build("      - group_by: {keys: origin, aggregates: {n: count(), m: mean(delay), d: count(distinct year)}}\n")
            ->schema.to_string() == "origin: string not null, n: int64 not null, m: float64, d: int64 not null");
  CHECK(build("      - group_by: {keys: [origin, year]}\n")->schema.names() ==
        std::vector<std::string>{"origin", "year"});
}

TEST_CASE("columns of with_columns see only the columns before the step") {
  CHECK(message_of("      - with_columns: {a: 1, b: a + 1}\n").find("unknown column 'a'") != std::string::npos);
}

TEST_CASE("a join adds the right columns without keys, null where a left join finds none, with the suffix on a clash") {
  CHECK(build("      - join: {right: planes, on: tailnum, how: left, suffix: _p}\n")->schema.to_string() ==
        "year: int32, origin: string not null, tailnum: string, seats: int32, tags: list<string>, delay: float64, "
        "year_p: int32, seats_p: int64");
  CHECK(build("      - join: {right: planes, on: tailnum, how: inner}\n")->schema.fields().at(6) ==
        Field{"year_right", TypeKind::kInt32, false});
  for (std::string how : {"semi", "anti"}) {
    CHECK(build("      - join: {right: planes, on: tailnum, how: " + how + "}\n")->schema == schema_of("flights"));
  }
}

TEST_CASE("join keys of different types are cast below the join, and the left column keeps its type") {
  NodePtr right_cast =
      build("      - with_columns: {year: cast(year as int64)}\n      - join: {right: planes, on: year}\n");
  const auto& join = std::get<JoinNode>(right_cast->kind);
  CHECK(explain_tree(join.right) ==
        "project year = cast(year as int64), 2 passed -> 3 columns  [rows: join planes]\n"
        "  scan planes -> 3 columns\n");
  CHECK(join.left->schema[0].type == join.right->schema[1].type);

  NodePtr left_cast = build("      - join: {right: planes, on: seats, suffix: _p}\n");
  CHECK(left_cast->schema.to_string() ==
        "year: int32, origin: string not null, tailnum: string, seats: int32, tags: list<string>, delay: float64, "
        "tailnum_p: string, year_p: int32");
  CHECK(explain_tree(left_cast) ==
        "project 8 passed -> 8 columns  [rows: join planes]\n"
        "  join left on seats as int64 = seats -> 9 columns  [rows: join planes]\n"
        "    project seats as int64 = cast(seats as int64), 6 passed -> 7 columns  [rows: join planes]\n"
        "      scan flights -> 6 columns\n"
        "    scan planes -> 3 columns\n");
}

TEST_CASE("an error of a step says place, table, step, and the steps before it") {
  std::string message = message_of(
      "      - filter: {where: delay is not null, name: arrived}\n"
      "      - join: {right: planes, on: tailnum}\n"
      "      - with_columns: {late: dely > 15}\n");
  CHECK(message.starts_with("p.yaml:10:9: table 'rows', step 3 (with_columns): column 'late': unknown column 'dely'"));
  CHECK(message.find("\n  while building table 'rows': from flights, then 1 filter arrived, 2 join planes") !=
        std::string::npos);
  CHECK(message.find("did you mean 'delay'?") != std::string::npos);
}

TEST_CASE("wrong steps are refused") {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"filter: delay + 1", "step 1 (filter): the condition 'delay + 1' is of type float64, expected bool", "x > 0"},
      {"filter: delay > 'x'", "p.yaml:8:9: table 'rows', step 1 (filter): ", "hint"},
      {"filter: null is null and dely > 1", "unknown column 'dely'", "'delay'"},
      {"with_columns: {x: 'null'}", "column 'x': the expression is always null and has no type",
       "cast(null as string)"},
      {"with_columns: {x: mean(delay)}", "column 'x': ", "group_by"},
      {"with_columns: {x: nosuch(delay)}", "column 'x': ", "nosuch"},
      {"select: [year, yeer]", "column 'yeer': unknown column 'yeer'", "did you mean 'year'?"},
      {"select: [year, year]", "two columns have the same name: 'year'", "rename one"},
      {"drop: dealy", "step 1 (drop): unknown column 'dealy'", "did you mean 'delay'?"},
      {"drop: [year, origin, tailnum, seats, tags, delay]", "step 1 (drop): no columns are left", "keep at least one"},
      {"rename: {yar: x}", "step 1 (rename): unknown column 'yar'", "did you mean 'year'?"},
      {"rename: {year: origin}", "two columns have the same name: 'origin'", "rename"},
      {"join: {right: planes, on: tail}", "keys of the left side: unknown column 'tail'", "valid columns"},
      {"join: {right: planes, left_on: origin, right_on: tail}", "keys of the right side: unknown column 'tail'",
       "tailnum"},
      {"join: {right: planes, left_on: [tailnum, year], right_on: tailnum}", "2 keys on the left and 1 on the right",
       "as many columns"},
      {"join: {right: planes, left_on: [year, year], right_on: [year, seats]}", "the key 'year' stands there twice",
       "remove one"},
      {"join: {right: planes, left_on: year, right_on: tailnum}",
       "the keys 'year' (int32) and 'tailnum' (string) have no common type", "cast(year as string)"},
      {"join: {right: planes, left_on: tags, right_on: tailnum}", "the key 'tags' has the type list<string>",
       "plain types"},
      {"join: {right: planes, on: tailnum, suffix: ''}", "the joined rows would have two columns 'year'",
       "another suffix"},
      {"group_by: {keys: orign}", "step 1 (group_by): unknown column 'orign'", "did you mean 'origin'?"},
      {"group_by: {keys: tags}", "the key 'tags' has the type list<string>", "plain types"},
      {"group_by: {}", "group_by has neither keys nor aggregates", "add one"},
      {"group_by: {keys: origin, aggregates: {x: delay}}", "aggregate 'x': ", ""},
      {"group_by: {keys: origin, aggregates: {x: mean(origin)}}", "aggregate 'x': ", ""},
      {"group_by: {keys: origin, aggregates: {origin: count()}}", "two columns have the same name: 'origin'", ""},
  };
  for (const auto& [step, expected, hint] : cases) {
    std::string message = message_of(fmt::format("      - {}\n", step));
    CAPTURE(message);
    CHECK(message.starts_with("p.yaml:8:9: table 'rows', step 1 ("));
    CHECK(message.find(expected) != std::string::npos);
    CHECK(message.find(hint) != std::string::npos);
  }
}

TEST_CASE("a suffix that leads to a name that exists is a clash") {
  std::string message =
      message_of("      - with_columns: {year_p: 1}\n      - join: {right: planes, on: tailnum, suffix: _p}\n");
  CHECK(message.find("p.yaml:9:9: table 'rows', step 2 (join): the joined rows would have two columns 'year_p' "
                     "(with the suffix '_p')") == 0);
}

TEST_CASE("tables share the nodes of what they are made of, and a plan is printed with shared nodes once") {
  std::string yaml = yaml_of("      - filter: {where: delay is not null, name: arrived}\n") +
                     "  sums:\n    from: rows\n    steps:\n"
                     "      - group_by: {keys: origin, aggregates: {m: mean(delay)}}\n"
                     "  both:\n    from: rows\n    steps:\n"
                     "      - join: {right: sums, on: origin, validate: m:1}\n"
                     "      - join: {right: planes, on: tailnum, how: inner}\n"
                     "      - with_columns: {late: delay > m}\n";
  auto tables = build_tables(parse_pipeline(yaml, "p.yaml"), schema_of);
  REQUIRE(tables.size() == 3);
  CHECK(tables[0].first == "rows");
  CHECK(std::get<AggregateNode>(tables[1].second->kind).input == tables[0].second);
  CHECK(explain_tree(tables[2].second) ==
        "project late = delay > m, 9 passed -> 10 columns  [both: with_columns]\n"
        "  join inner on tailnum = tailnum -> 9 columns  [both: join planes]\n"
        "    join left on origin = origin, right unique -> 7 columns  [both: join sums]\n"
        "      #1 filter delay is not null -> 6 columns  [rows: filter arrived]\n"
        "        scan flights -> 6 columns\n"
        "      aggregate by origin: m = mean(delay) -> 2 columns  [sums: group_by origin]\n"
        "        #1 again\n"
        "    scan planes -> 3 columns\n");
}

TEST_CASE("a source is asked for its schema once, and only if a table reads it") {
  int asked = 0;
  auto schemas = [&](const std::string& source) {
    ++asked;
    CHECK(source == "flights");
    return schema_of(source);
  };
  build_tables(parse_pipeline(yaml_of("      - join: {right: flights, on: tailnum}\n"), "p.yaml"), schemas);
  CHECK(asked == 1);
}

TEST_CASE("a pipeline that was not read from a file has errors without a place") {
  Pipeline pipeline;
  SourceSpec flights;
  flights.name = "flights";
  pipeline.sources.push_back(flights);
  TableSpec table;
  table.name = "rows";
  table.from = "flights";
  table.steps.push_back({FilterStep{parse_expr("dely > 1"), ""}, {}});
  pipeline.tables.push_back(table);
  CHECK_THROWS_WITH_AS(build_tables(pipeline, schema_of),
                       doctest::Contains("table 'rows', step 1 (filter): unknown column 'dely'"), Error);
}

TEST_CASE("nodes name their kind and their inputs") {
  NodePtr scan = make_scan("flights", schema_of("flights"), "flights");
  NodePtr filter = make_filter(scan, parse_expr("delay > 0"), "f");
  CHECK(kind_name(*scan) == "scan");
  CHECK(kind_name(*filter) == "filter");
  CHECK(inputs_of(*scan).empty());
  CHECK(inputs_of(*filter) == std::vector<NodePtr>{scan});
  CHECK_THROWS_WITH_AS(make_with_columns(scan, {}, "w"), doctest::Contains("with_columns has no columns"), Error);
}

}  // namespace headrace
