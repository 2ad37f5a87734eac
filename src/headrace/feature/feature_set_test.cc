// Stages, outputs, saved states and messages of whole sets of features.
#include "headrace/feature/feature_set.h"

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

FeatureSpec feature(std::string name, std::vector<TransformSpec> transforms = {}, std::string role = "feature") {
  FeatureSpec spec;
  spec.name = std::move(name);
  spec.transforms = std::move(transforms);
  spec.role = std::move(role);
  return spec;
}

Batch example_rows() {
  return test_batch({doubles({1, std::nullopt, 5, 3}), strings({"x", "y", "x", std::nullopt}), integers({1, 2, 3, 4})});
}

std::vector<FeatureSpec> example_specs() {
  FeatureSpec route = feature("route", {transform_spec("cross", {{"buckets", Value::int64(10)}})});
  route.inputs = {column("b"), column("c")};
  FeatureSpec doubled = feature("doubled", {transform_spec("standardize")});
  doubled.inputs = {parse_expr("2 * c")};
  return {feature("a", {transform_spec("fill", {{"with", Value::string("mean")}}), transform_spec("standardize")}),
          feature("b", {transform_spec("vocabulary"), transform_spec("one_hot")}), route, doubled,
          feature("c", {}, "key")};
}

FeatureSet fitted_example() {
  Batch rows = example_rows();
  FeatureSet set(example_specs(), *rows.schema);
  std::mt19937 random(1);
  fit(set, {rows}, random);
  return set;
}

