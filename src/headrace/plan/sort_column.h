// A column that rows are sorted by, as pipeline files write it.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace headrace {

/// Nulls come first, or last when descending, as in Spark; NaN is the greatest value.
struct SortColumn {
  std::string name;
  bool descending = false;
  friend auto operator<=>(const SortColumn&, const SortColumn&) = default;
};

/// "time", "time desc": the text form, and the inverse.
std::string to_string(const SortColumn& column);
SortColumn parse_sort_column(std::string_view text);

}  // namespace headrace
