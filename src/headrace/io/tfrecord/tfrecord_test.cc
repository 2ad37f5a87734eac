// TFRecord: known bytes, another protobuf encoder as twin, all that protobuf allows, bad rows, inference, damage.
#include "headrace/io/tfrecord/tfrecord.h"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>
#include <protozero/pbf_writer.hpp>

#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/tfrecord/example_parse.h"

namespace headrace {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string framed(std::string_view data) {
  std::uint64_t length = data.size();
  std::uint32_t length_checksum = masked_crc32c(&length, sizeof(length));
  std::uint32_t checksum = masked_crc32c(data.data(), data.size());
  std::string record(reinterpret_cast<const char*>(&length), sizeof(length));
  record.append(reinterpret_cast<const char*>(&length_checksum), sizeof(length_checksum));
  record.append(data);
  return record.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
}

/// An Example by another encoder: features of (name, bytes of the Feature).
std::string example(const std::vector<std::pair<std::string, std::string>>& features) {
  std::string map;
  protozero::pbf_writer entries(map);
  for (const auto& [name, feature] : features) {
    std::string bytes;
    protozero::pbf_writer entry(bytes);
    entry.add_string(1, name);
    entry.add_message(2, feature);
    entries.add_message(1, bytes);
  }
  std::string bytes;
  protozero::pbf_writer(bytes).add_message(1, map);
  return bytes;
}

std::string int_feature(const std::vector<std::int64_t>& values) {
  std::string list;
  if (!values.empty()) protozero::pbf_writer(list).add_packed_int64(1, values.begin(), values.end());
  std::string feature;
  protozero::pbf_writer(feature).add_message(3, list);
  return feature;
}

std::string float_feature(const std::vector<float>& values) {
  std::string list;
  if (!values.empty()) protozero::pbf_writer(list).add_packed_float(1, values.begin(), values.end());
  std::string feature;
  protozero::pbf_writer(feature).add_message(2, list);
  return feature;
}

std::string bytes_feature(const std::vector<std::string>& values) {
  std::string list;
  protozero::pbf_writer writer(list);
  for (const std::string& value : values) writer.add_bytes(1, value);
  std::string feature;
  protozero::pbf_writer(feature).add_message(1, list);
  return feature;
}

Batch one_column(FormatTest& test, const std::string& name, const Type& type, auto append) {
  ColumnBuilder builder(*test.context.memory, type);
  append(builder);
  Column column = builder.finish();
  std::int64_t rows = column.length();
  return {std::make_shared<const Schema>(Schema({{name, type}})), {std::move(column)}, rows};
}

/// Reads rows of `declared` columns out of Examples.
std::vector<std::string> read_examples(FormatTest& test, const std::vector<std::string>& examples,
                                       std::vector<Field> declared) {
  std::string file;
  for (const std::string& bytes : examples) file += framed(bytes);
  test.files->files["t"] = file;
  test.spec.paths = {"t"};
  test.spec.declared = std::move(declared);
  return test.read();
}

}  // namespace

TEST_CASE("the checksum is CRC-32C, masked") {
  std::uint32_t crc = 0xe3069283;  // of "123456789", by its specification
  CHECK(masked_crc32c("123456789", 9) == ((crc >> 15) | (crc << 17)) + 0xa282ead8);
}

TEST_CASE("records of many rows have the bytes of another encoder, whatever the lengths of names and values") {
  FormatTest test("tfrecord");
  std::vector<std::string> names = {"a", "of_14_letters_", std::string(40, 'n'), std::string(130, 'o'),
                                    std::string(5000, 'p')};
  std::vector<Field> fields;
  std::vector<ColumnBuilder> builders;
  for (const std::string& name : names) {
    for (TypeKind kind : {TypeKind::kInt64, TypeKind::kFloat32}) {
      for (bool is_sparse : {false, true}) {
        fields.push_back(
            {fmt::format("{}{}{}", name, kind == TypeKind::kInt64 ? "i" : "f", is_sparse ? "s" : "d"), kind});
        builders.emplace_back(*test.context.memory, kind);
      }
    }
  }
  std::string expected;
  constexpr int kRows = 700;
  for (int row = 0; row < kRows; ++row) {
    std::vector<std::pair<std::string, std::string>> features;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      bool is_sparse = fields[i].name.ends_with('s');
      std::uint64_t mixed = (static_cast<std::uint64_t>(row) + 1) * 0x9e3779b97f4a7c15 * (i + 1);
      if (is_sparse && mixed % 3 == 0) {
        builders[i].append_null();
        continue;
      }
      if (fields[i].type == Type(TypeKind::kInt64)) {
        std::int64_t value = static_cast<std::int64_t>(mixed >> (mixed % 64));
        builders[i].append<std::int64_t>(value);
        features.emplace_back(fields[i].name, int_feature({value}));
      } else {
        float value = static_cast<float>(mixed % 1000) / 8;
        builders[i].append<float>(value);
        features.emplace_back(fields[i].name, float_feature({value}));
      }
    }
    std::sort(features.begin(), features.end());
    expected += framed(example(features));
  }
  std::vector<Column> columns;
  for (ColumnBuilder& builder : builders) columns.push_back(builder.finish());
  test.write("t", {{std::make_shared<const Schema>(Schema(fields)), std::move(columns), kRows}});
  CHECK(test.files->files["t"].size() == expected.size());
  CHECK((test.files->files["t"] == expected));
}