TEST_CASE("fitting runs in stages: what is fitted second sees what the first gives") {
  Batch rows = example_rows();
  FeatureSet set(example_specs(), *rows.schema);
  CHECK_FALSE(set.is_fitted());
  std::vector<FitTask> first = set.next_stage();
  REQUIRE(first.size() == 3);  // fill of a, vocabulary of b, standardize of doubled
  CHECK(first[0].transform_index == 0);
  for (const FitTask& task : first) {
    auto accumulator = task.transform->make_accumulator(test_memory(), 1 << 20);
    accumulator->update(evaluate_all(task.inputs, rows));
    set.finish_task(task, *accumulator);
  }
  std::vector<FitTask> second = set.next_stage();
  REQUIRE(second.size() == 1);
  CHECK(set.name(second[0].feature_index) == "a");
  CHECK(second[0].transform_index == 1);
  Column input = evaluate_all(second[0].inputs, rows).front();
  CHECK(format_cell(input, 1) == "3.0");  // the mean of 1, 5, 3
  CHECK(set.input_columns() == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("output columns give type, role, shape and number of ids") {
  std::vector<OutputColumn> columns = fitted_example().output_columns();
  REQUIRE(columns.size() == 5);
  CHECK(columns[0].field == Field{"a", TypeKind::kFloat32, false});
  CHECK(columns[0].shape.empty());
  CHECK(columns[1].field == Field{"b", Type::fixed_size_list(TypeKind::kFloat32, 5), false});
  CHECK(columns[1].shape == std::vector<std::int64_t>{5});
  CHECK(columns[2].id_count == 12);
  CHECK(columns[4].role == "key");
  CHECK(columns[4].field.type == Type(TypeKind::kInt64));
}

TEST_CASE("doubles become float32 for the model and stay doubles for keys, times and what is passed through") {
  Batch rows = example_rows();
  for (const char* role : {"feature", "label", "weight"}) {
    FeatureSet set({feature("a", {}, role)}, *rows.schema);
    CHECK(set.output_columns().front().field.type == Type(TypeKind::kFloat32));
    CHECK(evaluate_all(set.expressions(), rows).front().type() == Type(TypeKind::kFloat32));
  }
  for (const char* role : {"key", "time", "pass_through"}) {
    CHECK(FeatureSet({feature("a", {}, role)}, *rows.schema).output_columns().front().field.type ==
          Type(TypeKind::kFloat64));
  }
  FeatureSpec cast_to = feature("c");
  cast_to.dtype = TypeKind::kInt8;
  CHECK(evaluate_all(FeatureSet({cast_to}, *rows.schema).expressions(), rows).front().type() == Type(TypeKind::kInt8));
}

TEST_CASE("every line of describe() names a feature and what was found") {
  auto lines = fitted_example().describe();
  CHECK(lines[0] == std::pair<std::string, std::string>("a", "fill: mean 3; standardize: mean 3, stddev 1.41421"));
  CHECK(lines[1].second == "vocabulary: 2 words, 1 out-of-vocabulary bucket");
  CHECK(lines[2].second.empty());
}

TEST_CASE("a saved state makes the same expressions without fitting") {
  FeatureSet set = fitted_example();
  FittedState state = FittedState::from_json(set.state(4).to_json(), "x");
  FeatureSet other(example_specs(), *example_rows().schema);
  other.load_state(state);
  for (std::size_t i = 0; i < set.size(); ++i) CHECK(same_expr(set.expressions()[i], other.expressions()[i]));
  CHECK(other.state(4) == state);
}

TEST_CASE("a state of other features is refused with the first difference") {
  FittedState state = fitted_example().state(4);
  auto refuses = [&](std::size_t index, const auto& change, const std::string& message) {
    std::vector<FeatureSpec> specs = example_specs();
    change(specs[index]);
    FeatureSet set(specs, *example_rows().schema);
    CHECK_THROWS_WITH_AS(set.load_state(state), doctest::Contains(message.c_str()), Error);
    CHECK_FALSE(set.is_fitted());
  };
  refuses(
      4, [](FeatureSpec& spec) { spec.name = "b2", spec.inputs = {column("c")}; },
      "feature 5 'b2': 'name' is \"b2\" in the pipeline and \"c\" in the state");
  refuses(
      3, [](FeatureSpec& spec) { spec.inputs = {parse_expr("3 * c")}; },
      "feature 4 'doubled': 'from' is [\"3 * c\"] in the pipeline and [\"2 * c\"] in the state");
  refuses(
      2, [](FeatureSpec& spec) { spec.transforms[0].parameters[0].second = Value::int64(11); },
      "feature 3 'route': 'transforms' is");
  refuses(0, [](FeatureSpec& spec) { spec.dtype = TypeKind::kFloat64; }, "'dtype' is \"float64\"");
  refuses(0, [](FeatureSpec& spec) { spec.transforms.pop_back(); }, "feature 1 'a': 'transforms' is");
  std::vector<FeatureSpec> fewer = example_specs();
  fewer.pop_back();
  FeatureSet set(fewer, *example_rows().schema);
  CHECK_THROWS_WITH_AS(set.load_state(state), doctest::Contains("has 4 features and the state 5"), Error);
  Batch other_types = test_batch({integers({1}), strings({"x"}), integers({1})});
  FeatureSet typed(example_specs(), *other_types.schema);
  CHECK_THROWS_WITH_AS(typed.load_state(state), doctest::Contains("'columns' is {\"a\":\"int64\"}"), Error);
}

TEST_CASE(
    "a parameter that has its default is the same as one left out, and whole numbers are floats where one is wanted") {
  auto digest = [](std::vector<std::pair<std::string, Value>> parameters, const char* name) {
    Batch rows = test_batch({integers({1, 2})});
    return fitted({transform_spec(name, std::move(parameters))}, rows).state(2).features_digest();
  };
  CHECK(digest({}, "vocabulary") == digest({{"min_count", Value::int64(1)}}, "vocabulary"));
  CHECK(digest({}, "vocabulary") != digest({{"min_count", Value::int64(2)}}, "vocabulary"));
  CHECK(digest({{"max", Value::int64(2)}, {"min", Value::int64(0)}}, "min_max") ==
        digest({{"max", Value::float64(2)}}, "min_max"));
}

TEST_CASE("a role may change without a new fit") {
  std::vector<FeatureSpec> specs = example_specs();
  specs[4].role = "pass_through";
  FeatureSet set(specs, *example_rows().schema);
  set.load_state(fitted_example().state(4));
  CHECK(set.is_fitted());
}

TEST_CASE("errors name the feature, its line, the transform and the fix") {
  const Schema schema = *example_rows().schema;
  auto message = [&](FeatureSpec spec) -> std::string {
    try {
      FeatureSet({std::move(spec)}, schema);
    } catch (const Error& error) {
      CHECK(error.code() != ErrorCode::kInternal);
      return error.what();
    }
    return "no error";
  };
  auto holds = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  FeatureSpec wrong_name = feature("b", {transform_spec("vocabularly")});
  wrong_name.place = {.line = 7, .column = 5};
  wrong_name.transforms[0].place = {.line = 8, .column = 9};
  std::string text = message(wrong_name);
  holds(text, "there is no transform 'vocabularly'");
  holds(text, "feature 'b' (line 7), transform 'vocabularly' (line 8)");
  holds(text, "did you mean 'vocabulary'?");
  holds(message(feature("no_such_column")), "no_such_column");
  holds(message(feature("b", {transform_spec("vocabulary"), transform_spec("year")})),
        "year takes a date or a timestamp, not int64");
  FeatureSpec many = feature("many");
  many.inputs = {column("a"), column("b")};
  holds(message(many), "2 inputs but no transform that makes one of them");
  FeatureSpec wrong_type = feature("b", {transform_spec("vocabulary"), transform_spec("one_hot")});
  wrong_type.dtype = TypeKind::kString;
  holds(message(wrong_type), "dtype string does not fit");
  FeatureSpec no_cast = feature("a");
  no_cast.dtype = TypeKind::kBinary;
  holds(message(no_cast), "feature 'a'");
  CHECK_THROWS_WITH_AS(FeatureSet({feature("a"), feature("a")}, schema),
                       doctest::Contains("two features have the name 'a'"), Error);
}

}  // namespace
}  // namespace headrace
