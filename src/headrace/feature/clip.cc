// clip: values below min become min, values above max become max. The type of the input stays, decimals aside.

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kClipTransform;

namespace {

bool is_integer_value(const Value& value) { return value.type.is_integer(); }

/// Integers stay integers when both bounds are; everything else becomes, or stays, a float.
Type clipped_type(const TransformParameters& parameters, const Type& input) {
  if (input.is_floating()) return input;
  for (std::string_view bound : {"min", "max"}) {
    if (parameters.has(bound) && !is_integer_value(parameters.value(bound))) return TypeKind::kFloat64;
  }
  return input.is_integer() ? input : TypeKind::kFloat64;
}

/// The bound as a literal of `type`, which integers must fit.
std::optional<Expr> bound_of(const TransformParameters& parameters, std::string_view name, const Type& type) {
  if (!parameters.has(name)) return std::nullopt;
  if (type.is_floating()) {
    double bound = parameters.number(name);
    if (std::isnan(bound)) parameters.refuse(name, "is not a number");
    Expr value = number_literal(bound);
    return type.kind() == TypeKind::kFloat64 ? value : cast(value, type);
  }
  std::int64_t bound = parameters.integer(name);
  auto bits = static_cast<int>(type.value_bytes() * 8);
  if (bits < 64 && (bound < -(std::int64_t{1} << (bits - 1)) || bound >= std::int64_t{1} << (bits - 1))) {
    parameters.refuse(name, fmt::format("is {}, which no {} reaches", bound, type.to_string()), "leave it out");
  }
  Expr value = integer_literal(bound);
  return type.kind() == TypeKind::kInt64 ? value : cast(value, type);
}

std::unique_ptr<Transform> bind_clip(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  FeatureDomain input = one_number("clip", inputs);
  if (!parameters.has("min") && !parameters.has("max")) {
    parameters.refuse("min", "and 'max' are both missing", "give one of them or both: {clip: {min: 0, max: 100}}");
  }
  if (parameters.has("min") && parameters.has("max") && parameters.number("min") > parameters.number("max")) {
    parameters.refuse("min", "is greater than 'max'");
  }
  Type type = clipped_type(parameters, input.type);
  bool convert = type != input.type;
  std::optional<Expr> min = bound_of(parameters, "min", type);
  std::optional<Expr> max = bound_of(parameters, "max", type);
  return plain_transform({type, input.nullable, false, std::nullopt}, [=](std::span<const Expr> inputs_given) {
    Expr x = convert ? cast(inputs_given.front(), type) : inputs_given.front();
    if (!max) return formula("case when x < min then min else x end", {{"x", x}, {"min", *min}});
    if (!min) return formula("case when x > max then max else x end", {{"x", x}, {"max", *max}});
    return formula("case when x < min then min when x > max then max else x end",
                   {{"x", x}, {"min", *min}, {"max", *max}});
  });
}

}  // namespace

const TransformKind kClipTransform = {
    .name = "clip",
    .summary = "Limits values to [min, max]. Null stays null; NaN, the greatest value, becomes max.",
    .fitted = {},
    .input = "a number",
    .output = "the type of the input; float64 for decimals, and for integers with a bound that is no integer",
    .parameters = {{"min", "float", "none", "smaller values become this; none: no lower limit"},
                   {"max", "float", "none", "greater values become this; none: no upper limit"}},
    .example = "{clip: {min: 0, max: 100}}",
    .source = {},
    .bind = bind_clip,
};

}  // namespace headrace
