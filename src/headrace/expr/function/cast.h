// Casts: which there are, and the two functions that do them. Their targets are not among their arguments, so bind()
// makes their calls itself; eval finds the target in the type of the call.
#pragma once

#include <string>

#include "headrace/expr/function.h"

namespace headrace {

extern const Function kCast;
extern const Function kTryCast;

bool is_cast_allowed(const Type& from, const Type& to);
/// Whether some value of `from` has no counterpart in `to`. Only for allowed casts.
bool can_cast_fail(const Type& from, const Type& to);
/// What to do instead of a cast that is not allowed.
std::string cast_hint(const Type& from, const Type& to);

}  // namespace headrace
