// The command-line face of Headrace: parses, calls frame/, prints. Data goes to stdout, everything else to stderr.
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/nearest.h"
#include "headrace/cli/options.h"

namespace headrace {
namespace {

std::shared_ptr<Cancellation> g_cancellation = std::make_shared<Cancellation>();

/// The first signal asks the run to stop and clean up; the second ends the process.
void on_interrupt(int signal_number) {
  g_cancellation->cancel();
  std::signal(signal_number, SIG_DFL);
}

void report_error(const Error& error, bool json) {
  say(fmt::format("error: {}\n", error.what()));
  if (!json) return;
  nlohmann::ordered_json text = {{"status", "failed"},
                                 {"error",
                                  {{"code", code_name(error.code())},
                                   {"message", error.message()},
                                   {"context", error.context()},
                                   {"hint", error.hint()}}}};
  std::string line = text.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
}

/// The message of a usage error, with the nearest command or option where the mistake looks like a slip.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv) {
  std::string message = fmt::format("error: {}\n", error.what());
  std::vector<std::string> commands;
  const CLI::App* chosen = &program;
  for (const CLI::App* command : program.get_subcommands({})) commands.push_back(command->get_name());
  for (const CLI::App* command : program.get_subcommands()) chosen = command;
  if (chosen == &program && argc > 1) {
    return message + fmt::format("  hint: {}\n", name_hint(argv[1], commands, "commands"));
  }
  std::vector<std::string> options;
  for (const CLI::Option* option : chosen->get_options()) {
    if (!option->get_lnames().empty()) options.push_back("--" + option->get_lnames()[0]);
  }
  for (int i = 2; i < argc; ++i) {
    std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    bool is_known = std::find(options.begin(), options.end(), word) != options.end();
    if (word.starts_with("--") && !is_known) {
      return message + fmt::format("  hint: {}\n", name_hint(word, options, "options"));
    }
  }
  return message + fmt::format("  hint: see 'headrace {}--help'\n", chosen == &program ? "" : chosen->get_name() + " ");
}

ExitCode run_program(int argc, char** argv) {
  CLI::App program("From raw event tables to training batches.", "headrace");
  program.require_subcommand(1);
  program.footer(
      "Paths may begin with s3://; credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, ...).\n"
      "Exit codes: 0 ok, 1 failed, 2 usage, 3 contract violated, 130 interrupted.\n"
      "Examples:\n"
      "  headrace validate pipeline.yaml\n"
      "  headrace run pipeline.yaml\n"
      "  headrace inspect out/parquet");
  SharedOptions options;
  std::vector<Command> commands = {add_run_command(program, options),     add_validate_command(program, options),
                                   add_explain_command(program, options), add_inspect_command(program, options),
                                   add_convert_command(program, options), add_verify_command(program, options),
                                   add_clean_command(program, options),   add_report_command(program, options),
                                   add_doctor_command(program, options),  add_reference_command(program, options),
                                   add_version_command(program, options)};
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {
    program.exit(success);
    return ExitCode::kOk;
  } catch (const CLI::ParseError& error) {
    say(usage_message(program, error, argc, argv));
    return ExitCode::kUsage;
  }
  try {
    for (const Command& command : commands) {
      if (command.app->parsed()) command.run(g_cancellation);
    }
    return ExitCode::kOk;
  } catch (const Error& error) {
    report_error(error, options.json());
    return exit_code_of(error.code());
  } catch (const std::bad_alloc&) {
    report_error(Error(ErrorCode::kOutOfMemory, "the machine has no memory left", "run with a smaller --memory"),
                 options.json());
  } catch (const std::exception& error) {
    report_error(Error(ErrorCode::kInternal, error.what(), "this is a bug in Headrace: please report it"),
                 options.json());
  }
  return ExitCode::kFailed;
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) {
  std::signal(SIGINT, headrace::on_interrupt);
  std::signal(SIGTERM, headrace::on_interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  headrace::ExitCode code = headrace::run_program(argc, argv);
  headrace::end_stores();
  return static_cast<int>(code);
}
