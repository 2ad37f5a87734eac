// What the rewrite rules promise: same columns at the roots, scans that read just what is needed, shared nodes still
// shared.
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/expr/bind.h"
#include "headrace/expr/parse.h"
#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

NodePtr flights() {
  return make_scan("flights",
                   Schema({{"year", TypeKind::kInt32, true},
                           {"origin", TypeKind::kString, false},
                           {"tailnum", TypeKind::kString, true},
                           {"delay", TypeKind::kFloat64, true}}),
                   "flights");
}
NodePtr planes() {
  return make_scan(
      "planes",
      Schema(
          {{"tailnum", TypeKind::kString, false}, {"year", TypeKind::kInt32, true}, {"seats", TypeKind::kInt32, true}}),
      "planes");
}

NodePtr filter(NodePtr input, const std::string& predicate) {
  return make_filter(std::move(input), parse_expr(predicate), "f");
}

std::vector<NamedExpr> named(const std::vector<std::pair<std::string, std::string>>& columns) {
  std::vector<NamedExpr> exprs;
  for (const auto& [name, text] : columns) exprs.push_back({name, parse_expr(text)});
  return exprs;
}
NodePtr with(NodePtr input, const std::vector<std::pair<std::string, std::string>>& columns) {
  return make_with_columns(std::move(input), named(columns), "w");
}
NodePtr select(NodePtr input, const std::vector<std::pair<std::string, std::string>>& columns) {
  return make_project(std::move(input), named(columns), "s");
}
NodePtr join(NodePtr left, NodePtr right, JoinKind how = JoinKind::kLeft, const std::string& key = "tailnum") {
  JoinNode node;
  node.left = std::move(left);
  node.right = std::move(right);
  node.how = how;
  node.left_on = {key};
  node.right_on = {key};
  node.suffix = "_p";
  return make_join(std::move(node), "j");
}

std::string optimized(const NodePtr& root) {
  NodePtr result = optimize({root}).at(0);
  CHECK(result->schema == root->schema);
  return explain_tree(result);
}

/// Whether a node's schema is the one that its inputs and expressions give: what engines rely on.
void check_consistent(const NodePtr& root) {
  for (const NodePtr& node : nodes_bottom_up({root})) {
    CAPTURE(explain_tree(node));
    if (const auto* project = std::get_if<ProjectNode>(&node->kind)) {
      CHECK(make_project(project->input, project->columns, "")->schema == node->schema);
    } else if (const auto* kept = std::get_if<FilterNode>(&node->kind)) {
      CHECK(make_filter(kept->input, kept->predicate, "")->schema == node->schema);
    } else if (const auto* joined = std::get_if<JoinNode>(&node->kind)) {
      CHECK(make_join(*joined, "")->schema == node->schema);
    } else if (const auto* aggregate = std::get_if<AggregateNode>(&node->kind)) {
      CHECK(make_aggregate(aggregate->input, aggregate->keys, aggregate->aggregates, "")->schema == node->schema);
    } else if (const auto* deduplicate = std::get_if<DeduplicateNode>(&node->kind)) {
      CHECK(make_deduplicate(*deduplicate, "")->schema.size() >= node->schema.size());
    } else if (const auto* sort = std::get_if<SortNode>(&node->kind)) {
      CHECK(make_sort(sort->input, sort->order, "")->schema == node->schema);
    } else if (const auto* limit = std::get_if<LimitNode>(&node->kind)) {
      CHECK(make_limit(limit->input, limit->rows, limit->offset, "")->schema == node->schema);
    } else if (const auto* concat = std::get_if<ConcatNode>(&node->kind)) {
      CHECK(make_concat(concat->inputs, false, "")->schema == node->schema);
    } else if (const auto* explode = std::get_if<ExplodeNode>(&node->kind)) {
      CHECK(make_explode(explode->input, explode->columns, explode->keep_empty, "")->schema == node->schema);
    }
  }
}

}  // namespace

TEST_CASE("scans read only what is needed above them") {
  CHECK(optimized(select(flights(), {{"late", "delay > 15"}})) ==
        "project late = delay > 15 -> 1 column  [s]\n"
        "  scan flights -> 1 column\n");
  CHECK(optimized(make_aggregate(filter(flights(), "origin = 'EWR'"), {"year"}, named({{"n", "count()"}}), "g")) ==
        "aggregate by year: n = count() -> 2 columns  [g]\n"
        "  filter origin = 'EWR' -> 2 columns  [f]\n"
        "    scan flights -> 2 columns, bounds: origin = 'EWR'\n");
  CHECK(optimized(make_aggregate(flights(), {}, named({{"n", "count()"}}), "g")) ==
        "aggregate: n = count() -> 1 column  [g]\n"
        "  scan flights -> 0 columns\n");
}

