// headrace_bench_formats: writes rows that are in memory as files of a format, and reads files to column batches.
// Prints one line of JSON with what it took, without the start of the process. bench/formats/run.py runs it in turn
// with others.
#include <bit>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/format.h"
#include "headrace/io/source.h"

namespace headrace::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Options {
  std::string from;  // a source or a data set
  std::vector<std::string> columns;
  std::string format;
  std::string read_format;  // empty: as names show
  WriterOptions writer;
  std::string out;
  bool digest = false;  // with read: also a digest of each column
  std::int64_t rows_max = 10'000'000;
  std::size_t threads = 2;
};

std::unique_ptr<SourceReader> open(const Options& options, const SourceContext& context) {
  if (std::optional<Manifest> manifest = read_manifest(*context.fs, options.from)) {
    return open_source(data_set_source(*manifest, options.from), context);
  }
  SourceSpec spec;
  spec.name = "benchmark";
  spec.paths = {options.from};
  spec.format = options.read_format;
  return open_source(spec, context);
}

std::vector<std::string> columns_of(const Options& options, const SourceReader& reader) {
  return options.columns.empty() ? reader.schema().names() : options.columns;
}

/// The sum of an int64 column's values, null as 0.
std::int64_t sum_of(const Column& column) {
  std::int64_t sum = 0;
  if (column.is_dictionary()) {
    std::span<const std::int64_t> values = column.dictionary()->values<std::int64_t>();
    for (std::int32_t code : column.codes()) sum += code < 0 ? 0 : values[static_cast<std::size_t>(code)];
    return sum;
  }
  for (std::int64_t value : column.values<std::int64_t>()) sum += value;
  return sum;
}

/// What a row adds to the digest of a column, which is the sum modulo 2^64: the bits of its value as an unsigned
/// integer, in lists those of value i times i + 1. As in digests.py. Throws Error(kUnsupported) for other types.
std::uint64_t digest_of(const Column& column, std::int64_t row, std::uint64_t weight = 1) {
  if (column.is_null(row)) return 0;
  if (column.is_dictionary()) {
    return digest_of(*column.dictionary(), column.codes()[static_cast<std::size_t>(row)], weight);
  }
  auto at = static_cast<std::size_t>(row);
  switch (column.type().kind()) {
    case TypeKind::kInt64: return static_cast<std::uint64_t>(column.values<std::int64_t>()[at]) * weight;
    case TypeKind::kFloat32: return std::bit_cast<std::uint32_t>(column.values<float>()[at]) * weight;
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: {
      bool is_fixed = column.type().kind() == TypeKind::kFixedSizeList;
      std::int64_t size = is_fixed ? column.type().list_size() : 0;
      std::int64_t begin = is_fixed ? row * size : column.offsets()[at];
      std::int64_t end = is_fixed ? begin + size : column.offsets()[at + 1];
      std::uint64_t sum = 0;
      for (std::int64_t i = begin; i < end; ++i) {
        sum += digest_of(column.child(0), i, static_cast<std::uint64_t>(i - begin + 1));
      }
      return sum;
    }
    default: throw Error(ErrorCode::kUnsupported, "only int64, float32 and lists of these have a digest here");
  }
}

/// Reads every split to column batches.
nlohmann::ordered_json read_once(const Options& options, bool digest) {
  SourceContext context{local_file_system(), MemoryBudget::create()};
  Clock::time_point start = Clock::now();
  std::unique_ptr<SourceReader> reader = open(options, context);
  ScanRequest request{columns_of(options, *reader), {}};
  request.takes_dictionaries = true;
  std::vector<std::int64_t> rows(options.threads);
  std::vector<std::int64_t> sums(options.threads);  // of the first column that is int64, to compare with others
  std::vector<std::vector<std::uint64_t>> digests(options.threads, std::vector<std::uint64_t>(request.columns.size()));
  std::size_t summed = 0;
  while (summed < request.columns.size() &&
         reader->schema()[reader->schema().index_of(request.columns[summed])].type != Type(TypeKind::kInt64)) {
    ++summed;
  }
  run_tasks(reader->split_count(), options.threads, Cancellation(), [&](std::size_t split, std::size_t worker) {
    std::unique_ptr<SplitStream> stream = reader->open_split(split, request);
    Batch batch;
    while (stream->next(batch)) {
      rows[worker] += batch.row_count;
      if (summed < batch.columns.size()) sums[worker] += sum_of(batch.columns[summed]);
      for (std::size_t i = 0; digest && i < batch.columns.size(); ++i) {
        for (std::int64_t row = 0; row < batch.row_count; ++row) {
          digests[worker][i] += digest_of(batch.columns[i], row);
        }
      }
    }
  });
  double seconds = seconds_since(start);
  nlohmann::ordered_json result = {{"seconds", seconds},
                                   {"rows", std::accumulate(rows.begin(), rows.end(), std::int64_t{0})},
                                   {"sum", std::accumulate(sums.begin(), sums.end(), std::int64_t{0})}};
  for (std::size_t i = 0; digest && i < request.columns.size(); ++i) {
    std::uint64_t sum = 0;
    for (const auto& worker : digests) sum += worker[i];
    result["digests"][request.columns[i]] = sum;
  }
  return result;
}

