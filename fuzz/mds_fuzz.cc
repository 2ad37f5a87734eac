// Fuzzes the MDS reader with broken shards of its writer, and its index with broken texts.
#include "fuzz/source_reading.h"
#include "fuzz/written_file.h"
#include "headrace/io/mds/mds_index.h"

namespace headrace {
namespace {

/// An index, whose shards are not there.
std::string index_text() {
  const FileSummary summary{100, 4711, "xxh3:0123456789abcdef"};
  const std::vector<WrittenFile> files = {{"a.mds", summary}, {"b.mds", summary}};
  return mds_index_text(Schema({{"a", Type::parse("int64").value(), false}}), files);
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string shard(1, '\0');
  const std::string index(1, '\1');
  return {shard + written_file("mds", {}), index + index_text()};
}

std::vector<std::string> fuzz_words() {
  return {"ndarray:", "uint8", "str_decimal", "null", "\"pkl\"", "../", std::string("\xff\xff\xff\xff", 4)};
}

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front());
  const std::string file(input.substr(1));
  if ((choice & 1) != 0) {
    OneFile fs("folder/index.json", file);
    const auto memory = MemoryBudget::create(64 << 20);
    allow_input_errors([&] { read_mds_index(fs, "folder/index.json", *memory); });
    return;
  }
  SourceSpec spec;
  spec.format = "mds";
  spec.on_error = static_cast<OnError>((choice >> 1) % 4);
  if ((choice & 8) != 0) {
    spec.declared = {{"a", Type::parse("int32").value(), true},
                     {"b", Type::parse("string").value(), false},
                     {"d", Type::parse("list<int64>").value(), true}};
  }
  allow_input_errors([&] { read_source(spec, file); });
}

}  // namespace headrace