TEST_CASE("columns that nobody needs are not computed, and projects that only pass columns disappear") {
  CHECK(optimized(
            select(with(with(flights(), {{"a", "year + 1"}}), {{"b", "delay * 2"}}), {{"b", "b"}, {"y", "year"}})) ==
        "project y = year, 1 passed -> 2 columns  [s]\n"
        "  project b = delay * 2, 1 passed -> 2 columns  [w]\n"
        "    scan flights -> 2 columns\n");
  CHECK(optimized(select(with(flights(), {{"a", "year + 1"}}), {{"z", "delay"}})) ==
        "project z = delay -> 1 column  [s]\n"
        "  scan flights -> 1 column\n");
  CHECK(optimized(filter(select(flights(), {{"delay", "delay"}, {"origin", "origin"}}), "origin > 'A'")) ==
        "project 2 passed -> 2 columns  [f]\n"
        "  filter origin > 'A' -> 2 columns  [f]\n"
        "    scan flights -> 2 columns, bounds: origin > 'A'\n");
}

TEST_CASE("a root keeps its columns in their order") {
  NodePtr root = select(filter(flights(), "year > 2012"), {{"delay", "delay"}, {"origin", "origin"}});
  CHECK(optimized(root) ==
        "project 2 passed -> 2 columns  [s]\n"
        "  filter year > 2012 -> 3 columns  [f]\n"
        "    scan flights -> 3 columns, bounds: year > 2012\n");
  CHECK(optimized(flights()) == "scan flights -> 4 columns\n");
}

TEST_CASE("joins carry only keys and needed columns, and a suffix outlives the column it came from") {
  CHECK(optimized(select(join(filter(flights(), "delay > 0"), planes()), {{"age", "2013 - year_p"}})) ==
        "project age = 2013 - year_p -> 1 column  [s]\n"
        "  join left on tailnum = tailnum -> 2 columns  [j]\n"
        "    project 1 passed -> 1 column  [j]\n"
        "      filter delay > 0 -> 2 columns  [f]\n"
        "        scan flights -> 2 columns, bounds: delay > 0\n"
        "    project year_p = year, 1 passed -> 2 columns  [j]\n"
        "      scan planes -> 2 columns\n");
  CHECK(optimized(select(join(flights(), planes()), {{"age", "year - year_p"}})) ==
        "project age = year - year_p -> 1 column  [s]\n"
        "  join left on tailnum = tailnum -> 3 columns  [j]\n"
        "    scan flights -> 2 columns\n"
        "    scan planes -> 2 columns\n");
  CHECK(optimized(select(join(flights(), planes(), JoinKind::kSemi), {{"d", "delay"}})) ==
        "project d = delay -> 1 column  [s]\n"
        "  join semi on tailnum = tailnum -> 2 columns  [j]\n"
        "    scan flights -> 2 columns\n"
        "    scan planes -> 1 column\n");
}

TEST_CASE("the left column stays when the right one cannot take the name with the suffix") {
  NodePtr right = select(planes(), {{"x_p", "tailnum"}, {"x", "year"}});
  NodePtr left = select(flights(), {{"k", "tailnum"}, {"x", "delay"}});
  JoinNode node;
  node.left = left;
  node.right = right;
  node.left_on = {"k"};
  node.right_on = {"x_p"};
  node.suffix = "_p";
  NodePtr root = select(make_join(node, "j"), {{"r", "x_p"}});
  NodePtr result = optimize({root}).at(0);
  check_consistent(result);
  CHECK(explain_tree(result) ==
        "project r = x_p -> 1 column  [s]\n"
        "  join left on k = x_p -> 3 columns  [j]\n"
        "    project k = tailnum, x = delay -> 2 columns  [s]\n"
        "      scan flights -> 2 columns\n"
        "    project x_p = tailnum, x = year -> 2 columns  [s]\n"
        "      scan planes -> 2 columns\n");
}

TEST_CASE("a node with several parents keeps what any of them needs, and stays one node") {
  NodePtr rows = filter(flights(), "delay is not null");
  NodePtr sums = make_aggregate(rows, {"origin"}, named({{"m", "mean(delay)"}, {"n", "count()"}}), "g");
  NodePtr both = select(join(rows, sums, JoinKind::kLeft, "origin"), {{"year", "year"}, {"m", "m"}});
  CHECK(optimized(both) ==
        "project 2 passed -> 2 columns  [s]\n"
        "  join left on origin = origin -> 3 columns  [j]\n"
        "    project 2 passed -> 2 columns  [j]\n"
        "      #1 filter delay is not null -> 3 columns  [f]\n"
        "        scan flights -> 3 columns, bounds: delay is not null\n"
        "    aggregate by origin: m = mean(delay) -> 2 columns  [g]\n"
        "      #1 again\n");
  std::vector<NodePtr> roots = optimize({rows, both, rows});
  CHECK(roots[0] == roots[2]);
  CHECK(roots[0]->schema == rows->schema);
  std::set<const Node*> scans;
  for (const NodePtr& node : nodes_bottom_up(roots)) {
    if (std::holds_alternative<ScanNode>(node->kind)) scans.insert(node.get());
  }
  CHECK(scans.size() == 1);
}

