// Speed of reading CSV: tokenizing alone, and whole splits of a table like flights.csv, of which 14 columns are asked
// for.
//
// HEADRACE_BENCH_CSV names a file with the columns of flights.csv to be used instead of the made-up rows.
#include <cstdlib>
#include <cstring>
#include <map>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/csv/tokenize.h"
#include "headrace/io/source.h"
#include "headrace/io/text/split.h"

namespace headrace {
namespace {

/// Files in memory.
class MemoryFileSystem : public FileSystem {
 public:
  void put(const std::string& path, std::string_view bytes) override { files_[path] = std::string(bytes); }
  FileInfo info(const std::string& path) override {
    return {path, FileInfo::Kind::kFile, static_cast<std::int64_t>(files_.at(path).size())};
  }
  std::unique_ptr<InputFile> open(const std::string& path) override {
    return std::make_unique<Input>(path, files_.at(path));
  }
  std::unique_ptr<OutputFile> create(const std::string&) override { return nullptr; }
  std::vector<FileInfo> list(const std::string&) override { return {}; }
  void remove(const std::string&) override {}

 private:
  class Input : public InputFile {
   public:
    Input(std::string path, const std::string& text) : path_(std::move(path)), text_(text) {}
    std::int64_t size_bytes() const override { return static_cast<std::int64_t>(text_.size()); }
    const std::string& path() const override { return path_; }
    void read_at(std::int64_t offset, std::span<std::byte> out) const override {
      std::memcpy(out.data(), text_.data() + offset, out.size());
    }

   private:
    std::string path_;
    const std::string& text_;
  };
  std::map<std::string, std::string> files_;
};

std::string flights_text(bool is_quoted) {
  if (const char* path = std::getenv("HEADRACE_BENCH_CSV"); path != nullptr && !is_quoted) {
    return read_text(*local_file_system(), path);
  }
  std::string text =
      "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
      "origin,"
      "dest,air_time,distance,hour,minute,time_hour\n";
  const char* const carriers[] = {"UA", "B6", "EV", "DL", "9E"};
  const char* const airports[] = {"EWR", "JFK", "LGA"};
  std::string quote = is_quoted ? "\"" : "";
  for (unsigned i = 0; i < 100'000; ++i) {
    unsigned random = i * 2654435761u;
    unsigned hour = i / 50 % 24;
    text += fmt::format(
        "2013,{},{},{},{},{},{},{},{},{}{}{},{},{}N{}{},{},{},{},{},{},{},2013-{:02}-{:02}T{:02}:00:00Z\n",
        i / 3000 % 12 + 1, i / 1000 % 28 + 1, random % 2400, random / 7 % 2400,
        random % 41 == 0 ? "NA" : fmt::to_string(static_cast<int>(random % 90) - 20), random / 3 % 2400,
        random / 11 % 2400, static_cast<int>(random / 5 % 120) - 40, quote, carriers[random % 5], quote, random % 6000,
        quote, 10000 + random % 9000, quote, airports[random % 3], airports[(random / 3) % 3], random % 400,
        random % 2600, hour, random % 60, i / 3000 % 12 + 1, i / 1000 % 28 + 1, hour);
  }
  return text;
}

SourceSpec flights_spec() {
  SourceSpec spec;
  spec.name = "flights";
  spec.paths = {"flights.csv"};
  spec.csv.null_values = {"NA", ""};
  for (const char* name : {"year", "month", "day", "dep_time", "sched_dep_time", "arr_time", "sched_arr_time", "flight",
                           "distance", "hour", "minute"}) {
    spec.declared.push_back({.name = name, .type = TypeKind::kInt32});
  }
  for (const char* name : {"dep_delay", "arr_delay", "air_time"}) {
    spec.declared.push_back({.name = name, .type = TypeKind::kFloat64});
  }
  for (const char* name : {"carrier", "tailnum", "origin", "dest"}) {
    spec.declared.push_back({.name = name, .type = TypeKind::kString});
  }
  spec.declared.push_back({.name = "time_hour", .type = TypeKind::kTimestamp});
  return spec;
}

void tokenize(benchmark::State& state) {
  std::string text = flights_text(state.range(0) != 0);
  std::size_t size = text.size();
  text.resize(size + kTextPaddingBytes);
  auto memory = MemoryBudget::create();
  for (auto _ : state) {
    Tokenizer tokenizer({text.data(), size}, 19, {}, *memory);
    RowBlock block;
    std::vector<BrokenRow> broken;
    while (!tokenizer.at_end()) tokenizer.next(block, broken, tokenizer.block_rows_max());
    if (!broken.empty()) state.SkipWithError("broken rows");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
}
BENCHMARK(tokenize)->ArgName("quoted")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void read_14_of_19_columns(benchmark::State& state) {
  std::string text = flights_text(state.range(0) != 0);
  auto fs = std::make_shared<MemoryFileSystem>();
  fs->put("flights.csv", text);
  SourceContext context{.fs = fs, .memory = MemoryBudget::create()};
  ScanRequest request;
  request.columns = {"month",  "day",     "sched_dep_time", "sched_arr_time", "arr_delay", "dep_delay", "carrier",
                     "flight", "tailnum", "origin",         "dest",           "distance",  "hour",      "time_hour"};
  for (auto _ : state) {
    std::unique_ptr<SourceReader> reader = open_source(flights_spec(), context);
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < reader->split_count(); ++i) {
      std::unique_ptr<SplitStream> stream = reader->open_split(i, request);
      Batch batch;
      while (stream->next(batch)) rows += batch.row_count;
    }
    if (rows < 1000) state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(read_14_of_19_columns)->ArgName("quoted")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headrace
