// Round trips: parse_pipeline(to_yaml(p)) is p, for pipelines drawn at random from a fixed seed.
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/memory_budget.h"
#include "headrace/expr/parse.h"
#include "headrace/plan/file/config.h"
#include "headrace/plan/file/parameters.h"
#include "headrace/plan/file/yaml_text.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

// ---- Everything a pipeline says but places, as text: what "the same pipeline" means.

std::string text_of(const Value& value) { return value.type.to_string() + " " + value.to_string(); }

std::string text_of(const ColumnRule& rule) {
  std::string text = fmt::format("{} {}", rule.column, rule.nullable);
  text += rule.min ? " min " + text_of(*rule.min) : "";
  text += rule.max ? " max " + text_of(*rule.max) : "";
  for (const Value& value : rule.allowed) text += " allowed " + text_of(value);
  return text;
}

std::string text_of(const std::vector<NamedExpr>& columns) {
  std::string text;
  for (const NamedExpr& column : columns) text += fmt::format("<{}={}>", column.name, to_string(column.expr));
  return text;
}

std::string text_of(const SourceSpec& source) {
  std::string text = fmt::format("source {} {} {} {}", source.name, fmt::join(source.paths, ";"), source.format,
                                 static_cast<int>(source.on_error));
  text += fmt::format(" {} {} {} {}", int{source.csv.delimiter}, int{source.csv.quote}, source.csv.header,
                      fmt::join(source.csv.null_values, ";"));
  for (const Field& field : source.declared) {
    text += fmt::format("\n  {} {} {}", field.name, field.type.to_string(), field.nullable);
  }
  for (const ColumnRule& rule : source.rules) text += "\n  rule " + text_of(rule);
  for (const Field& field : source.partition_columns) {
    text += fmt::format("\n  partition {} {}", field.name, field.type.to_string());
  }
  return text;
}

struct StepText {
  std::string operator()(const FilterStep& s) const {
    return fmt::format("filter {} {}", to_string(s.predicate), s.name);
  }
  std::string operator()(const WithColumnsStep& s) const { return "with_columns " + text_of(s.columns); }
  std::string operator()(const SelectStep& s) const { return "select " + text_of(s.columns); }
  std::string operator()(const DropStep& s) const { return fmt::format("drop {}", fmt::join(s.columns, ";")); }
  std::string operator()(const RenameStep& s) const {
    std::string text = "rename";
    for (const auto& [from, to] : s.names) text += fmt::format(" {}>{}", from, to);
    return text;
  }
  std::string operator()(const JoinStep& s) const {
    return fmt::format("join {} {} {} {} {} {}", s.right, static_cast<int>(s.how), fmt::join(s.left_on, ";"),
                       fmt::join(s.right_on, ";"), s.suffix, s.right_unique);
  }
  std::string operator()(const GroupByStep& s) const {
    return fmt::format("group_by {} {}", fmt::join(s.keys, ";"), text_of(s.aggregates));
  }
  std::string operator()(const DeduplicateStep& s) const {
    return fmt::format("deduplicate {} {} {} {}", fmt::join(s.keys, ";"), fmt::join(s.order_by, ";"),
                       static_cast<int>(s.keep), s.any_order);
  }
  std::string operator()(const SortStep& s) const {
    std::string text = "sort";
    for (const SortColumn& column : s.order) text += fmt::format(" {}:{}", column.name, column.descending);
    return text;
  }
  std::string operator()(const LimitStep& s) const { return fmt::format("limit {} {}", s.rows, s.offset); }
  std::string operator()(const ConcatStep& s) const {
    return fmt::format("concat {} {}", fmt::join(s.tables, ";"), s.fill_missing);
  }
  std::string operator()(const ExplodeStep& s) const {
    return fmt::format("explode {} {}", fmt::join(s.columns, ";"), s.keep_empty);
  }
};

std::string text_of(const FeatureSpec& feature) {
  std::string text =
      fmt::format("feature {} {} {}", feature.name, feature.role, feature.dtype ? feature.dtype->to_string() : "");
  for (const Expr& input : feature.inputs) text += " " + to_string(input);
  for (const TransformSpec& transform : feature.transforms) {
    text += " | " + transform.name;
    for (const auto& [name, value] : transform.parameters) text += fmt::format(" {}={}", name, text_of(value));
  }
  return text;
}