TEST_CASE("known rows have the bytes that other writers give them") {
  FormatTest test("tfrecord");
  Batch batch = one_column(test, "a", TypeKind::kInt64, [](ColumnBuilder& b) { b.append<std::int64_t>(1); });
  test.write("t", {batch});
  CHECK(hex(test.files->files["t"]) == "0e00000000000000c5e5693f0a0c0a0a0a016112051a030a010139e87850");
  Batch minus = one_column(test, "n", TypeKind::kInt8, [](ColumnBuilder& b) { b.append<std::int8_t>(-1); });
  test.write("t", {minus});
  std::string bytes = hex(test.files->files["t"]);
  CHECK(bytes.ends_with("1a0c0a0affffffffffffffffff016c9c996d"));

  Schema schema({{"c", TypeKind::kString}, {"b", TypeKind::kFloat32}, {"a", TypeKind::kInt64}});
  ColumnBuilder b(*test.context.memory, TypeKind::kFloat32);
  ColumnBuilder c(*test.context.memory, TypeKind::kString);
  b.append(1.5F);
  c.append_string("hi");
  test.write("t", {Batch{std::make_shared<const Schema>(schema), {c.finish(), b.finish(), batch.columns[0]}, 1}});
  CHECK(hex(test.files->files["t"]) ==
        "2a00000000000000ae8d91f50a280a0a0a016112051a030a01010a0d0a0162120812060a040000c03f0a0b0a016312060a040a0268695f"
        "45a81a");
}

TEST_CASE("rows are encoded as another protobuf encoder does it") {
  FormatTest test("tfrecord");
  std::vector<std::string> names = {"b",  "a", std::string(130, 'n'), "a_name_of_some_length", "f", "lf", "s",
                                    "ls", "fs"};
  std::vector<Type> types = {TypeKind::kInt64,
                             TypeKind::kInt32,
                             TypeKind::kInt64,
                             Type::list(TypeKind::kInt64),
                             TypeKind::kFloat32,
                             Type::list(TypeKind::kFloat32),
                             TypeKind::kString,
                             Type::list(TypeKind::kString),
                             Type::fixed_size_list(TypeKind::kInt16, 3)};
  std::vector<Field> fields;
  for (std::size_t i = 0; i < names.size(); ++i) fields.push_back({names[i], types[i]});
  std::vector<ColumnBuilder> builders;
  for (const Type& type : types) builders.emplace_back(*test.context.memory, type);
  std::string expected;
  for (std::int64_t row = 0; row < 700; ++row) {
    std::map<std::string, std::string> features;
    auto is_null = [&](std::int64_t i) {
      if ((row + i) % 5 != 0) return false;
      builders[static_cast<std::size_t>(i)].append_null();
      return true;
    };
    // Every length of varint, both signs.
    std::uint64_t bits = (std::uint64_t{1} << (row % 64)) - static_cast<std::uint64_t>(row % 3);
    std::int64_t power = static_cast<std::int64_t>(row % 2 == 0 ? bits : 0 - bits);
    if (!is_null(0)) builders[0].append(power), features[names[0]] = int_feature({power});
    if (!is_null(1))
      builders[1].append<std::int32_t>(static_cast<std::int32_t>(row)), features[names[1]] = int_feature({row});
    if (!is_null(2)) builders[2].append(power), features[names[2]] = int_feature({power});
    if (!is_null(3)) {
      std::vector<std::int64_t> values;
      for (std::int64_t i = 0; i < row % 40; ++i) values.push_back(power ^ i);
      for (std::int64_t value : values) builders[3].child(0).append(value);
      builders[3].append_list_end();
      features[names[3]] = int_feature(values);
    }
    if (!is_null(4)) builders[4].append(0.5F), features[names[4]] = float_feature({0.5F});
    if (!is_null(5)) {
      std::vector<float> values(static_cast<std::size_t>(row % 70), -0.0F);
      for (float value : values) builders[5].child(0).append(value);
      builders[5].append_list_end();
      features[names[5]] = float_feature(values);
    }
    std::string text(static_cast<std::size_t>(row % 300), 'x');
    if (!is_null(6)) builders[6].append_string(text), features[names[6]] = bytes_feature({text});
    if (!is_null(7)) {
      std::vector<std::string> values(static_cast<std::size_t>(row % 4), text);
      for (const std::string& value : values) builders[7].child(0).append_string(value);
      builders[7].append_list_end();
      features[names[7]] = bytes_feature(values);
    }
    if (!is_null(8)) {
      for (std::int16_t value : {std::int16_t{-1}, std::int16_t{2}, std::int16_t{300}})
        builders[8].child(0).append(value);
      builders[8].append_struct_end();
      features[names[8]] = int_feature({-1, 2, 300});
    }
    expected += framed(example({features.begin(), features.end()}));
  }
  Batch batch{std::make_shared<const Schema>(Schema(fields)), {}, 700};
  for (ColumnBuilder& builder : builders) batch.columns.push_back(builder.finish());
  test.write("t", {batch});
  CHECK((test.files->files["t"] == expected));
  test.spec.declared = fields;
  CHECK(test.read() == rows_of(batch));
}

