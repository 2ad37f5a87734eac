// See sort_column.h.
#include "headrace/plan/sort_column.h"

namespace headrace {
namespace {

constexpr std::string_view kDescending = " desc";

}  // namespace

std::string to_string(const SortColumn& column) {
  return column.descending ? column.name + std::string(kDescending) : column.name;
}

SortColumn parse_sort_column(std::string_view text) {
  bool is_descending = text.size() > kDescending.size() && text.ends_with(kDescending);
  if (is_descending) text.remove_suffix(kDescending.size());
  return {std::string(text), is_descending};
}

}  // namespace headrace
