// Data sets for Petastorm: which columns are refused, which values, what is stored, the same rows read back, damage.
#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/petastorm/metadata_file.h"
#include "headrace/io/petastorm/stored_column.h"
#include "headrace/io/petastorm/unischema_pickle.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

const WriterOptions kPetastorm = {.compression = "", .row_group_rows = 100, .petastorm = true};

Type parsed(std::string_view type) { return *Type::parse(type); }

std::string message_of(const auto& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message();
  }
  return "fine";
}

std::string check(std::string_view name, std::string_view type) {
  return message_of([&] { check_petastorm_schema(Schema({{std::string(name), parsed(type)}})); });
}

/// Writes a shard and the metadata of its folder.
void write_folder(FormatTest& test, const Batch& batch) {
  FileSummary summary = test.write("d/part-0.parquet", {batch}, kPetastorm);
  write_common_metadata(*test.files, {"d", "test rows", *batch.schema, kPetastorm, {{"part-0.parquet", summary}}});
}

/// A batch of one column `c` that holds the one value which `append` appends.
template <typename Append>
std::string write_one(std::string_view type, Append append) {
  FormatTest test("parquet");
  ColumnBuilder builder(*test.context.memory, parsed(type));
  append(builder);
  Schema schema({{"c", parsed(type)}});
  Column column = builder.finish();
  std::int64_t rows = column.length();
  Batch batch{std::make_shared<const Schema>(schema), {std::move(column)}, rows};
  return message_of([&] { test.write("d/part-0.parquet", {batch}, kPetastorm); });
}

}  // namespace

TEST_CASE("columns that a Unischema cannot hold are refused by name") {
  for (std::string_view type :
       {"bool", "int8", "int64", "float32", "float64", "decimal(38, 2)", "string", "binary", "date", "timestamp",
        "timestamp_ntz", "list<float32>", "list<string>", "list<timestamp>", "fixed_size_list<decimal(5, 1), 3>"}) {
    CHECK(check("c", type) == "fine");
  }
  CHECK(check("c", "struct<a: int32>") == "column 'c' is struct<a: int32>, which a Unischema cannot hold");
  CHECK(check("c", "list<list<int32>>") == "column 'c' is list<list<int32>>, which a Unischema cannot hold");
  for (std::string_view name : {"class", "_x", "a-b", "1st", "caf\xC3\xA9", "a b", "None"}) {
    CHECK(check(name, "int32") == fmt::format("column '{}' has a name that Petastorm cannot read", name));
  }
}

TEST_CASE("the Unischema says how each column is stored") {
  Schema schema({{"n", TypeKind::kInt16, false},
                 {"t", TypeKind::kTimestamp, true},
                 {"u", TypeKind::kTimestamp, false},
                 {"raw", TypeKind::kBinary, true},
                 {"pair", parsed("fixed_size_list<float32, 2>"), false},
                 {"one", parsed("fixed_size_list<float64, 1>"), false},
                 {"words", parsed("list<string>"), true},
                 {"some", parsed("list<int8>"), true},
                 {"times", parsed("fixed_size_list<timestamp, 2>"), true}});
  std::string text;
  for (const UnischemaField& field : unischema_of(schema, "2 rows").fields)
    text += field.name + ": " + to_string(field) + "\n";
  CHECK(text ==
        "n: int16 () none, not null\n"
        "t: object_ () none\n"
        "u: datetime64 () none, not null\n"
        "raw: object_ () none\n"
        "pair: float32 (2) none, not null\n"
        "one: object_ (1) none, not null\n"
        "words: object_ (?) none\n"
        "some: int8 (?) ndarray\n"
        "times: datetime64 (2) ndarray\n");
  CHECK(unischema_of(schema, "2 rows").name == "_2_rows");
  CHECK(stored_schema(schema).to_string() ==
        "n: int16 not null, t: timestamp, u: timestamp not null, raw: binary, pair: list<float32> not null, "
        "one: list<float64> not null, words: list<string>, some: binary, times: binary");
}

