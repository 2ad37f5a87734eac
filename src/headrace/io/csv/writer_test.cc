// CSV files that are written read back as they were.
#include <doctest/doctest.h>

#include "headrace/io/binary_format_test_table.h"

namespace headrace {
namespace {

/// Every type that CSV has. Dates end where the reader does.
Schema csv_types() {
  return schema_of_types({TypeKind::kBool, TypeKind::kInt8, TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64,
                          TypeKind::kFloat32, TypeKind::kFloat64, TypeKind::kString, TypeKind::kBinary,
                          TypeKind::kTimestamp, TypeKind::kTimestampNtz, Type::decimal(20, 3)});
}

Batch texts(const std::vector<std::string>& values, MemoryBudget& memory) {
  ColumnBuilder builder(memory, TypeKind::kString);
  for (const std::string& value : values) builder.append_string(value);
  Schema schema({{"a, \"b\"", TypeKind::kString}});
  return {std::make_shared<const Schema>(schema), {builder.finish()}, static_cast<std::int64_t>(values.size())};
}

std::string error_of_schema(const Type& type, const std::string& compression = "") {
  try {
    WriterOptions options;
    options.compression = compression;
    check_writable(format_named("csv"), Schema({{"x", type}}), options);
  } catch (const Error& error) {
    return error.message() + "; " + error.hint();
  }
  return "no error";
}

}  // namespace

TEST_CASE("rows of every type that CSV has read back as they were") {
  FormatTest test("csv");
  Batch rows = sample_batch(csv_types(), 20'000, *test.context.memory);
  FileSummary summary = test.write("t.csv", {rows.slice(0, 7), rows.slice(7, 19'993)});
  CHECK(summary.row_count == 20'000);
  test.spec.declared = csv_types().fields();
  CHECK(test.read() == rows_of(rows));
  CHECK(test.bad_rows.empty());
}

TEST_CASE("texts with delimiters, quotes and line ends, empty ones, and names of columns need quotes") {
  FormatTest test("csv");
  std::vector<std::string> values = {"plain", "", ",", "\"", "a\"b", "\n", "a\r\nb", " blanks ", "\r", "#"};
  Batch rows = texts(values, *test.context.memory);
  test.write("t.csv", {rows});
  CHECK(test.read() == rows_of(rows));
}

TEST_CASE("a row without values is a row") {
  FormatTest test("csv");
  Schema schema({{"x", TypeKind::kInt64}});
  ColumnBuilder builder(*test.context.memory, TypeKind::kInt64);
  for (int i = 0; i < 3; ++i) builder.append_null();
  Batch rows{std::make_shared<const Schema>(schema), {builder.finish()}, 3};
  test.write("t.csv", {rows});
  test.spec.declared = schema.fields();
  CHECK(test.read() == rows_of(rows));
}

TEST_CASE("what CSV cannot hold is refused by name") {
  CHECK(error_of_schema(TypeKind::kInt64) == "no error");
  CHECK(error_of_schema(Type::list(TypeKind::kInt64))
            .find("column 'x' cannot be written as CSV, which has no "
                  "list<int64>; explode it") != std::string::npos);
  CHECK(error_of_schema(TypeKind::kInt64, "zstd").find("compression 'zstd'") != std::string::npos);
}

}  // namespace headrace