std::string text_of(const SplitSpec& split) {
  std::string text = "split " + split.fit_part;
  if (const auto* hash = std::get_if<SplitSpec::ByHash>(&split.kind)) {
    text += fmt::format(" {} {}", to_string(hash->key), hash->salt);
    for (const auto& [name, share] : hash->shares) text += fmt::format(" {}={}", name, share);
    return text;
  }
  for (const auto& [name, expr] : std::get<SplitSpec::ByPredicate>(split.kind).parts) {
    text += fmt::format(" {}={}", name, to_string(expr));
  }
  return text;
}

std::string text_of(const Pipeline& pipeline) {
  std::string text = fmt::format("{} {}\n", pipeline.name, pipeline.file);
  for (const auto& [name, value] : pipeline.parameters) text += fmt::format("parameter {} {}\n", name, text_of(value));
  for (const SourceSpec& source : pipeline.sources) text += text_of(source) + "\n";
  for (const TableSpec& table : pipeline.tables) {
    text += fmt::format("table {} {}\n", table.name, table.from);
    for (const Step& step : table.steps) text += "  " + std::visit(StepText{}, step.kind) + "\n";
  }
  if (pipeline.contract) {
    text += "contract " + pipeline.contract->table + "\n";
    for (const auto& promise : pipeline.contract->columns) {
      text += fmt::format("  {} {}\n", text_of(promise.rule), promise.type ? promise.type->to_string() : "any");
    }
    for (const auto& row : pipeline.contract->rows)
      text += fmt::format("  {}: {}\n", row.name, to_string(row.predicate));
  }
  text += pipeline.feature_table + "\n";
  for (const FeatureSpec& feature : pipeline.features) text += text_of(feature) + "\n";
  if (pipeline.split) text += text_of(*pipeline.split) + "\n";
  for (const OutputSpec& output : pipeline.outputs) {
    const RowOrder& order = output.layout.order;
    text += fmt::format("output {} {} {} {} {} {} {} {} {}\n", output.path, output.format, output.compression,
                        static_cast<int>(output.mode), output.layout.shards, output.layout.shard_bytes,
                        output.layout.rows_per_shard, output.row_group_rows, output.index);
    text += fmt::format("  {} [{}]", order.shuffle ? static_cast<int>(*order.shuffle) : -1,
                        fmt::join(order.partition_by, ";"));
    for (const SortColumn& column : order.sort_by) text += " " + to_string(column);
    for (const auto& [column, codec] : output.images) text += fmt::format(" {}={}", column, codec);
    text += fmt::format(" {}\n", output.petastorm);
  }
  return text + fmt::format("{} {} {}", pipeline.state_path, pipeline.quarantine_path, pipeline.report_path);
}

