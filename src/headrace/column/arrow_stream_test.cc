// Rows to and from Arrow streams: shared where they can be, charged, released, and refused where they are wrong.
#include "headrace/column/arrow_stream.h"

#include <arrow/api.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

StreamedRows two_batches(MemoryBudget& memory) {
  StreamedRows rows{
      std::make_shared<const Schema>(Schema({{"id", TypeKind::kInt64, false}, {"name", TypeKind::kString, true}})), {}};
  for (std::int64_t first : {0, 3}) {
    ColumnBuilder ids(memory, TypeKind::kInt64), names(memory, TypeKind::kString);
    for (std::int64_t i = first; i < first + 3; ++i) {
      ids.append(i);
      if (i == 1) {
        names.append_null();
      } else {
        names.append_string("n" + std::to_string(i));
      }
    }
    rows.batches.push_back({rows.schema, {ids.finish(), names.finish()}, 3});
  }
  return rows;
}

TEST_CASE("rows that leave by a stream come back the same, and their numbers are not copied") {
  auto memory = MemoryBudget::create();
  StreamedRows rows = two_batches(*memory);
  const std::byte* ids = rows.batches[1].column(0).raw_values();
  StreamPtr stream = export_stream(rows, memory);
  StreamedRows back = import_stream(stream.get(), *memory);
  CHECK(*back.schema == *rows.schema);
  REQUIRE(back.batches.size() == 2);
  CHECK(back.batches[0].column(1).is_null(1));
  CHECK(back.batches[0].column(1).string_at(2) == "n2");
  CHECK(back.batches[1].column(0).raw_values() == ids);
  CHECK(back.batches[1].column(0).values<std::int64_t>()[2] == 5);
}

TEST_CASE("what a stream delivered is charged as long as it lives, and nothing is charged then") {
  auto memory = MemoryBudget::create();
  {
    StreamPtr stream = export_stream(two_batches(*memory), memory);
    StreamedRows back = import_stream(stream.get(), *memory);
    CHECK(memory->used_bytes() > 0);
  }
  CHECK(memory->used_bytes() == 0);
}

TEST_CASE("a stream that nobody reads gives back what it holds") {
  auto memory = MemoryBudget::create();
  {
    StreamPtr unread = export_stream(two_batches(*memory), memory);
  }
  CHECK(memory->used_bytes() == 0);
}

TEST_CASE("an error of the other side is an error with its words") {
  auto memory = MemoryBudget::create();
  class Broken final : public arrow::RecordBatchReader {
   public:
    std::shared_ptr<arrow::Schema> schema() const override { return arrow::schema({arrow::field("a", arrow::int8())}); }
    arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>*) override {
      return arrow::Status::IOError("cable cut");
    }
  };
  ArrowArrayStream stream{};
  REQUIRE(arrow::ExportRecordBatchReader(std::make_shared<Broken>(), &stream).ok());
  CHECK_THROWS_WITH_AS(import_stream(&stream, *memory), doctest::Contains("cable cut"), Error);
}

TEST_CASE("an array that contradicts its type is refused") {
  auto memory = MemoryBudget::create();
  std::int32_t offsets[] = {0, 100};
  auto data = arrow::ArrayData::Make(arrow::utf8(), 1,
                                     {nullptr, arrow::Buffer::Wrap(offsets, 2), arrow::Buffer::FromString("short")}, 0);
  auto schema = arrow::schema({arrow::field("a", arrow::utf8())});
  auto batch = arrow::RecordBatch::Make(schema, 1, std::vector<std::shared_ptr<arrow::ArrayData>>{data});
  ArrowArrayStream stream{};
  REQUIRE(arrow::ExportRecordBatchReader(*arrow::RecordBatchReader::Make({batch}, schema), &stream).ok());
  CHECK_THROWS_AS(import_stream(&stream, *memory), Error);
}

TEST_CASE("a schema crosses alone") {
  SchemaPtr exported = export_schema(Schema({{"a", Type::list(TypeKind::kFloat32), true}}));
  auto schema = arrow::ImportSchema(exported.get());
  REQUIRE(schema.ok());
  CHECK((*schema)->ToString() == "a: list<element: float>");
}

}  // namespace
}  // namespace headrace
