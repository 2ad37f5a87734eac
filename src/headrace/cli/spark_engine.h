// Commands with --engine spark: Python does them, since Spark is driven from there.
#pragma once

#include <string>

#include "headrace/cli/options.h"

namespace headrace {

/// --engine and --master.
void add_engine_choice(CLI::App& command, SharedOptions& options);

/// Becomes the program that runs `command` on Spark: `python3 -m headrace.spark COMMAND PIPELINE …`, with the Python
/// that HEADRACE_PYTHON names, or else python3. Returns only by throwing Error(kUnsupported).
[[noreturn]] void become_spark(const std::string& command, const SharedOptions& options);

}  // namespace headrace
