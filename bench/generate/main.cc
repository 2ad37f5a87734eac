// headrace_bench_data: writes the tables of the ads benchmark, bench/ads/README.md.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/generate/data_set.h"

int main(int argc, char** argv) {
  CLI::App program("Write the tables of the ads benchmark.", "headrace_bench_data");
  headrace::bench::DataSetOptions options;
  options.threads = std::max(std::thread::hardware_concurrency(), 1u);
  program.add_option("--scale", options.scale, "Scale factor: above 0.00005, at most 1")->required();
  program.add_option("--out", options.folder, "Folder to write to")->required();
  program.add_option("--threads", options.threads, "Worker threads; the data do not depend on them")
      ->check(CLI::Range(1, 1024));
  program.add_flag("--force", options.force, "Write also where the same data are already");
  CLI11_PARSE(program, argc, argv);
  try {
    fmt::print("{}", headrace::bench::write_data_set(options));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
