// What all commands of the CLI share: options, the way they end, how they print.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "headrace/base/error.h"
#include "headrace/frame/headrace.h"

namespace headrace {

/// Exit codes of the CLI; `headrace --help` lists them.
enum class ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kContractViolated = 3, kInterrupted = 130 };

ExitCode exit_code_of(ErrorCode code);

/// Options that several commands take.
struct SharedOptions {
  std::string pipeline_file;
  std::vector<std::string> set;  // name=value
  std::size_t threads = 0;       // 0: one a processor
  std::string memory;
  std::string spill_dir;    // empty: the default
  std::string spill_limit;  // empty: none
  std::string output = "text";
  std::string state;
  std::string engine = "native";
  std::string master = "local[*]";
  bool statistics = true;
  bool quiet = false;

  bool json() const { return output == "json"; }
};

void add_output_option(CLI::App& command, SharedOptions& options);
void add_spill_dir_option(CLI::App& command, SharedOptions& options);
/// --threads, --memory, --spill-dir, --spill-limit, --quiet and --output.
void add_engine_options(CLI::App& command, SharedOptions& options);
/// PIPELINE, --set, --state, and those of the engine.
void add_pipeline_options(CLI::App& command, SharedOptions& options);

/// The size that an option names; `example` is a valid one.
std::size_t size_of(std::string_view option, const std::string& text, std::string_view example);
/// Reads the pipeline file, with the parameters of --set.
Pipeline load_pipeline(const SharedOptions& options);
/// Threads, memory, progress and cancellation as the options say.
RunOptions make_run_options(const SharedOptions& options, std::shared_ptr<Cancellation> cancellation);

/// Writes words for people to stderr. One that is closed or full changes nothing about what is done.
void say(std::string_view text) noexcept;
/// Writes data to stdout; throws Error(kIo) when that fails (a closed pipe, a full disk).
void print(const std::string& text);

/// One command: adds itself to the program and runs when chosen.
struct Command {
  CLI::App* app;
  std::function<void(std::shared_ptr<Cancellation>)> run;
};
Command add_run_command(CLI::App& program, SharedOptions& options);
Command add_validate_command(CLI::App& program, SharedOptions& options);
Command add_clean_command(CLI::App& program, SharedOptions& options);
Command add_convert_command(CLI::App& program, SharedOptions& options);
Command add_doctor_command(CLI::App& program, SharedOptions& options);
Command add_explain_command(CLI::App& program, SharedOptions& options);
Command add_inspect_command(CLI::App& program, SharedOptions& options);
Command add_reference_command(CLI::App& program, SharedOptions& options);
Command add_report_command(CLI::App& program, SharedOptions& options);
Command add_verify_command(CLI::App& program, SharedOptions& options);
Command add_version_command(CLI::App& program, SharedOptions& options);

}  // namespace headrace
