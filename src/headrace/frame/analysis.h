// What a run cost, operator by operator, and how far the whole is from what the machine could do at best.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "headrace/frame/lazy_frame.h"
#include "headrace/frame/run_report.h"

namespace headrace {

/// What all threads of a run together can do in a second.
struct MachineRates {
  double copy_bytes = 0;    // memory to memory
  double decode_bytes = 0;  // of files, compressed as they are
};

/// Copies memory on `thread_count` threads for a moment; takes about a tenth of a second. Decoding is not measured: it
/// is taken as 1.2 GB a second and thread, which good decoders of compressed Parquet pages reach.
MachineRates measure_machine_rates(std::size_t thread_count);

/// A time that no run of this job on this machine could go below, as far as one resource is concerned.
struct Floor {
  std::string name;  // "memory bandwidth", "decode"
  double bytes = 0;
  double bytes_per_second = 0;
  double seconds() const { return bytes_per_second > 0 ? bytes / bytes_per_second : 0; }
};

/// Memory bandwidth: the bytes of the files, and every byte that a scan, a filter, an aggregate, a deduplicate or the
/// write makes, which is written once and read once, as a copy does; what others make is little beside what they pass
/// on. Decode: the bytes of the files that were read.
std::vector<Floor> floors_of(const RunReport& report, const MachineRates& rates);

/// Runs a frame, throws its rows away, and tells what each operator took, as a tree.
std::string analyze_frame(const LazyFrame& frame, const RunOptions& options);

/// The operators as a tree, the last one first, each with seconds, rows, bytes and memory; then stages and floors.
std::string analysis_text(const RunReport& report, const std::vector<Floor>& floors);
std::string analysis_json(const RunReport& report, const std::vector<Floor>& floors);

}  // namespace headrace
