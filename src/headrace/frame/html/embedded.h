// Files that are part of the program: what pages are made with.
#pragma once

#include <string_view>

namespace headrace {

std::string_view report_css();
std::string_view report_js();
/// Vega, Vega-Lite and vega-embed with their licences (tools/vega.lock): made to stand in a script element.
std::string_view vega_js();

}  // namespace headrace
