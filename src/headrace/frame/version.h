// The version of Headrace.
#pragma once

namespace headrace {

inline constexpr const char* kHeadraceVersion = "0.1.0";

}  // namespace headrace
