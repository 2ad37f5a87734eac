// Fuzzes the Arrow IPC reader with broken files of its writer and of Arrow's: footer, metadata, buffers, compression.
#include "fuzz/source_reading.h"
#include "fuzz/written_file.h"

namespace headrace {

std::vector<std::string> fuzz_seeds() {
  return {written_file("arrow", {.compression = "", .row_group_rows = 40}),
          written_file("arrow", {.compression = "zstd", .row_group_rows = 40}),
          written_file("arrow", {.compression = "lz4", .row_group_rows = 200})};
}

std::vector<std::string> fuzz_words() {
  return {"ARROW1", std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\0\0\0\0\x80", 8), "\xff\xff\xff\x7f"};
}

void fuzz_one(std::string_view input) {
  SourceSpec spec;
  spec.format = "arrow";
  spec.on_error = input.size() % 2 == 0 ? OnError::kQuarantine : OnError::kFail;
  if (input.size() % 3 == 0) spec.declared = {{"a", Type::parse("int32").value(), false}};
  allow_input_errors([&] { read_source(spec, input); });
}

}  // namespace headrace
