// See check_inputs.h.

#include "headrace/feature/check_inputs.h"

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {

const FeatureDomain& one_input(std::string_view transform, std::span<const FeatureDomain> inputs) {
  if (inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("{} takes one input, not {}", transform, inputs.size()),
                "give one expression under 'from', or make one id of several columns with 'cross'");
  }
  return inputs.front();
}

const FeatureDomain& one_number(std::string_view transform, std::span<const FeatureDomain> inputs) {
  const FeatureDomain& input = one_input(transform, inputs);
  if (!input.type.is_numeric()) {
    bool castable = input.type.kind() == TypeKind::kString || input.type.kind() == TypeKind::kBool;
    refuse_input(transform, "a number", input.type, castable ? "cast it under 'from': cast(x as float64)" : "");
  }
  return input;
}

const FeatureDomain& one_moment(std::string_view transform, std::span<const FeatureDomain> inputs) {
  const FeatureDomain& input = one_input(transform, inputs);
  if (input.type.kind() != TypeKind::kDate && !input.type.is_timestamp()) {
    bool castable = input.type.kind() == TypeKind::kString;
    refuse_input(transform, "a date or a timestamp", input.type,
                 castable ? "cast it under 'from': cast(x as timestamp)" : "");
  }
  return input;
}

void check_hashable(std::string_view transform, std::span<const FeatureDomain> inputs) {
  for (const FeatureDomain& input : inputs) {
    if (input.type.is_nested()) refuse_input(transform, "columns of plain types", input.type);
  }
}

Type ids_type(bool lists) {
  Type id = TypeKind::kInt64;
  return lists ? Type::list(id) : id;
}

void refuse_input(std::string_view transform, std::string_view wanted, const Type& type, std::string hint) {
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("{} takes {}, not {}", transform, wanted, type.to_string()),
              std::move(hint));
}

}  // namespace headrace