TEST_CASE("rows read back as they were, by the Unischema and by declared types") {
  Schema schema = schema_of_types(
      {TypeKind::kBool, TypeKind::kInt64, TypeKind::kFloat64, Type::decimal(20, 3), TypeKind::kString,
       TypeKind::kBinary, TypeKind::kTimestamp, Type::list(TypeKind::kFloat32), Type::list(TypeKind::kString),
       Type::fixed_size_list(TypeKind::kInt8, 3), Type::fixed_size_list(TypeKind::kString, 2)});
  FormatTest test("parquet");
  Batch batch = sample_batch(schema, 1000, *test.context.memory);
  write_folder(test, batch.slice(3, 990));
  CHECK(test.read() == rows_of(batch.slice(3, 990)));
  CHECK(open_source(test.spec, test.context)->schema()[14].type == Type::list(TypeKind::kFloat32));
  test.spec.declared = schema.fields();
  CHECK(test.read() == rows_of(batch.slice(3, 990)));
  CHECK(open_source(test.spec, test.context)->schema() == schema);
}

TEST_CASE("arrays of times are read where the source says which they are") {
  Schema schema({{"t", Type::list(TypeKind::kTimestamp)}, {"d", Type::list(TypeKind::kTimestampNtz)}});
  FormatTest test("parquet");
  Batch batch = sample_batch(schema, 50, *test.context.memory);
  write_folder(test, batch);
  CHECK(open_source(test.spec, test.context)->schema()[0].type == Type(TypeKind::kBinary));
  test.spec.declared = schema.fields();
  CHECK(test.read() == rows_of(batch));
}

TEST_CASE("an array that is damaged is a bad row") {
  Schema schema({{"id", TypeKind::kInt64, false}, {"x", Type::list(TypeKind::kInt32)}});
  FormatTest test("parquet");
  Batch batch = sample_batch(schema, 3, *test.context.memory);
  write_folder(test, batch);
  // As other writers may leave it: the metadata says array, the column holds something else.
  ColumnBuilder bytes(*test.context.memory, TypeKind::kBinary);
  bytes.append_string("no array");
  bytes.append_null();
  bytes.append_string("");
  Batch stored{std::make_shared<const Schema>(Schema({{"id", TypeKind::kInt64, false}, {"x", TypeKind::kBinary}})),
               {batch.columns[0], bytes.finish()},
               3};
  test.write("d/part-0.parquet", {stored});
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("it is no array in numpy's format"), Error);
  test.spec.on_error = OnError::kQuarantine;
  CHECK(test.read({"x"}) == std::vector<std::string>{"null|"});
  CHECK(test.bad() == std::vector<std::string>{"1 array x: it is no array in numpy's format",
                                               "3 array x: it is no array in numpy's format"});
  test.spec.declared = {{"x", TypeKind::kBinary}};
  CHECK(test.read({"x"}).size() == 3);
}

TEST_CASE("values that Petastorm would not give back end the writing") {
  auto int64 = [](std::int64_t value) { return [value](ColumnBuilder& b) { b.append(value); }; };
  auto int32 = [](std::int32_t value) { return [value](ColumnBuilder& b) { b.append(value); }; };
  auto text = [](std::string_view value) { return [value](ColumnBuilder& b) { b.append_string(value); }; };
  CHECK(write_one("string", text(std::string_view("a\0b", 3))) == "fine");
  CHECK(write_one("string", text(std::string_view("a\0", 2))) ==
        "cannot write 'd/part-0.parquet': column 'c': a text ends with a zero character, which Petastorm drops");
  CHECK(write_one("binary", text(std::string_view("a\0", 2))) == "fine");
  CHECK(write_one("date", int32(-719162)) == "fine");
  CHECK(write_one("date", int32(2932896)) == "fine");
  CHECK(write_one("date", int32(-719163)).find("is out of the range that Petastorm reads") != std::string::npos);
  CHECK(write_one("date", int32(2932897)).find("is out of the range that Petastorm reads") != std::string::npos);
  CHECK(write_one("timestamp", int64(9223372036854775)) == "fine");
  CHECK(write_one("timestamp", int64(9223372036854776)).find("out of the range") != std::string::npos);
  CHECK(write_one("timestamp_ntz", int64(-9223372036854776)).find("out of the range") != std::string::npos);
  auto list_of_null = [](ColumnBuilder& b) {
    b.child(0).append_null();
    b.type().kind() == TypeKind::kList ? b.append_list_end() : b.append_struct_end();
  };
  CHECK(write_one("list<int32>", list_of_null).find("a list holds a null") != std::string::npos);
  CHECK(write_one("fixed_size_list<float32, 1>", list_of_null).find("a list holds a null") != std::string::npos);
  CHECK(write_one("list<string>", list_of_null) == "fine");
  CHECK(write_one("fixed_size_list<int32, 2>", [](ColumnBuilder& b) { b.append_null(); }) == "fine");
}

