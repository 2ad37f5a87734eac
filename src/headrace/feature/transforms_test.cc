// The table of transforms and the reference that is made from it.
#include <algorithm>
#include <set>

#include "headrace/feature/transform_conformance.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

TEST_CASE("transforms are sorted by name, documented, and their examples name them") {
  std::span<const TransformKind* const> all = all_transforms();
  CHECK(all.size() == 22);
  CHECK(std::is_sorted(all.begin(), all.end(), [](auto* a, auto* b) { return a->name < b->name; }));
  for (const TransformKind* kind : all) {
    CAPTURE(kind->name);
    CHECK(&transform_named(kind->name) == kind);
    CHECK_FALSE(kind->summary.empty());
    CHECK_FALSE(kind->input.empty());
    CHECK_FALSE(kind->output.empty());
    CHECK(kind->example.find(kind->name) != std::string_view::npos);
    for (const TransformParameterDoc& doc : kind->parameters) CHECK_FALSE(doc.doc.empty());
  }
}

/// A set of one feature with the transforms that `yaml` lists, as a pipeline file says it.
FeatureSet set_of_yaml(const std::string& yaml, const Batch& rows) {
  std::string from = rows.columns.size() == 1 ? "a" : "[a, b]";
  std::string list = yaml.front() == '[' ? yaml : "[" + yaml + "]";
  Pipeline pipeline = parse_pipeline(
      "version: 1\nname: p\nsources: {s: {path: s.csv}}\ntables: {t: {from: s}}\nfeatures: [{name: f, from: " + from +
          ", transforms: " + list + "}]\n",
      "p.yaml");
  return FeatureSet(pipeline.features, *rows.schema);
}

TEST_CASE("every example is what a pipeline file may say") {
  std::vector<Batch> tables = {test_batch({doubles({1, 2, std::nullopt})}),
                               test_batch({strings({"a", std::nullopt})}),
                               test_batch({timestamps({0, std::nullopt})}),
                               test_batch({strings({"a", "b"}), integers({1, std::nullopt})}),
                               test_batch({lists(strings({"a", "b"}), {2, std::nullopt})}),
                               test_batch({lists(integers({1, 2}), {2, std::nullopt})})};
  for (const TransformKind* kind : all_transforms()) {
    std::string yaml(kind->example);
    CAPTURE(yaml);
    int taken_by = 0;
    for (const Batch& rows : tables) {
      try {
        FeatureSet set = set_of_yaml(yaml, rows);
        std::mt19937 random(1);
        fit(set, {rows}, random);
        CHECK(static_cast<std::int64_t>(cells(set, rows).size()) == rows.row_count);
        ++taken_by;
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::kInvalidPipeline);  // of another type
      }
    }
    CHECK(taken_by > 0);
  }
}

TEST_CASE("numbers of a pipeline file may be whole or not, in lists too") {
  Batch rows = test_batch({doubles({-0.5, 0.25, 5, 100})});
  CHECK(cells(set_of_yaml("{bucketize: {boundaries: [0, 0.5, 10]}}", rows), rows) ==
        std::vector<std::string>{"2", "3", "4", "5"});
  CHECK(cells(set_of_yaml("{bucketize: {boundaries: [0, 10]}}", rows), rows) ==
        std::vector<std::string>{"2", "3", "3", "4"});
  CHECK(cells(set_of_yaml("{clip: {min: 0, max: 7.5}}", rows), rows) ==
        std::vector<std::string>{"0.0", "0.25", "5.0", "7.5"});
}

TEST_CASE("the reference holds a chapter for every transform and a row for every parameter") {
  std::string text = transforms_reference_markdown();
  for (const TransformKind* kind : all_transforms()) {
    CHECK(text.find("\n## " + std::string(kind->name) + "\n") != std::string::npos);
    for (const TransformParameterDoc& doc : kind->parameters) {
      CHECK(text.find("| `" + std::string(doc.name) + "` |") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace headrace
