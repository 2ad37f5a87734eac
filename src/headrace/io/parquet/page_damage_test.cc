// Damaged pages: an error or the true rows, never others, where pages have checksums; never a crash without.
#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <doctest/doctest.h>
#include <parquet/arrow/writer.h>

#include "headrace/base/test_size.h"
#include "headrace/column/arrow.h"
#include "headrace/io/binary_format_test_table.h"

namespace headrace {
namespace {

struct Writing {
  bool is_v2;
  bool has_dictionary;
  bool has_crc;
  parquet::Compression::type codec;
};

std::string file_of(const Writing& writing, MemoryBudget& memory) {
  Schema schema({{"id", TypeKind::kInt64, false},
                 {"n", TypeKind::kInt32},
                 {"b", TypeKind::kBool},
                 {"s", TypeKind::kString},
                 {"l", Type::list(TypeKind::kInt64)},
                 {"f", Type::fixed_size_list(TypeKind::kInt64, 3)},
                 {"g", Type::fixed_size_list(TypeKind::kInt32, 2), false}});
  std::shared_ptr<arrow::RecordBatch> rows = to_arrow(sample_batch(schema, 24, memory), memory);
  auto table = unwrap(arrow::Table::FromRecordBatches({rows}), "table");
  parquet::WriterProperties::Builder builder;
  builder.compression(writing.codec);
  builder.data_page_version(writing.is_v2 ? parquet::ParquetDataPageVersion::V2 : parquet::ParquetDataPageVersion::V1);
  if (!writing.has_dictionary) builder.disable_dictionary();
  if (writing.has_crc) builder.enable_page_checksum();
  builder.disable_statistics();
  auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "creating");
  // Arrow's schema tells that lists are of one size.
  auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  unwrap(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 16, builder.build(), arrow_properties),
         "writing");
  return unwrap(sink->Finish(), "finishing")->ToString();
}

/// Where the pages end and the footer starts.
std::size_t pages_end(const std::string& file) {
  std::uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, file.data() + file.size() - 8, sizeof(footer_bytes));
  return file.size() - 8 - footer_bytes;
}

/// The rows, or nothing when reading ends in an error.
std::optional<std::vector<std::string>> read_or_error(FormatTest& test) {
  try {
    return test.read();
  } catch (const Error& error) {
    bool is_expected = error.code() == ErrorCode::kBadData || error.code() == ErrorCode::kUnsupported ||
                       error.code() == ErrorCode::kOutOfMemory;
    CAPTURE(error.what());
    CHECK(is_expected);
    CHECK(error.message().find("'t'") != std::string::npos);
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("a flipped bit in the pages of a file with page checksums is an error or changes no row") {
  for (const Writing& writing : {Writing{false, true, true, parquet::Compression::SNAPPY},
                                 Writing{true, true, true, parquet::Compression::UNCOMPRESSED},
                                 Writing{true, false, true, parquet::Compression::SNAPPY}}) {
    FormatTest test("parquet");
    std::string whole = file_of(writing, *test.context.memory);
    test.files->files["t"] = whole;
    test.spec.paths = {"t"};
    std::vector<std::string> expected = test.read();
    REQUIRE(expected.size() == 24);
    std::size_t errors = 0;
    std::size_t bits = pages_end(whole) * 8;
    for (std::size_t bit = 32; bit < bits; bit += kTestShare) {
      std::string& bytes = test.files->files["t"];
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      std::optional<std::vector<std::string>> rows = read_or_error(test);
      CAPTURE(bit);
      if (rows) CHECK((*rows == expected));
      errors += rows ? 0 : 1;
      bytes[bit / 8] = whole[bit / 8];
    }
    CHECK(errors > repetitions(bits) / 2);
  }
}

TEST_CASE("bytes overwritten in pages without checksums never crash the reader, nor take memory they cannot fill") {
  std::mt19937_64 random(31);
  for (const Writing& writing : {Writing{false, true, false, parquet::Compression::UNCOMPRESSED},
                                 Writing{true, false, false, parquet::Compression::UNCOMPRESSED},
                                 Writing{true, true, false, parquet::Compression::LZ4}}) {
    FormatTest test("parquet");
    std::string whole = file_of(writing, *test.context.memory);
    test.context.memory = MemoryBudget::create(32 << 20);
    test.spec.paths = {"t"};
    std::size_t end = pages_end(whole);
    for (int round = 0; round < repetitions(1500); ++round) {
      std::string& bytes = test.files->files["t"];
      bytes = whole;
      for (std::uint64_t left = 1 + random() % 4; left > 0; --left) {
        bytes[4 + random() % (end - 4)] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
      }
      read_or_error(test);
    }
    CHECK(test.context.memory->used_bytes() == 0);
    CHECK(test.context.memory->peak_bytes() < 1 << 20);
  }
}

TEST_CASE("a chunk that the footer places outside the file, or gives other sizes, is an error") {
  FormatTest test("parquet");
  std::string whole = file_of({false, true, false, parquet::Compression::SNAPPY}, *test.context.memory);
  test.spec.paths = {"t"};
  // The footer stays whole while the pages in front of it lose bytes.
  for (std::size_t cut = 1; cut < pages_end(whole) - 4; cut += 3) {
    CAPTURE(cut);
    test.files->files["t"] = whole.substr(0, 4) + whole.substr(4 + cut);
    CHECK_FALSE(read_or_error(test).has_value());
  }
}

}  // namespace headrace