TEST_CASE("metadata is found beside a file or above its partitions, and damage in it is told") {
  FormatTest test("parquet");
  Schema schema({{"x", Type::list(TypeKind::kFloat32)}});
  write_folder(test, sample_batch(schema, 5, *test.context.memory));
  CHECK(find_unischema("d/part-0.parquet", test.context)->find("x")->numpy_dtype == "float32");
  CHECK(find_unischema("d/day=1/hour=2/part-0.parquet", test.context).has_value());
  CHECK_FALSE(find_unischema("d/day/part-0.parquet", test.context).has_value());
  CHECK_FALSE(find_unischema("part-0.parquet", test.context).has_value());
  std::string good = test.files->files["d/_common_metadata"];
  // Without its key the checksum is none, as in files of others.
  std::size_t key = good.rfind("headrace.footer");
  for (std::size_t at = 4; at + 8 < good.size(); ++at) {
    if (at >= key && at < key + 15) continue;
    test.files->files["d/_common_metadata"][at] = static_cast<char>(good[at] ^ 0x10);
    CHECK_THROWS_AS(find_unischema("d/part-0.parquet", test.context), Error);
    test.files->files["d/_common_metadata"] = good;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    test.files->files["d/_common_metadata"] = good.substr(0, size);
    CHECK_THROWS_AS(find_unischema("d/part-0.parquet", test.context), Error);
  }
  test.spec.declared = {{"x", TypeKind::kBinary}};
  CHECK(test.read().size() == 5);
}

TEST_CASE("whatever operation fails, Petastorm's data set is there as a whole or not at all") {
  Schema schema({{"id", TypeKind::kInt64, false}, {"x", Type::list(TypeKind::kFloat32)}});
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Manifest manifest;
  manifest.name = "rows";
  manifest.format = "parquet";
  manifest.run_id = "r1";
  for (const Field& field : schema) manifest.columns.push_back({field, "feature", {}, std::nullopt});
  std::int64_t n = 1;
  for (bool failed = true; failed; ++n) {
    TemporaryFolder folder;
    auto fs = std::make_shared<FaultyFileSystem>(local_file_system(), Fault{n, ENOSPC, /*writes_half=*/true});
    try {
      DataSetWriter writer(fs, folder.file("out"), format_named("parquet"), schema, {kPetastorm, {}}, "r1");
      std::unique_ptr<FileWriter> shard = writer.shards().open_shard({"all", {}, 0, 1}, *memory);
      shard->write(sample_batch(schema, 250, *memory));
      manifest.parts = {{"all", {{writer.shards().shard_file({"all", {}, 0, 1}), shard->finish()}}}};
      writer.publish(manifest);
    } catch (const Error&) {
    }
    failed = fs->has_failed();
    bool is_published = read_manifest(*local_file_system(), folder.file("out")).has_value();
    bool is_there = local_file_system()->info(folder.file("out/data-r1")).kind == FileInfo::Kind::kFolder;
    CHECK(is_there == is_published);
    if (!is_published) continue;
    SourceContext context{local_file_system(), memory};
    CHECK(find_unischema(folder.file("out/data-r1/part-00000-of-00001-r1.parquet"), context)->fields.size() == 2);
    std::string metadata = read_text(*local_file_system(), folder.file("out/data-r1/_common_metadata"));
    CHECK(metadata.find(R"({"part-00000-of-00001-r1.parquet":3})") != std::string::npos);
    SourceSpec spec;
    spec.paths = {folder.file("out")};
    CHECK(open_source(spec, context)->schema() == schema);
  }
  CHECK(n > 10);
}

}  // namespace headrace