// ---- Pipelines at random.

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed) : random_(seed) {}

  Pipeline pipeline() {
    Pipeline p;
    p.file = pick<std::string>({"", "p.yaml", "examples/x/p.yaml", "/abs/p.yaml", "../up/p.yaml", "./here/p.yaml"});
    folder_ = p.file.substr(0, p.file.rfind('/') == std::string::npos ? 0 : p.file.rfind('/') + 1);
    if (folder_ == "./here/") folder_ = "here/";
    p.name = "pipeline_" + std::to_string(below(100));
    for (std::size_t i = below(4); i > 0; --i) p.parameters[fmt::format("p{}", i)] = value();
    for (std::size_t i = 0; i <= below(3); ++i) p.sources.push_back(source(fmt::format("s{}", i)));
    for (std::size_t i = 0; i <= below(3); ++i) p.tables.push_back(table(fmt::format("t{}", i)));
    if (chance()) p.contract = contract(p.tables[below(p.tables.size())].name);
    p.feature_table = p.tables[below(p.tables.size())].name;
    for (std::size_t i = below(4); i > 0; --i) p.features.push_back(feature(fmt::format("f{}", i)));
    if (chance()) p.split = split();
    for (std::size_t i = below(3); i > 0; --i) p.outputs.push_back(output(i));
    if (!p.outputs.empty()) {
      p.state_path = chance() ? folder_ + "out/state" : folder_ + "elsewhere/state";
      p.quarantine_path = folder_ + "out/quarantine";
      p.report_path = "/var/run.json";
    }
    return p;
  }

  std::string string() {
    return pick<std::string>(
        {"a",   "plain words", "no",        "12",   "1e3",        "null",         "",       " x ",   "a: b",
         "#c",  "it's",        "\"q\"",     "a\\b", "tab\there",  "two\nlines\n", "ümläut", "${p1}", "$${x}",
         "{x}", "[1]",         "*star",     "&and", "!bang",      "%p",           "@at",    "`b`",   "- dash",
         "?",   "|",           ">",         "true", "2013-01-01", "x,y",          "\x01",   "~",     "a #b",
         "=",   "<<",          "trailing:", "'",    "''",         "\"",           "🚀"});
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound); }
  bool chance() { return below(2) == 0; }
  template <typename T>
  T pick(std::vector<T> choices) {
    return choices[below(choices.size())];
  }
  std::string column_name() {
    return pick<std::string>({"a", "b_1", "Größe", "with space", "null", "1st", "${x}", "select"});
  }
  std::vector<std::string> column_names() {
    std::vector<std::string> names = {column_name()};
    while (chance()) names.push_back(column_name() + std::to_string(names.size()));
    return names;
  }

  Value value() {
    switch (below(4)) {
      case 0: return Value::int64(static_cast<std::int64_t>(random_()));
      case 1: return Value::float64(pick<double>({0, 1, -2.5, 1e300, 0.1, 1e-7, 12345678901234567.0}));
      case 2: return Value::boolean(chance());
      default: return Value::string(string());
    }
  }

  Expr expr() {
    return parse_expr(
        pick<std::string>({"a", "a + 1 > b_1", "\"with space\" is not null", "a like 'it''s: %'", "1", "'x'",
                           "cast(a as decimal(5, 2))", "case when a then 'y' else '#' end", "a in (1, -2.5)",
                           "not a and (b_1 or a = date '2013-01-01')", "concat(a, '${x}', '\n')", "true"}));
  }
  std::vector<NamedExpr> exprs() {
    std::vector<NamedExpr> columns;
    for (const std::string& name : column_names()) columns.push_back({name, expr()});
    return columns;
  }

  ColumnRule rule(const std::string& name, const Type& type) {
    ColumnRule rule;
    rule.column = name;
    rule.nullable = chance();
    auto typed = [&](std::int64_t number) -> Value {
      switch (type.kind()) {
        case TypeKind::kString: return Value::string(fmt::format("{}{}", number, string()));
        case TypeKind::kFloat32: return {type, double{static_cast<float>(number) / 3}};
        case TypeKind::kFloat64: return {type, static_cast<double>(number) / 3};
        case TypeKind::kDecimal128: return {type, Int128{number} * Int128{10'000'000'000'000'000} + 7};
        default: return {type, number};
      }
    };
    if (chance()) rule.min = typed(-3);
    if (chance() && type.kind() != TypeKind::kString) rule.max = typed(100);
    if (chance()) rule.allowed = {typed(1), typed(2)};
    return rule;
  }

  Type type() {
    return pick<Type>({TypeKind::kInt8, TypeKind::kInt64, TypeKind::kFloat32, TypeKind::kFloat64, TypeKind::kString,
                       TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kTimestampNtz, Type::decimal(30, 3)});
  }

  SourceSpec source(const std::string& name) {
    SourceSpec s;
    s.name = name;
    s.paths = {pick<std::string>({"/x/a.csv", "s3://b/c", folder_ + "data/*.csv", folder_ + "dir/"})};
    if (chance()) s.paths.push_back(folder_ + "it's here.csv");
    s.format = chance() ? "csv" : "";
    s.on_error = pick<OnError>({OnError::kFail, OnError::kQuarantine, OnError::kDrop, OnError::kNull});
    s.csv.delimiter = pick<char>({',', ';', '\t', '|'});
    s.csv.quote = pick<char>({'"', '\'', '\0'});
    s.csv.header = chance();
    if (chance()) s.partition_columns = {{"day", TypeKind::kDate}, {"country", TypeKind::kString}};
    if (chance()) s.csv.null_values = {"NA", string()};
    for (const std::string& column : chance() ? column_names() : std::vector<std::string>{}) {
      Type column_type = type();
      ColumnRule r = rule(column, column_type);
      s.declared.push_back({column, column_type, r.nullable});
      if (!r.nullable || r.min || r.max || !r.allowed.empty()) s.rules.push_back(r);
    }
    if (chance()) s.declared.push_back({"nested", *Type::parse("struct<a: list<int8>, b: decimal(3, 1)>"), true});
    return s;
  }

  Step step() {
    Step s;
    switch (below(12)) {
      case 0: s.kind = FilterStep{expr(), chance() ? "named: it" : ""}; break;
      case 1: s.kind = WithColumnsStep{exprs()}; break;
      case 2: s.kind = SelectStep{exprs()}; break;
      case 3: s.kind = DropStep{column_names()}; break;
      case 4: s.kind = RenameStep{{{column_name(), "x y"}, {"z", column_name()}}}; break;
      case 5: {
        JoinKind how = pick<JoinKind>({JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti});
        std::vector<std::string> left = column_names();
        std::vector<std::string> right = chance() ? left : column_names();
        s.kind = JoinStep{"s0", how, left, right, pick<std::string>({"_right", "_x", ""}), chance()};
        break;
      }
      case 6: {
        bool ordered = chance();
        s.kind = DeduplicateStep{column_names(), ordered ? column_names() : std::vector<std::string>{},
                                 pick<Keep>({Keep::kFirst, Keep::kLast}), !ordered};
        break;
      }
      case 7: {
        SortStep sort;
        for (const std::string& name : column_names()) sort.order.push_back({name, chance()});
        s.kind = sort;
        break;
      }
      case 8: s.kind = LimitStep{static_cast<std::int64_t>(below(100)), chance() ? 0 : 7}; break;
      case 9: s.kind = ConcatStep{{"s0"}, chance()}; break;
      case 10: s.kind = ExplodeStep{column_names(), chance()}; break;
      default: s.kind = GroupByStep{chance() ? column_names() : std::vector<std::string>{}, exprs()};
    }
    return s;
  }

  TableSpec table(const std::string& name) {
    TableSpec t;
    t.name = name;
    t.from = "s0";
    for (std::size_t i = below(5); i > 0; --i) t.steps.push_back(step());
    return t;
  }

  ContractSpec contract(const std::string& table) {
    ContractSpec c;
    c.table = table;
    for (const std::string& name : column_names()) {
      Type column_type = type();
      ContractSpec::ColumnPromise promise{rule(name, column_type), column_type};
      if (chance()) promise = {rule(name, TypeKind::kInt64), std::nullopt};
      c.columns.push_back(promise);
    }
    if (chance()) c.rows.push_back({"sane: yes", expr()});
    return c;
  }

  FeatureSpec feature(const std::string& name) {
    FeatureSpec f;
    f.name = name;
    f.inputs = {chance() ? column(name) : expr()};
    if (chance()) f.inputs.push_back(expr());
    f.role = pick<std::string>({"feature", "label", "pass_through"});
    if (chance()) f.dtype = Type(TypeKind::kFloat32);
    for (std::size_t i = below(3); i > 0; --i) {
      TransformSpec t;
      t.name = pick<std::string>({"log1p", "clip"});
      if (chance()) t.parameters.emplace_back("min", value());
      if (chance()) t.parameters.emplace_back("list", list());
      f.transforms.push_back(t);
    }
    return f;
  }

  Value list() {
    std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
    Value first = value();
    ColumnBuilder builder(*memory, first.type);
    for (std::size_t i = 0; i < 2; ++i) append_value(builder, first);
    return Value::list(builder.finish());
  }

  SplitSpec split() {
    SplitSpec s;
    s.fit_part = chance() ? "train" : "fit.part";
    if (chance())
      s.kind = SplitSpec::ByHash{expr(), string(), {{s.fit_part, 0.7}, {"eval", 0.2}, {"test", 0.1}}};
    else
      s.kind = SplitSpec::ByPredicate{{{"eval", expr()}, {s.fit_part, chance() ? expr() : parse_expr("true")}}};
    return s;
  }

  OutputSpec output(std::size_t index) {
    OutputSpec o;
    o.path = fmt::format("{}out/{}", folder_, index);
    o.format = chance() ? "parquet" : "tfrecord";
    o.compression = chance() ? "" : "zstd";
    o.mode = pick<WriteMode>({WriteMode::kOverwrite, WriteMode::kAppend, WriteMode::kOverwritePartitions});
    if (chance()) {
      o.layout.shards = static_cast<std::int64_t>(1 + below(9));
    } else if (chance()) {
      o.layout.shard_bytes = 1 << 20;
    } else {
      o.layout.rows_per_shard = chance() ? 1000000 : 17;
    }
    if (chance()) o.layout.order.partition_by = {"day", "it's: a day"};
    if (chance()) {
      o.layout.order.shuffle = below(100);
    } else if (chance()) {
      o.layout.order.sort_by = {{"user", false}, {"time", true}};
    }
    if (chance()) o.row_group_rows = 1000;
    o.index = chance();
    o.petastorm = o.format == "parquet" && chance();
    if (o.petastorm && chance()) o.images = {{"photo", "png"}, {"it's: one", "jpeg"}};
    return o;
  }

  std::mt19937_64 random_;
  std::string folder_;
};

}  // namespace

