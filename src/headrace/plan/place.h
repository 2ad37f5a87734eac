// Places in the pipeline file, as messages show them.
#pragma once

#include <string>
#include <string_view>

#include "headrace/base/error.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// "p.yaml:12:7", or less of it when the file has no name or the place is unknown; empty when nothing is known.
std::string format_place(const std::string& file, FilePlace place);

/// Error(kInvalidPipeline) whose message starts with the place.
Error place_error(const std::string& file, FilePlace place, std::string_view message, std::string hint = {});

/// `error` with `what` and a colon put before its message; its code, context and hint stay.
Error with_prefix(const Error& error, std::string_view what);

/// `error` with the place, and then `what` if it is not empty, put before its message.
Error at_place(const Error& error, const std::string& file, FilePlace place, std::string_view what = {});

}  // namespace headrace
