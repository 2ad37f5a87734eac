// The file of the fitted state: its text, its digests, and what is refused.
#include "headrace/feature/fitted_state.h"

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

FittedState example_state() {
  Batch rows = test_batch({strings({"a", "b", "a"})});
  return fitted({transform_spec("vocabulary")}, rows).state(3);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("the text of a fitted state") {
  CHECK(example_state().to_json() == R"({
  "kind": "headrace fitted state",
  "version": 1,
  "fitted_row_count": 3,
  "features": [
    {
      "name": "f",
      "from": ["a"],
      "columns": {
        "a": "string"
      },
      "transforms": [
        {
          "name": "vocabulary",
          "parameters": {}
        }
      ],
      "dtype": null,
      "states": [
        {
          "type": "string",
          "count": 3,
          "distinct": 2,
          "words": ["a", "b"]
        }
      ]
    }
  ]
}
)");
}

TEST_CASE("equal states have equal digests, and every difference shows") {
  FittedState state = example_state();
  CHECK(state.digest() == example_state().digest());
  CHECK(state.digest().size() == 37);
  FittedState other = state;
  other.states[0][0]["words"][1] = "c";
  CHECK(other.digest() != state.digest());
  CHECK(other.features_digest() == state.features_digest());
  other.features[0]["name"] = "g";
  CHECK(other.features_digest() != state.features_digest());
}

TEST_CASE("a text of another form is refused with its path") {
  std::string text = example_state().to_json();
  auto refuses = [](const std::string& wrong, const char* message) {
    CAPTURE(wrong);
    CHECK_THROWS_WITH_AS(FittedState::from_json(wrong, "out/state.json"), doctest::Contains(message), Error);
    CHECK_THROWS_WITH_AS(FittedState::from_json(wrong, "out/state.json"), doctest::Contains("out/state.json"), Error);
  };
  CHECK_NOTHROW(FittedState::from_json(text, "out/state.json"));
  refuses("[]", "this is no fitted state of Headrace");
  refuses("{}", "this is no fitted state of Headrace");
  refuses(replaced(text, "\"version\": 1", "\"version\": 2"), "has version 2, this program reads version 1");
  refuses(replaced(text, "\"version\": 1", "\"version\": \"1\""), "this program reads version 1");
  refuses(replaced(text, "\"version\": 1,", ""), "has version (none)");
  refuses(replaced(text, "\"fitted_row_count\": 3", "\"fitted_row_count\": -3"), "is no number of rows");
  refuses(replaced(text, "\"fitted_row_count\": 3", "\"fitted_row_count\": 1e3"), "is no number of rows");
  refuses(replaced(text, "\"features\"", "\"feature\""), "goes on with 'feature'");
  refuses(replaced(text, "\"dtype\": null,", ""), "should go on with 'dtype'");
  refuses(replaced(text, "\"name\": \"f\"", "\"name\": 5"), "'name' of feature 1 is no string");
  refuses(replaced(text, "\"from\": [\"a\"]", "\"from\": \"a\""), "'from' of feature 1 is no list");
  refuses(replaced(text, "  \"states\": [", "  \"states\": [null, "), "has 1 transforms but 2 states");
  refuses(replaced(text, "[\"a\", \"b\"]", "[\"a\",\"b\"]"), "is not as Headrace writes it");
  refuses(text + " ", "is not as Headrace writes it");
  refuses(text.substr(0, text.size() / 2), "not valid JSON");
}

TEST_CASE("no text makes reading crash: every cut and every changed byte is read or refused") {
  std::string text = example_state().to_json();
  auto survives = [](const std::string& wrong) {
    try {
      FittedState state = FittedState::from_json(wrong, "x");
      FeatureSet set = one_feature({transform_spec("vocabulary")}, test_batch({strings({"a"})}));
      set.load_state(state);
      return true;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kBadData || error.code() == ErrorCode::kInvalidPipeline;
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK(survives(text.substr(0, i)));
    for (char byte : {'\0', '"', '9', '}', '\xff'}) {
      std::string changed = text;
      changed[i] = byte;
      CHECK(survives(changed));
    }
  }
}

}  // namespace
}  // namespace headrace
