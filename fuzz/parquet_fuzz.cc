// Fuzzes the Parquet reader with broken files of the Parquet writer: footer, mapping of types, declared columns, pages,
// and the accounting around them. The decoders of pages have a fuzzer of their own besides.
#include "fuzz/source_reading.h"
#include "fuzz/written_file.h"

namespace headrace {
namespace {

std::string parquet_file(const std::string& compression) {
  const auto memory = MemoryBudget::create();
  const Schema schema({{"a", Type::parse("int64").value(), true},
                       {"b", Type::parse("string").value(), true},
                       {"c", Type::parse("float64").value(), false}});
  ColumnBuilder a(*memory, schema[0].type);
  ColumnBuilder b(*memory, schema[1].type);
  ColumnBuilder c(*memory, schema[2].type);
  for (std::int64_t row = 0; row < 100; ++row) {
    row % 7 == 0 ? a.append_null() : a.append(row * 1000);
    row % 5 == 0 ? b.append_null() : b.append_string(row % 2 == 0 ? "even" : "odd and longer");
    c.append(static_cast<double>(row) / 3);
  }
  const Batch batch{std::make_shared<const Schema>(schema), {a.finish(), b.finish(), c.finish()}, 100};
  std::string bytes;
  WriterOptions options;
  options.compression = compression;
  options.row_group_rows = 40;
  const Format& format = format_named("parquet");
  const std::unique_ptr<FileWriter> writer =
      format.create(schema, std::make_unique<StringFile>(bytes), options, *memory);
  writer->write(batch);
  writer->finish();
  return bytes;
}

}  // namespace

std::vector<std::string> fuzz_seeds() { return {parquet_file(""), parquet_file("zstd")}; }

std::vector<std::string> fuzz_words() { return {"PAR1", "\x15\x02", "\x19\x1c", "\xff\xff\xff\xff\x0f"}; }

void fuzz_one(std::string_view input) {
  SourceSpec spec;
  spec.format = "parquet";
  spec.on_error = input.size() % 2 == 0 ? OnError::kQuarantine : OnError::kFail;
  if (input.size() % 3 == 0) spec.declared = {{"a", Type::parse("int32").value(), false}};
  allow_input_errors([&] { read_source(spec, input); });
}

}  // namespace headrace
