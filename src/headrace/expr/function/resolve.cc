// See resolve.h.
#include "headrace/expr/function/resolve.h"

#include <string>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/bind.h"

namespace headrace {

void refuse_args(std::string_view name, std::span<const Type> got, std::string_view accepted) {
  std::string types;
  for (const Type& type : got) types += (types.empty() ? "" : ", ") + type.to_string();
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("{} does not take ({})", name, types),
              fmt::format("{} takes {}", name, accepted));
}

void require_arg_count(std::string_view name, std::span<const Type> got, std::size_t min, std::size_t max,
                       std::string_view accepted) {
  if (got.size() < min || got.size() > max) refuse_args(name, got, accepted);
}

Type common_type_of(std::span<const Type> types) {
  Type common = TypeKind::kNull;
  bool any_typed = false;
  for (const Type& type : types) {
    if (type.kind() == TypeKind::kNull) continue;
    common = any_typed ? common_type(common, type) : type;
    if (common.kind() == TypeKind::kNull) return common;
    any_typed = true;
  }
  return common;
}

}  // namespace headrace