/// Reads, and reads again for the digests when the clock has stopped.
nlohmann::ordered_json read_rows(const Options& options) {
  nlohmann::ordered_json result = read_once(options, false);
  if (options.digest) result["digests"] = read_once(options, true)["digests"];
  return result;
}

/// Writes the first rows of the source, once they are in memory, a file for each thread.
nlohmann::ordered_json write_rows(const Options& options) {
  SourceContext context{local_file_system(), MemoryBudget::create()};
  std::unique_ptr<SourceReader> reader = open(options, context);
  ScanRequest request{columns_of(options, *reader), {}};
  std::vector<Batch> batches;
  std::int64_t rows = 0;
  for (std::size_t split = 0; split < reader->split_count() && rows < options.rows_max; ++split) {
    std::unique_ptr<SplitStream> stream = reader->open_split(split, request);
    Batch batch;
    while (rows < options.rows_max && stream->next(batch)) {
      if (rows + batch.row_count > options.rows_max) batch = batch.slice(0, options.rows_max - rows);
      rows += batch.row_count;
      batches.push_back(batch);
    }
  }
  if (batches.empty()) throw Error(ErrorCode::kNotFound, "the source has no rows");
  const Schema& schema = *batches[0].schema;
  const Format& format = format_named(options.format);
  std::filesystem::remove_all(options.out);
  std::vector<WrittenFile> written(options.threads);
  Clock::time_point start = Clock::now();
  run_tasks(options.threads, options.threads, Cancellation(), [&](std::size_t file, std::size_t) {
    std::string name = fmt::format("part-{:05}-of-{:05}{}{}", file, options.threads, format.extensions.front(),
                                   format.suffix == nullptr ? "" : format.suffix(options.writer));
    std::unique_ptr<FileWriter> writer =
        format.create(schema, context.fs->create(options.out + "/" + name), options.writer, *context.memory);
    std::size_t end = batches.size() * (file + 1) / options.threads;
    for (std::size_t i = batches.size() * file / options.threads; i < end; ++i) writer->write(batches[i]);
    written[file] = {name, writer->finish()};
  });
  if (format.finish_folder != nullptr) {
    format.finish_folder(*context.fs, {options.out, "benchmark", schema, options.writer, written});
  }
  double seconds = seconds_since(start);
  std::int64_t bytes = 0;
  for (const WrittenFile& file : written) bytes += file.summary.size_bytes;
  return {{"seconds", seconds}, {"rows", rows}, {"bytes", bytes}};
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) {
  CLI::App program("Write rows as files of a format, or read them.", "headrace_bench_formats");
  program.require_subcommand(1);
  headrace::bench::Options options;
  CLI::App* read = program.add_subcommand("read", "Read files to column batches");
  CLI::App* write = program.add_subcommand("write", "Write rows that are in memory");
  for (CLI::App* command : {read, write}) {
    command->add_option("--from", options.from, "A data set's folder, a file, a glob or a folder of files")->required();
    command->add_option("--columns", options.columns, "Only these columns")->delimiter(',');
    command->add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  }
  read->add_option("--format", options.read_format);
  read->add_flag("--digest", options.digest, "Also the digest of each column");
  write->add_option("--format", options.format)->required();
  write->add_option("--compression", options.writer.compression);
  write->add_option("--row-group-rows", options.writer.row_group_rows);
  write->add_flag("--index", options.writer.index);
  write->add_flag("--petastorm", options.writer.petastorm);
  write->add_option("--rows", options.rows_max, "At most so many rows");
  write->add_option("--out", options.out, "A folder, which is removed first")->required();
  CLI11_PARSE(program, argc, argv);
  try {
    std::string text =
        (read->parsed() ? headrace::bench::read_rows(options) : headrace::bench::write_rows(options)).dump();
    std::puts(text.c_str());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