TEST_CASE("any string, as a YAML value or key, in block and flow style, reads back as itself") {
  Drawer drawer(1);
  for (int i = 0; i < 300; ++i) {
    std::string text = drawer.string() + (i % 3 == 0 ? drawer.string() : "");
    YamlMap map, inner;
    std::string key = text.empty() ? "key" : text;
    inner.add(key, yaml_string(text));
    map.add("block", inner.block());
    map.add("flow", yaml_flow_list({inner.flow(), yaml_string(text)}));
    CAPTURE(map.block());
    ConfigNode root = parse_config(map.block().substr(1), "");
    substitute_parameters(root, {}, "");
    const ConfigEntry& block = root.find("block")->entries.at(0);
    CHECK(block.key == key);
    CHECK(block.value.is_string());
    CHECK(block.value.text == text);
    const std::vector<ConfigNode>& flow = root.find("flow")->items;
    CHECK(flow[0].entries.at(0).key == key);
    CHECK(flow[0].entries[0].value.text == text);
    CHECK(flow[1].text == text);
  }
}

TEST_CASE("a pipeline written as YAML is read back as the same pipeline") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Pipeline pipeline = Drawer(seed).pipeline();
    std::string yaml = to_yaml(pipeline);
    CAPTURE(seed);
    CAPTURE(yaml);
    REQUIRE_NOTHROW(parse_pipeline(yaml, pipeline.file));
    Pipeline read = parse_pipeline(yaml, pipeline.file);
    REQUIRE(text_of(read) == text_of(pipeline));
    REQUIRE(to_yaml(read) == yaml);
  }
}