TEST_CASE("what protobuf allows is read: any order, unpacked values, unknown fields, a name twice, a kind twice") {
  FormatTest test("tfrecord");
  std::vector<Field> fields = {{"a", TypeKind::kInt64}, {"f", Type::list(TypeKind::kFloat32)}};
  std::string unpacked_ints = "\x1a\x02\x08\x07";                            // Int64List { value: 7 }, unpacked
  std::string unpacked_floats = std::string("\x12\x05\x0d\0\0\x80\x3f", 7);  // FloatList { value: 1 }, unpacked
  std::string unknown = std::string("\x98\x01\x05", 3) + int_feature({3});   // field 19, a varint
  std::string two_kinds = float_feature({1}) + int_feature({4});             // the last kind counts
  std::string two_lists = float_feature({1, 2}) + float_feature({3});        // one kind twice is joined
  CHECK(read_examples(test, {example({{"f", unpacked_floats}, {"x", int_feature({9})}, {"a", unpacked_ints}})},
                      fields) == std::vector<std::string>{"7|[1.0]|"});
  CHECK(read_examples(test, {example({{"a", unknown}}), example({{"a", two_kinds}, {"f", two_lists}})}, fields) ==
        std::vector<std::string>{"3|null|", "4|[1.0, 2.0, 3.0]|"});
  CHECK(read_examples(test, {example({{"a", int_feature({1})}, {"a", int_feature({2})}})}, fields) ==
        std::vector<std::string>{"2|null|"});
  // No feature, no list in a feature: null. An empty list: empty. Nothing at all: an Example without features.
  CHECK(read_examples(test, {example({{"f", ""}}), example({{"f", float_feature({})}}), ""}, fields) ==
        std::vector<std::string>{"null|null|", "null|[]|", "null|null|"});
  // A field of the Example itself that is not known.
  std::string later = std::string("\x12\x01x", 3) + example({{"a", int_feature({5})}});
  CHECK(read_examples(test, {later}, fields) == std::vector<std::string>{"5|null|"});
}

TEST_CASE("features that do not fit their column, and malformed messages, are bad rows") {
  FormatTest test("tfrecord");
  test.spec.on_error = OnError::kQuarantine;
  std::string good = example({{"a", int_feature({1})}, {"d", int_feature({3})}, {"s", bytes_feature({"x"})}});
  std::vector<std::string> examples = {
      good,
      example({{"a", float_feature({1})}}),                      // another kind
      example({{"a", int_feature({1, 2})}}),                     // two values
      example({{"a", int_feature({})}}),                         // none
      example({{"d", int_feature({std::int64_t{1} << 40})}}),    // no date
      example({{"a", std::string("\x1a\x05\x0a\x01\x01", 5)}}),  // a list longer than its feature
      good.substr(0, good.size() - 1),                           // cut off
      std::string("\x0b\x0c", 2),                                // a group
      std::string(11, '\xff'),                                   // a varint of more than ten bytes
      good,
  };
  std::vector<Field> fields = {{"a", TypeKind::kInt64}, {"d", TypeKind::kDate}, {"s", TypeKind::kString}};
  CHECK(read_examples(test, examples, fields) == std::vector<std::string>{"1|1970-01-04|x|", "1|1970-01-04|x|"});
  CHECK(test.bad() == std::vector<std::string>{
                          "2 cast a: a list of float where int64 is wanted",
                          "3 shape a: 2 values where one is wanted",
                          "4 shape a: 0 values where one is wanted",
                          "5 cast d: 1099511627776 does not fit date",
                          "6 malformed a: its feature is no valid protobuf message",
                          "7 malformed : the record is no tf.train.Example",
                          "8 malformed : the record is no tf.train.Example",
                          "9 malformed : the record is no tf.train.Example",
                      });
  test.spec.on_error = OnError::kFail;
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("bad row in 't', row 2, column 'a'"), Error);
  test.spec.on_error = OnError::kNull;
  CHECK(test.read().size() == 7);
  CHECK(test.counts.rows_dropped == 3);
}

