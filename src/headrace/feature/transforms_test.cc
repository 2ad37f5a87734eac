// The table of transforms and the reference that is made from it.
#include <algorithm>
#include <set>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

TEST_CASE("transforms are sorted by name, documented, and their examples name them") {
  std::span<const TransformKind* const> all = all_transforms();
  CHECK(all.size() == 20);
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
