// Progress on stderr: one changing line on a terminal, a line per finished stage in logs.
#pragma once

#include <functional>

#include "headrace/frame/headrace.h"

namespace headrace {

/// A thread-safe printer for RunContext::on_progress. On a terminal it shows each stage once it has taken a moment.
std::function<void(const Progress&)> make_progress_printer();

}  // namespace headrace