TEST_CASE("columns that are not declared are inferred from the first records") {
  FormatTest test("tfrecord");
  std::string text = "\xff";
  std::vector<std::string> examples = {
      example({{"z", int_feature({1})}, {"b", bytes_feature({text})}, {"unset", ""}}),
      example({{"l", float_feature({1, 2})}, {"s", bytes_feature({"\xc3\xa9"})}, {"z", int_feature({2})}}),
      example({{"l", float_feature({3})}, {"e", int_feature({})}}),
  };
  read_examples(test, examples, {});
  CHECK(open_source(test.spec, test.context)->schema().to_string() ==
        "b: binary, e: list<int64>, l: list<float32>, s: string, z: int64");
  CHECK(test.read({"z", "l"}) == std::vector<std::string>{"1|null|", "2|[1.0, 2.0]|", "null|[3.0]|"});
  CHECK_THROWS_WITH_AS(
      read_examples(test, {example({{"a", int_feature({1})}}), example({{"a", float_feature({1})}})}, {}),
      doctest::Contains("cannot tell the type of column 'a'"), Error);
  CHECK_THROWS_WITH_AS(read_examples(test, {}, {}), doctest::Contains("it holds no record"), Error);
  CHECK(read_examples(test, {}, {{"a", TypeKind::kInt64}}).empty());
}

TEST_CASE("damage is told by file, record and byte") {
  FormatTest test("tfrecord");
  std::string good = example({{"a", int_feature({1})}});
  read_examples(test, {good, good}, {{"a", TypeKind::kInt64}});
  std::string& file = test.files->files["t"];
  std::string whole = file;
  file.back() = static_cast<char>(file.back() ^ 1);
  CHECK_THROWS_WITH_AS(
      test.read(), doctest::Contains("cannot read 't', record 2 at byte 30: the checksum of the record's data"), Error);
  file = whole;
  file[30] = static_cast<char>(file[30] ^ 1);
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("record 2 at byte 30: the checksum of the record's length"),
                       Error);
  file = whole.substr(0, 35);
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("record 2 at byte 30: the record is cut off: 5 bytes"), Error);
  file = std::string("\x1f\x8b\x08", 3) + std::string(20, '\0');
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("its compressed bytes are"), Error);
}

TEST_CASE("types that an Example cannot hold are refused by name, with a way out") {
  struct Case {
    Type type;
    const char* hint;
  };
  for (const Case& c : {Case{TypeKind::kFloat64, "cast it to float32"}, Case{Type::decimal(9, 2), "cast it to float32"},
                        Case{Type::list(TypeKind::kFloat64), "cast it to float32"},
                        Case{Type::list(Type::list(TypeKind::kFloat64)), "cast it to float32"},
                        Case{Type::list(Type::list(Type::list(TypeKind::kInt64))), "flatten it"},
                        Case{Type::structure({{"a", TypeKind::kInt64}}), "flatten it"}}) {
    Schema schema({{"ok", TypeKind::kInt64}, {"x", c.type}});
    CHECK_THROWS_WITH_AS(check_tfrecord_schema(schema), doctest::Contains("column 'x'"), Error);
    CHECK_THROWS_WITH_AS(check_tfrecord_schema(schema), doctest::Contains(c.hint), Error);
  }
}

TEST_CASE("a null inside a list cannot be written") {
  FormatTest test("tfrecord");
  Batch batch = one_column(test, "a", Type::list(TypeKind::kInt64), [](ColumnBuilder& b) {
    b.child(0).append_null();
    b.append_list_end();
  });
  CHECK_THROWS_WITH_AS(test.write("t", {batch}), doctest::Contains("column 'a': a list holds a null"), Error);
  CHECK(test.files->files.empty());
}

TEST_CASE("a record larger than the window of the reader is read") {
  FormatTest test("tfrecord");
  std::string large(5 << 20, 'x');
  std::vector<Field> fields = {{"s", TypeKind::kString}};
  std::string small = example({{"s", bytes_feature({"y"})}});
  std::vector<std::string> rows = read_examples(test, {small, example({{"s", bytes_feature({large})}}), small}, fields);
  CHECK(rows.size() == 3);
  CHECK((rows[1] == large + "|"));
  CHECK(rows[2] == "y|");
}

}  // namespace headrace