TEST_CASE("bounds are conjuncts that compare a column with a value, in the names of the scan") {
  const std::pair<const char*, const char*> cases[] = {
      {"year = 2013", "year = 2013"},
      {"2013 >= year and delay is not null", "year <= 2013, delay is not null"},
      {"year between 2012 and 2014", "year >= 2012, year <= 2014"},
      {"year > 2012 and (year < 2014 and origin >= 'A')", "year > 2012, year < 2014, origin >= 'A'"},
      {"year > 2012 and year > 2012", "year > 2012"},
      {"delay > -1.5", "delay > -1.5"},
      {"year > 2012 or delay > 0", ""},
      {"not year > 2012", ""},
      {"year <> 2012", ""},
      {"year > null", ""},
      {"year > delay", ""},
      {"upper(origin) = 'A'", ""},
      {"delay is null", ""},
  };
  for (const auto& [predicate, bounds] : cases) {
    CAPTURE(predicate);
    NodePtr scan = nodes_bottom_up(optimize({filter(flights(), predicate)})).at(0);
    std::string text;
    for (const Expr& bound : std::get<ScanNode>(scan->kind).bounds)
      text += (text.empty() ? "" : ", ") + to_string(bound);
    CHECK(text == bounds);
  }
}

TEST_CASE("bounds pass filters and projects that rename, but neither joins nor what can fail nor a second reader") {
  auto bounds_of = [](const std::vector<NodePtr>& roots) {
    std::string text;
    for (const NodePtr& node : nodes_bottom_up(optimize(roots))) {
      const auto* scan = std::get_if<ScanNode>(&node->kind);
      for (std::size_t i = 0; scan != nullptr && i < scan->bounds.size(); ++i) text += to_string(scan->bounds[i]) + ";";
    }
    return text;
  };
  NodePtr renamed = select(filter(flights(), "delay > 0"), {{"y", "year"}, {"year", "delay"}});
  CHECK(bounds_of({filter(renamed, "y > 2012 and year < 5")}) == "delay > 0;year > 2012;delay < 5;");
  CHECK(bounds_of({filter(with(flights(), {{"a", "delay * 2.0"}}), "a > 1 and delay > 0")}) == "delay > 0;");
  CHECK(bounds_of({filter(join(flights(), planes()), "delay > 0")}) == "");
  CHECK(bounds_of({filter(with(flights(), {{"a", "cast(origin as int64)"}}), "a > 1 and delay > 0")}) == "");
  CHECK(bounds_of({filter(flights(), "year > 1 and cast(origin as int64) > 5 and delay > 0")}) == "year > 1;");
  CHECK(bounds_of({filter(filter(flights(), "cast(origin as int64) > 5"), "delay > 0")}) == "");
  NodePtr shared = flights();
  CHECK(bounds_of({filter(shared, "delay > 0"), filter(shared, "year > 1")}) == "");
  CHECK(bounds_of({filter(shared, "delay > 0"), shared}) == "");
}

TEST_CASE(
    "what reads texts alone is computed where they enter the plan, unless it can fail or somebody else reads it") {
  NodePtr rows = join(filter(flights(), "delay > 0"), planes());
  CHECK(optimized(select(rows, {{"h", "hash_bucket(origin, 10)"}, {"y", "year_p"}})) ==
        "project h = \"h#1\", y = year_p -> 2 columns  [s]\n"
        "  join left on tailnum = tailnum -> 3 columns  [j]\n"
        "    project 2 passed -> 2 columns  [j]\n"
        "      filter delay > 0 -> 3 columns  [f]\n"
        "        project h#1 = hash_bucket(origin, 10), 2 passed -> 3 columns  [flights]\n"
        "          scan flights -> 3 columns, bounds: delay > 0\n"
        "    project year_p = year, 1 passed -> 2 columns  [j]\n"
        "      scan planes -> 2 columns\n");
  std::string kept = optimized(select(rows, {{"n", "cast(origin as int64)"}}));
  CHECK(kept.starts_with("project n = cast(origin as int64)"));
  NodePtr shared = filter(flights(), "delay > 0");
  NodePtr sums = make_aggregate(shared, {"origin"}, named({{"m", "mean(delay)"}}), "g");
  std::string both =
      optimized(select(join(shared, sums, JoinKind::kLeft, "origin"), {{"l", "length(origin)"}, {"m", "m"}}));
  CHECK(both.find("length(origin), ") > both.find("join"));
  CHECK(both.find("length(origin), ") < both.find("scan"));
}

