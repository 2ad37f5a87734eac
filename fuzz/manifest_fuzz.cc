// Fuzzes the manifest of a data set. What is accepted names no file outside the data set's folder and prints as it was.
#include "fuzz/fuzz.h"
#include "headrace/io/data_set/data_set.h"

namespace headrace {

std::vector<std::string> fuzz_seeds() {
  Manifest manifest;
  manifest.name = "flight_delay";
  manifest.format = "parquet";
  manifest.columns = {{{"distance", Type::parse("float32").value(), false}, "feature", {}, std::nullopt},
                      {{"dest", Type::parse("fixed_size_list<int64, 3>").value(), true}, "feature", {3}, 120}};
  manifest.parts = {{"train", {{"data-1/train/part-00000-of-00001.parquet", {10, 1234, "xxh3:0123456789abcdef"}}}},
                    {"eval", {}}};
  manifest.row_digest = "xxh3sum:0123456789abcdef0123456789abcdef";
  manifest.fitted_state_digest = "xxh3:0123456789abcdef";
  manifest.run_id = "1";
  manifest.created_at = "2026-01-01T00:00:00Z";
  manifest.headrace_version = "0.1.0";
  return {manifest.to_json()};
}

std::vector<std::string> fuzz_words() {
  return {"null", "-1",   "1e999", "9223372036854775808", "\"../", "/etc/passwd", "..\\\\", "\\u0000", "[[[[",
          "{\"",  "\": ", "true"};
}

void fuzz_one(std::string_view input) {
  allow_input_errors([&] {
    const Manifest manifest = Manifest::from_json(input, "manifest.json");
    for (const Part& part : manifest.parts) {
      for (const Shard& shard : part.shards) {
        expect(!shard.file.empty() && shard.file.front() != '/', "a shard with an absolute name: " + shard.file);
        expect(("/" + shard.file + "/").find("/../") == std::string::npos, "a shard outside the folder: " + shard.file);
      }
    }
    const std::string text = manifest.to_json();
    expect(Manifest::from_json(text, "manifest.json").to_json() == text, "the printed manifest reads as another");
  });
}

}  // namespace headrace
