// What transforms ask of their inputs, with one wording for refusals.
#pragma once

#include <span>
#include <string_view>

#include "headrace/feature/transform.h"

namespace headrace {

/// The single input. Throws Error(kInvalidPipeline) when there is more than one.
const FeatureDomain& one_input(std::string_view transform, std::span<const FeatureDomain> inputs);
/// The single input, a number: integer, float or decimal.
const FeatureDomain& one_number(std::string_view transform, std::span<const FeatureDomain> inputs);
/// The single input, a date or a timestamp.
const FeatureDomain& one_moment(std::string_view transform, std::span<const FeatureDomain> inputs);
/// Refuses lists and structs.
void check_hashable(std::string_view transform, std::span<const FeatureDomain> inputs);

/// What ids of a column are: int64, or a list of them when they are made element by element.
Type ids_type(bool lists);

/// Throws Error(kInvalidPipeline): "<transform> takes <wanted>, not <type>".
[[noreturn]] void refuse_input(std::string_view transform, std::string_view wanted, const Type& type,
                               std::string hint = {});

}  // namespace headrace
