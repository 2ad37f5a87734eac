// See options.h.
#include "headrace/cli/options.h"

#include <algorithm>
#include <cstdio>
#include <malloc.h>

#include <fmt/format.h>

#include "headrace/base/path_scheme.h"
#include "headrace/base/units.h"
#include "headrace/cli/progress.h"

namespace headrace {

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return ExitCode::kUsage;
    case ErrorCode::kContractViolated: return ExitCode::kContractViolated;
    case ErrorCode::kCancelled: return ExitCode::kInterrupted;
    default: return ExitCode::kFailed;
  }
}

void add_output_option(CLI::App& command, SharedOptions& options) {
  command.add_option("--output", options.output, "How results are printed to stdout: text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void add_pipeline_options(CLI::App& command, SharedOptions& options) {
  command.add_option("PIPELINE", options.pipeline_file, "The pipeline file (YAML)")->required();
  command.add_option("--set", options.set, "Give a parameter of the pipeline a value: name=value; may be repeated")
      ->type_name("NAME=VALUE");
  command.add_option("--state", options.state, "Encode with the fitted state saved in this folder instead of fitting")
      ->type_name("DIR");
  add_engine_options(command, options);
}

void add_spill_dir_option(CLI::App& command, SharedOptions& options) {
  command
      .add_option("--spill-dir", options.spill_dir,
                  "Where data goes that does not fit into --memory; default: $TMPDIR, or else /var/tmp")
      ->type_name("DIR");
}

void add_engine_options(CLI::App& command, SharedOptions& options) {
  command.add_option("--threads", options.threads, "Worker threads; 0 takes one a processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--memory", options.memory, "The most memory for data, such as 512MiB or 4GiB; default: no limit")
      ->type_name("SIZE");
  add_spill_dir_option(command, options);
  command.add_option("--spill-limit", options.spill_limit, "The most data to put there; default: no limit")
      ->type_name("SIZE");
  command.add_flag("--quiet", options.quiet, "No progress");
  add_output_option(command, options);
}

namespace {

/// What --set says, by name.
std::map<std::string, std::string> parameters_of(const SharedOptions& options) {
  std::map<std::string, std::string> set;
  for (const std::string& assignment : options.set) {
    std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("--set needs name=value, not '{}'", assignment),
                  "write for example --set date=2026-01-01");
    }
    set[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return set;
}

}  // namespace

Pipeline load_pipeline(const SharedOptions& options) {
  return read_pipeline(options.pipeline_file, parameters_of(options));
}

std::size_t size_of(std::string_view option, const std::string& text, std::string_view example) {
  std::optional<std::size_t> bytes = parse_bytes(text);
  if (!bytes || *bytes == 0) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is no size: '{}'", option, text),
                fmt::format("write for example {} {}", option, example));
  }
  return *bytes;
}

namespace {

/// Column buffers are recycled instead of given back to the system and faulted in anew, which makes a quarter fewer
/// page faults. What stays at hand for that is small against the budget.
void tune_allocator(std::size_t memory_bytes) {
  constexpr std::size_t kKeptBytesMin = 1 << 20;
  constexpr std::size_t kKeptBytesMax = 512 << 20;
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(std::clamp(memory_bytes / 32, kKeptBytesMin, kKeptBytesMax)));
}

}  // namespace

RunOptions make_run_options(const SharedOptions& options, std::shared_ptr<Cancellation> cancellation) {
  RunOptions run;
  run.context.thread_count = options.threads != 0 ? options.threads : default_thread_count();
  if (!options.memory.empty()) {
    run.context.memory = MemoryBudget::create(size_of("--memory", options.memory, "512MiB or --memory 4GiB"));
  }
  tune_allocator(run.context.memory->limit_bytes());
  std::int64_t spill_bytes_max = kScratchUnlimited;
  if (!options.spill_limit.empty()) {
    spill_bytes_max = static_cast<std::int64_t>(size_of("--spill-limit", options.spill_limit, "100GiB"));
  }
  std::string spill_dir = options.spill_dir.empty() ? default_scratch_folder() : options.spill_dir;
  if (!scheme_of(spill_dir).empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--spill-dir is a folder of this machine, not '{}'", spill_dir),
                "give a folder on a local disk");
  }
  run.context.spill = std::make_shared<SpillSpace>(local_scratch_space(spill_dir, spill_bytes_max));
  run.context.cancellation = std::move(cancellation);
  if (!options.quiet) run.context.on_progress = make_progress_printer();
  run.state_path = options.state;
  run.statistics = options.statistics;
  run.parameters = parameters_of(options);
  return run;
}

void say(std::string_view text) noexcept {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
  static_cast<void>(std::fflush(stderr));
}

void print(const std::string& text) {
  bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) throw Error(ErrorCode::kIo, "cannot write to stdout", "check the disk or the pipe it goes to");
}

}  // namespace headrace
