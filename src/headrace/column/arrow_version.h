// The Arrow that this process has loaded.
#pragma once

#include <string>

namespace headrace {

/// Such as "26.0.1".
std::string arrow_version();

}  // namespace headrace
