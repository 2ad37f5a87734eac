// Columns of lists of one size, read from their pages.
#include <map>
#include <optional>

#include <doctest/doctest.h>

#include "headrace/io/parquet/page_twin_test_table.h"

namespace headrace {
namespace {

Types fixed_list_types(const std::vector<std::int32_t>& sizes, const Types& elements) {
  Types types;
  for (std::int32_t size : sizes) {
    for (const auto& element : elements) {
      types.push_back(arrow::fixed_size_list(arrow::field("item", element, true), size));
      types.push_back(arrow::fixed_size_list(arrow::field("item", element, false), size));
    }
  }
  return types;
}

using Lists = std::vector<std::optional<std::vector<std::int64_t>>>;

/// A column "c" of lists, said to be pairs by Arrow's schema in the footer.
std::string file_of_pairs(const Lists& lists) {
  auto builder = std::make_shared<arrow::Int64Builder>();
  arrow::ListBuilder list_builder(arrow::default_memory_pool(), builder);
  for (const auto& list : lists) {
    unwrap(list ? list_builder.Append() : list_builder.AppendNull(), "append");
    if (list) unwrap(builder->AppendValues(*list), "append");
  }
  std::shared_ptr<arrow::Array> array = unwrap(list_builder.Finish(), "finish");
  auto pairs = arrow::schema({arrow::field("c", arrow::fixed_size_list(arrow::int64(), 2))});
  Writing writing{"plain"};
  writing.has_arrow_schema = true;
  std::string empty = written(*unwrap(arrow::Table::MakeEmpty(pairs), "table"), writing);
  auto reader =
      parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(empty)));
  auto table = arrow::Table::Make(arrow::schema({arrow::field("c", array->type())}), {array});
  auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "creating");
  auto properties = parquet::WriterProperties::Builder().data_pagesize(700)->write_batch_size(50)->build();
  auto writer = unwrap(
      parquet::arrow::FileWriter::Open(*table->schema(), arrow::default_memory_pool(), sink, properties), "opening");
  unwrap(writer->WriteTable(*table, table->num_rows()), "writing");
  unwrap(writer->AddKeyValueMetadata(reader->metadata()->key_value_metadata()), "writing");
  unwrap(writer->Close(), "closing");
  return unwrap(sink->Finish(), "finishing")->ToString();
}

/// What reading a file of pairs fails with; the same file fails in Arrow's reader.
std::string error_of(const Lists& lists) {
  FormatTest test("parquet");
  test.files->files["t"] = file_of_pairs(lists);
  test.spec.paths = {"t"};
  CHECK_THROWS(cells_by_arrow(test.files->files["t"], 0, *test.context.memory));
  try {
    test.read();
    return "none";
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kBadData);
    return error.message();
  }
}

}  // namespace

TEST_CASE("lists of one size read from their pages as Arrow reads them, also where rows lie across pages") {
  Random random(13);
  FormatTest test("parquet");
  Types small_types = fixed_list_types({1, 3}, {arrow::int64(), arrow::utf8()});
  small_types.push_back(arrow::fixed_size_list(arrow::boolean(), 3));
  small_types.push_back(arrow::fixed_size_list(arrow::float32(), 3));
  std::shared_ptr<arrow::Table> small = random_table(random, small_types, 1000);
  std::shared_ptr<arrow::Table> large = random_table(random, fixed_list_types({2, 8, 100}, {arrow::int64()}), 120);
  const parquet::Compression::type codecs[] = {parquet::Compression::UNCOMPRESSED, parquet::Compression::SNAPPY};
  int round = 0;
  for (const char* encoding : {"plain", "dictionary", "delta"}) {
    for (bool is_v2 : {false, true}) {
      const std::int64_t steps[] = {kRows, 1, 100, 64, 7, 333};
      // Pages of 90 bytes hold less than one list of a hundred.
      Writing writing{encoding, codecs[round % 2], is_v2, round % 2 == 0, round % 3 == 0 ? 90 : 700, 1 << 20, true};
      check_twins(test, *small, writing, steps[round % 6]);
      check_twins(test, *large, writing, steps[(round + 2) % 6]);
      ++round;
    }
  }
  check_twins(test, *large, {"dictionary", parquet::Compression::SNAPPY, false, true, 700, 600, true}, 50);
  check_twins(test, *large, {"dictionary", parquet::Compression::ZSTD, true, true, 1 << 20, 1 << 20, true}, 50);
  CHECK(test.context.memory->used_bytes() == 0);
}

TEST_CASE("a list of another length than its type says is an error that names file, column and row") {
  const std::string where = "cannot read 't', row group 0: column 'c': the list in row ";
  const std::string type = " where fixed_size_list<int64, 2> takes 2";
  CHECK(error_of({{{1, 2}}, {{3}}}) == where + "1 of the row group has 1 element" + type);
  CHECK(error_of({{{1, 2}}, {{3}}, {{4, 5}}}) == where + "1 of the row group has 1 element" + type);
  CHECK(error_of({{{1}}, {{2, 3, 4}}}) == where + "0 of the row group has 1 element" + type);
  CHECK(error_of({{{1, 2}}, {{}}, {{4, 5}}}) == where + "1 of the row group has 0 elements" + type);
  CHECK(error_of({std::nullopt, {{1, 2}}, {{3, 4, 5}}}) ==
        where + "2 of the row group has more than 2 elements" + type);
  CHECK(error_of({{{1, 2, 3}}, {{4, 5}}}) == where + "0 of the row group has more than 2 elements" + type);
  // On another page than the row's start.
  Lists many(700, Lists::value_type({7, 8}));
  many[500]->push_back(9);
  CHECK(error_of(many) == where + "500 of the row group has more than 2 elements" + type);
  many[500]->resize(1);
  CHECK(error_of(many) == where + "500 of the row group has 1 element" + type);
  // Seen by the next batch.
  many.assign(kBatchRowsMax + 10, Lists::value_type({7, 8}));
  many[kBatchRowsMax - 1]->push_back(9);
  CHECK(error_of(many) == where + "16383 of the row group has more than 2 elements" + type);
}

}  // namespace headrace
