// See grouped.h.
#include "headrace/expr/aggregate/grouped.h"

#include "headrace/expr/function/resolve.h"

namespace headrace {

void resolve_number(std::string_view name, std::span<const Type> given, Type& arg_type) {
  constexpr std::string_view kAccepted =
      "one number; cast(x as int64) makes one of a bool, cast(x as float64) of a text";
  require_arg_count(name, given, 1, 1, kAccepted);
  if (!given[0].is_numeric()) refuse_args(name, given, kAccepted);
  arg_type = given[0];
}

}  // namespace headrace
