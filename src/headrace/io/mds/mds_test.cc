// MDS shards byte by byte, their index, and what is refused; what all binary formats promise stands in
// binary_format_test.cc.
#include "headrace/io/mds/mds.h"

#include <cstring>

#include <doctest/doctest.h>

#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/mds/mds_encoding.h"
#include "headrace/io/mds/mds_index.h"

namespace headrace {
namespace {

std::string u32(std::uint32_t value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

/// A shard of one column with these samples.
std::string shard_of(const std::string& encoding, const std::string& size, const std::vector<std::string>& samples) {
  std::string config =
      fmt::format(R"({{"column_encodings": ["{}"], "column_names": ["x"], "column_sizes": [{}], "compression": null, )"
                  R"("format": "mds", "hashes": [], "size_limit": 67108864, "version": 2}})",
                  encoding, size);
  std::uint32_t end = static_cast<std::uint32_t>(4 + 4 * (samples.size() + 1) + config.size());
  std::string file = u32(static_cast<std::uint32_t>(samples.size())) + u32(end);
  for (const std::string& sample : samples) file += u32(end += static_cast<std::uint32_t>(sample.size()));
  file += config;
  for (const std::string& sample : samples) file += sample;
  return file;
}

/// A value of variable size as a sample of one column.
std::string sized(std::string_view value) { return u32(static_cast<std::uint32_t>(value.size())) + std::string(value); }

FormatTest test_of(std::string bytes) {
  FormatTest test("mds");
  test.files->files["t"] = std::move(bytes);
  test.spec.paths = {"t"};
  return test;
}

std::vector<std::string> rows_of_shard(const std::string& encoding, const std::string& size,
                                       const std::vector<std::string>& samples, std::optional<Type> declared = {}) {
  FormatTest test = test_of(shard_of(encoding, size, samples));
  if (declared) test.spec.declared = {{"x", *declared}};
  return test.read();
}

template <typename T>
std::string bytes_of_value(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

}  // namespace

TEST_CASE("the bytes of a shard are those that the layout says") {
  FormatTest test("mds");
  MemoryBudget& memory = *test.context.memory;
  Schema schema({{"b", TypeKind::kString}, {"a", TypeKind::kInt16}, {"c", Type::list(TypeKind::kInt8)}});
  ColumnBuilder b(memory, schema[0].type);
  ColumnBuilder a(memory, schema[1].type);
  ColumnBuilder c(memory, schema[2].type);
  b.append_string("hi");
  a.append<std::int16_t>(258);
  c.child(0).append<std::int8_t>(7);
  c.append_list_end();
  test.write("t", {Batch{std::make_shared<const Schema>(schema), {b.finish(), a.finish(), c.finish()}, 1}});
  std::string config =
      R"({"column_encodings":["int16","str","ndarray:int8"],"column_names":["a","b","c"],)"
      R"("column_sizes":[2,null,null],"compression":null,"format":"mds","hashes":[],"size_limit":null,"version":2})";
  std::string sample = u32(2) + u32(3) + "\x02\x01hi\x04\x01\x07";
  std::uint32_t start = static_cast<std::uint32_t>(12 + config.size());
  std::string expected = u32(1) + u32(start) + u32(start + static_cast<std::uint32_t>(sample.size())) + config + sample;
  CHECK(test.files->files["t"] == expected);
}

TEST_CASE("each encoding is read as its type") {
  using Rows = std::vector<std::string>;
  CHECK(rows_of_shard("uint8", "1", {"\xff"}) == Rows{"255|"});
  CHECK(rows_of_shard("uint64", "8", {std::string(8, '\xff')}) == Rows{"18446744073709551615|"});
  CHECK(rows_of_shard("float16", "2", {bytes_of_value<std::uint16_t>(0x3e00)}) == Rows{"1.5|"});
  CHECK(rows_of_shard("int", "8", {bytes_of_value<std::int64_t>(-5)}) == Rows{"-5|"});
  CHECK(rows_of_shard("json", "null", {sized(R"({"a": 1})")}) == Rows{R"({"a": 1}|)"});
  CHECK(rows_of_shard("str_int", "null", {sized("-12")}) == Rows{"-12|"});
  CHECK(rows_of_shard("str_float", "null", {sized("1e3")}) == Rows{"1000.0|"});
  CHECK(rows_of_shard("str_decimal", "null", {sized("1.50")}) == Rows{"1.50|"});
  CHECK(rows_of_shard("str_decimal", "null", {sized("1.5")}, Type::decimal(5, 2)) == Rows{"1.50|"});
  CHECK(rows_of_shard("ndarray:uint16:2", "4", {bytes_of_value<std::uint32_t>(0x00020001)}) == Rows{"[1, 2]|"});
  CHECK(rows_of_shard("ndarray:int8", "null",
                      {sized(std::string("\x05\x02\0\x01\x02", 5)), sized(std::string("\x04\0", 2))}) ==
        Rows{"[1, 2]|", "[]|"});
  CHECK(rows_of_shard("int32", "4", {bytes_of_value<std::int32_t>(1)}, Type(TypeKind::kDate)) == Rows{"1970-01-02|"});
  CHECK(rows_of_shard("uint8", "1", {"\x01"}, Type(TypeKind::kBool)) == Rows{"true|"});
}

TEST_CASE("values that are none of their encoding are bad rows") {
  struct Case {
    std::string encoding;
    std::string sample;
    Type declared;
    std::string bad;
  };
  const std::string two_axes("\x08\x01\x01\x07", 4);
  for (const Case& it : std::vector<Case>{
           {"str_int", sized("1x"), TypeKind::kInt64, "1 cast x: '1x' does not fit int64"},
           {"str_decimal", sized("1.505"), Type::decimal(5, 2), "1 cast x: '1.505' does not fit decimal(5, 2)"},
           {"ndarray:int8", sized(two_axes), Type::list(TypeKind::kInt8),
            "1 shape x: an array of 2 axes where one is wanted"},
           {"ndarray:int8", sized("\x04\x05\x01"), Type::list(TypeKind::kInt8),
            "1 malformed x: its array has 3 bytes, which is no number of elements"},
           {"ndarray:int8", sized(""), Type::list(TypeKind::kInt8), "1 malformed x: its array has no head"},
           {"str", u32(9) + "abc", TypeKind::kString, "1 malformed : the sample has 7 bytes, its values need 13"},
           {"str", "ab", TypeKind::kString, "1 malformed : the sample has 2 bytes, its values need 4"},
       }) {
    CAPTURE(it.bad);
    FormatTest test = test_of(shard_of(it.encoding, "null", {it.sample, it.sample}));
    test.spec.declared = {{"x", it.declared}};
    test.spec.on_error = OnError::kQuarantine;
    CHECK(test.read().empty());
    REQUIRE(test.bad().size() == 2);
    CHECK(test.bad()[0] == it.bad);
    test.spec.on_error = OnError::kFail;
    CHECK_THROWS_AS(test.read(), Error);
  }
  FormatTest test = test_of(shard_of("uint8", "1", {"\x01", "\x02"}));
  test.spec.declared = {{"x", TypeKind::kBool}};
  test.spec.on_error = OnError::kQuarantine;
  CHECK(test.read() == std::vector<std::string>{"true|"});
  CHECK(test.bad() == std::vector<std::string>{"2 cast x: 2 does not fit bool"});
}

TEST_CASE("columns of encodings that are not read are named, and the others can be read") {
  for (const char* encoding : {"pkl", "pil", "ndarray", "list[jpeg]", "ndarray:int8:0", "ndarray:int8:70000,70000"}) {
    CAPTURE(encoding);
    FormatTest test = test_of(shard_of(encoding, "null", {sized("x")}));
    CHECK_THROWS_WITH_AS(test.read(),
                         doctest::Contains(fmt::format("column 'x' has a type that is not read: {}", encoding).c_str()),
                         Error);
  }
}

TEST_CASE("offsets that lead elsewhere are a damaged file") {
  std::string good = shard_of("int8", "1", {"a", "b", "c"});
  for (std::size_t place : {4, 8, 12, 16}) {
    for (std::uint32_t value : {0U, 4U, 100U, 0x7fffffffU, 0xffffffffU}) {
      CAPTURE(place);
      CAPTURE(value);
      std::string bytes = good;
      std::memcpy(bytes.data() + place, &value, sizeof(value));
      CHECK_THROWS_AS(test_of(bytes).read(), Error);
    }
  }
  std::string bytes = good;
  std::uint32_t many = 0xffffffff;
  std::memcpy(bytes.data(), &many, sizeof(many));
  CHECK_THROWS_WITH_AS(test_of(bytes).read(), doctest::Contains("it declares 4294967295 samples"), Error);
}

TEST_CASE("splits are runs of samples and together all rows") {
  for (std::int64_t split_bytes : {1, 100, 1 << 20}) {
    FormatTest test("mds");
    test.context.split_bytes = split_bytes;
    Schema schema({{"n", TypeKind::kInt64, false}, {"s", TypeKind::kString, false}});
    Batch batch = sample_batch(schema, 333, *test.context.memory);
    test.write("t", {batch});
    CHECK(test.read() == rows_of(batch));
    CHECK(open_source(test.spec, test.context)->row_count() == 333);
  }
}

TEST_CASE("an index stands for the shards that it names") {
  FormatTest test("mds");
  Schema schema({{"n", TypeKind::kInt64, false}});
  Batch batch = sample_batch(schema, 20, *test.context.memory);
  std::vector<WrittenFile> files;
  for (std::int64_t i = 0; i < 3; ++i) {
    std::string name = fmt::format("part-{}.mds", i);
    files.push_back({name, test.write("d/" + name, {batch.slice(i * 5, i == 1 ? 0 : 5)})});
  }
  test.write("d/other.mds", {batch});
  finish_mds_folder(*test.files, {"d", "rows", schema, {}, files});
  std::string good = test.files->files["d/index.json"];
  std::vector<std::string> expected = rows_of(batch.slice(0, 5));
  append_rows(batch.slice(10, 5), expected);
  test.spec.paths = {"d/index.json"};
  CHECK(test.read() == expected);
  test.spec.paths = {"d/index.json", "d/other.mds", "d/part-0.mds"};  // as when the folder is named
  CHECK(test.read() == expected);

  auto refused = [&](const std::string& from, const std::string& to, const char* message) {
    std::string text = good;
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
    test.files->files["d/index.json"] = text;
    test.spec.paths = {"d/index.json"};
    CHECK_THROWS_WITH_AS(test.read(), doctest::Contains(message), Error);
  };
  refused("part-0.mds", "../part-0.mds", "'../part-0.mds' is no name of a file in the folder");
  refused("part-0.mds", "/etc/passwd", "is no name of a file in the folder");
  refused("part-0.mds", "part-2.mds", "is named twice");
  refused("part-0.mds", "part-9.mds", "is not there");
  refused("\"samples\":5", "\"samples\":6", "its rows or columns are not those that the index of its folder says");
  refused("\"bytes\":", "\"bytes\":1", "bytes, 'd/index.json' says 1");
  refused("\"version\":2", "\"version\":3", "3 is not 2");
  refused("\"version\":2", "\"version\":2,\"version\":2", "occurs twice");
  refused("\"samples\":5", "\"smaples\":5", "an unknown key");
}

TEST_CASE("a null is refused where it is written, and a type without an encoding before") {
  FormatTest test("mds");
  Schema schema({{"n", TypeKind::kInt64}});
  Batch batch = sample_batch(schema, 10, *test.context.memory);
  CHECK_THROWS_WITH_AS(test.write("t", {batch}),
                       doctest::Contains("cannot write 't': column 'n' holds a null, and MDS has none"), Error);
  CHECK(test.write("t", {batch.slice(0, 3)}).row_count == 3);
  for (const Type& type : {Type::list(TypeKind::kString), Type::list(Type::list(TypeKind::kInt8)),
                           Type::structure({{"a", TypeKind::kInt8}}), Type::list(Type::decimal(5, 2))}) {
    CHECK_THROWS_WITH_AS(check_mds_schema(Schema({{"c", type}})),
                         doctest::Contains("column 'c' cannot be written as MDS"), Error);
  }
  CHECK_THROWS_WITH_AS(test.write("t", {batch}, {.compression = "zstd"}),
                       doctest::Contains("cannot be written with compression 'zstd'"), Error);
}

TEST_CASE("a shard that would exceed what its offsets can address is refused") {
  FormatTest test("mds");
  Schema schema({{"n", TypeKind::kInt64, false}});
  Batch batch = sample_batch(schema, 100, *test.context.memory);
  std::int64_t size_bytes = test.write("t", {batch}).size_bytes;
  std::uint64_t size = static_cast<std::uint64_t>(size_bytes);
  auto write = [&](std::uint64_t bytes_max) {
    std::unique_ptr<FileWriter> writer =
        create_mds_shard(schema, test.files->create("u"), *test.context.memory, bytes_max);
    writer->write(batch);
    return writer->finish().size_bytes;
  };
  CHECK(write(size) == size_bytes);
  CHECK_THROWS_WITH_AS(write(size - 1), doctest::Contains("an MDS shard holds less than 4 GiB"), Error);
}

}  // namespace headrace