TEST_CASE("a pipeline is written as a person would write it") {
  Pipeline pipeline = parse_pipeline(
      "version: 1\nname: p\nsources: {s: {path: s.csv, schema: {a: int64, b: {type: string, nullable: false}}}}\n"
      "tables: {t: {from: s, steps: [{filter: a is not null}, {join: {right: s, on: a, how: inner}}]}}\n"
      "features: [{name: a, transforms: [{clip: {min: 0}}, log1p]}]\n"
      "split: {by: a, parts: {train: < 5, eval: rest}}\noutputs: [{path: out/p, format: parquet}]\n",
      "x/p.yaml");
  CHECK(to_yaml(pipeline) ==
        "version: 1\n"
        "name: p\n"
        "sources:\n"
        "  s:\n"
        "    path: s.csv\n"
        "    schema:\n"
        "      a: int64\n"
        "      b: {type: string, nullable: false}\n"
        "tables:\n"
        "  t:\n"
        "    from: s\n"
        "    steps:\n"
        "      - filter: a is not null\n"
        "      - join: {right: s, on: a, how: inner}\n"
        "features:\n"
        "  - name: a\n"
        "    transforms: [{clip: {min: 0}}, log1p]\n"
        "split:\n"
        "  parts:\n"
        "    train: a < 5\n"
        "    eval: rest\n"
        "outputs:\n"
        "  - path: out/p\n"
        "    format: parquet\n");
}

}  // namespace headrace
