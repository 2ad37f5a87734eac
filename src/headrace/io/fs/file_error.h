// Errors of files, worded alike wherever they come from.
#pragma once

#include <string_view>

#include "headrace/base/error.h"

namespace headrace {

/// The Error for an operation that the operating system refused: "cannot <operation> '<path>': <reason>", with a hint
/// where the reason has a usual cure. kNotFound when something does not exist, else kIo.
Error file_error(std::string_view operation, std::string_view path, int error_number);

/// How hints about paths that lead nowhere begin.
inline constexpr std::string_view kCheckPath = "check the path";

/// The error; if its hint is to check the path, then with where relative ones start, such as "the current folder".
Error with_start_of_paths(const Error& error, std::string_view folder);

}  // namespace headrace
