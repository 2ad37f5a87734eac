// See spark_engine.h.
#include "headrace/cli/spark_engine.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace headrace {
namespace {

/// Says how to get the package where it is not there, which `python -m` says in words of its own.
constexpr const char* kStart = R"(
import importlib.util, sys
if importlib.util.find_spec('headrace') is None:
    sys.exit('error: --engine spark runs in Python, and ' + sys.executable + ' has no headrace\n'
             '  hint: pip install "headrace[spark]", or name another Python by HEADRACE_PYTHON')
from headrace.spark.__main__ import main
main()
)";

}  // namespace

void add_engine_choice(CLI::App& command, SharedOptions& options) {
  command.add_option("--engine", options.engine, "What makes the rows: native, this program, or spark")
      ->check(CLI::IsMember({"native", "spark"}))
      ->capture_default_str();
  command
      .add_option("--master", options.master,
                  "With --engine spark: local[*], spark://HOST:PORT, sc://HOST:PORT (Spark Connect) or yarn")
      ->type_name("MASTER")
      ->capture_default_str();
}

void become_spark(const std::string& command, const SharedOptions& options) {
  const char* chosen = std::getenv("HEADRACE_PYTHON");
  std::string python = chosen != nullptr && *chosen != '\0' ? chosen : "python3";
  std::vector<std::string> words = {python,     "-c",           kStart,     command,       options.pipeline_file,
                                    "--master", options.master, "--output", options.output};
  for (const std::string& set : options.set) words.insert(words.end(), {"--set", set});
  if (!options.statistics) words.push_back("--no-statistics");
  if (!options.state.empty()) words.insert(words.end(), {"--state", options.state});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(python.c_str(), arguments.data());
  throw Error(ErrorCode::kUnsupported, fmt::format("cannot start '{}': {}", python, std::strerror(errno)),
              "--engine spark runs in Python: install it, or name one by HEADRACE_PYTHON");
}

}  // namespace headrace