TEST_CASE("a text of which only the hash is taken does not leave the scan") {
  CHECK(optimized(select(flights(), {{"h", "2 + bucket(hash64(origin), 10)"}, {"y", "year"}})) ==
        "project h = 2 + bucket(\"origin#hash64\", 10), y = year -> 2 columns  [s]\n"
        "  scan flights -> 2 columns, hashes of origin\n");
  std::string both = optimized(select(flights(), {{"h", "hash64(origin)"}, {"o", "origin"}, {"n", "hash64(year)"}}));
  CHECK(both.ends_with("scan flights -> 3 columns, hashes of origin\n"));
  NodePtr shared = flights();
  std::vector<NodePtr> roots = optimize({select(shared, {{"h", "hash64(origin)"}}), shared});
  CHECK(explain_tree(roots[0]).find("hashes of") == std::string::npos);
}

TEST_CASE("a source that is read by column has a scan for each reader, with its own columns and bounds") {
  NodePtr scan = flights();
  NodePtr sums = make_aggregate(filter(scan, "delay > 5"), {"origin"}, named({{"m", "mean(delay)"}}), "g");
  NodePtr root =
      select(join(filter(scan, "year > 2012"), sums, JoinKind::kLeft, "origin"), {{"m", "m"}, {"y", "year"}});
  std::string text = explain_tree(optimize({root}, {"flights"}).at(0));
  CHECK(text.find("scan flights -> 2 columns, bounds: year > 2012") != std::string::npos);
  CHECK(text.find("scan flights -> 2 columns, bounds: delay > 5") != std::string::npos);
  CHECK(explain_tree(optimize({root}).at(0)).find("again") != std::string::npos);
}

TEST_CASE("optimised plans drawn at random keep their roots' columns, are consistent, and read no more than before") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    std::vector<NodePtr> nodes = {flights(), planes(), with(flights(), {{"seats", "year"}})};
    for (int i = 0; i < 8; ++i) {
      NodePtr input = nodes[below(nodes.size())];
      const std::string first = "\"" + input->schema[below(input->schema.size())].name + "\"";
      const std::string second = "\"" + input->schema[below(input->schema.size())].name + "\"";
      switch (below(5)) {
        case 0: nodes.push_back(filter(input, first + " is not null")); break;
        case 1:
          nodes.push_back(with(input, {{fmt::format("c{}", below(3)), "length(cast(" + first + " as string))"}}));
          break;
        case 2: nodes.push_back(select(input, {{"tailnum", "cast(" + first + " as string)"}, {"v", second}})); break;
        case 3:
          nodes.push_back(make_aggregate(input, {first.substr(1, first.size() - 2)},
                                         {{fmt::format("n{}", i), parse_expr("count(" + second + ")")},
                                          {fmt::format("all{}", i), parse_expr("count()")}},
                                         "g"));
          break;
        default: {
          NodePtr right = nodes[below(nodes.size())];
          if (!input->schema.find("tailnum") || !right->schema.find("tailnum")) break;
          JoinNode node{input,       right,       below(2) == 0 ? JoinKind::kLeft : JoinKind::kSemi,
                        {"tailnum"}, {"tailnum"}, fmt::format("_{}", i),
                        false};
          nodes.push_back(make_join(node, "j"));
        }
      }
    }
    std::vector<NodePtr> roots = {nodes.back(), select(nodes[below(nodes.size())], {{"one", "1"}}),
                                  nodes[below(nodes.size())]};
    std::vector<NodePtr> results = optimize(roots);
    CAPTURE(seed);
    for (std::size_t i = 0; i < roots.size(); ++i) {
      CAPTURE(explain_tree(roots[i]));
      CAPTURE(explain_tree(results[i]));
      REQUIRE(results[i]->schema == roots[i]->schema);
      check_consistent(results[i]);
    }
    std::map<std::string, std::size_t> scans_before, scans_after;
    for (const NodePtr& node : nodes_bottom_up(roots))
      scans_before[std::string(kind_name(*node))] += inputs_of(*node).empty();
    for (const NodePtr& node : nodes_bottom_up(results))
      scans_after[std::string(kind_name(*node))] += inputs_of(*node).empty();
    REQUIRE(scans_after["scan"] == scans_before["scan"]);
    REQUIRE(explain_tree(optimize(results).at(0)) == explain_tree(results.at(0)));
  }
}

}  // namespace headrace
