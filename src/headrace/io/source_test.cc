// Opening sources: whose files they are, and what their format is.
#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

std::string refusal(const SourceSpec& spec) {
  try {
    open_source(spec, {.fs = local_file_system(), .memory = MemoryBudget::create()});
  } catch (const Error& error) {
    return error.what();
  }
  return "opened";
}

}  // namespace

TEST_CASE("counts add up part by part") {
  ScanCounts sum{.rows_read = 1,
                 .rows_delivered = 2,
                 .rows_quarantined = 3,
                 .rows_dropped = 4,
                 .rows_skipped = 5,
                 .values_nulled = 6,
                 .bytes_read = 7};
  sum.add({.rows_read = 10,
           .rows_delivered = 20,
           .rows_quarantined = 30,
           .rows_dropped = 40,
           .rows_skipped = 50,
           .values_nulled = 60,
           .bytes_read = 70});
  CHECK(sum.rows_read == 11);
  CHECK(sum.rows_delivered == 22);
  CHECK(sum.rows_quarantined == 33);
  CHECK(sum.rows_dropped == 44);
  CHECK(sum.rows_skipped == 55);
  CHECK(sum.values_nulled == 66);
  CHECK(sum.bytes_read == 77);
}

TEST_CASE("a folder that is a data set stands for the shards of its manifest") {
  TemporaryFolder folder;
  std::string shard = folder.write("set/data-1/a/x.csv", "v\n1\n");
  folder.write("set/data-1/a/stray.csv", "v\n2\n");
  folder.write("set/data-0/a/old.csv", "other\n3\n");
  Manifest manifest;
  manifest.name = "set";
  manifest.format = "csv";
  manifest.columns = {
      {.field = {.name = "v", .type = TypeKind::kInt8}, .role = "feature", .shape = {}, .id_count = {}}};
  FileSummary summary{.row_count = 1, .size_bytes = 4, .checksum = "xxh3:0000000000000000"};
  manifest.parts = {{.name = "a", .shards = {{.file = "data-1/a/x.csv", .summary = summary}}}};
  manifest.row_digest = "xxh3sum:00000000000000000000000000000000";
  manifest.run_id = "1";
  folder.write("set/manifest.json", manifest.to_json());

  SourceSpec spec;
  spec.name = "s";
  spec.paths = {folder.file("set")};
  SourceContext context{.fs = local_file_system(), .memory = MemoryBudget::create()};
  std::unique_ptr<SourceReader> reader = open_source(spec, context);
  REQUIRE(reader->files().size() == 1);
  CHECK(reader->files()[0].path == shard);
  CHECK(reader->schema().to_string() == "v: int8");
  spec.declared = {{.name = "v", .type = TypeKind::kString}};
  CHECK(open_source(spec, context)->schema().to_string() == "v: string");

  manifest.parts[0].shards.clear();
  folder.write("set/manifest.json", manifest.to_json());
  CHECK(refusal(spec).find("has no shards") != std::string::npos);
}

TEST_CASE("sources without files, or with files of several formats, are refused") {
  TemporaryFolder folder;
  SourceSpec spec;
  spec.name = "s";
  spec.paths = {};
  CHECK(refusal(spec).find("the source names no file") != std::string::npos);
  spec.paths = {folder.write("a.csv", "a\n1\n"), folder.write("b.parquet", "x")};
  CHECK(refusal(spec).find("the files of one source have different formats: '" + spec.paths[0] + "' is csv, '" +
                           spec.paths[1] + "' is parquet") != std::string::npos);
  spec.paths = {folder.write("c.txt", "a\n1\n")};
  CHECK(refusal(spec).find(
            "does not show its format\n  while opening source 's'\n  hint: give the source a format (csv") !=
        std::string::npos);
  spec.format = "cvs";
  CHECK(refusal(spec).find("did you mean 'csv'?") != std::string::npos);
}

}  // namespace headrace
