// The reference of functions, made from the tables that the engine runs.
#pragma once

#include <string>

namespace headrace {

/// All scalar functions by group, then the aggregates, with signature, meaning and examples, as Markdown.
std::string functions_reference_markdown();

}  // namespace headrace
