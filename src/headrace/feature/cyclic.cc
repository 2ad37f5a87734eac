// cyclic: a number that comes round, such as an hour, as a point on a circle.

#include <cmath>
#include <numbers>

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kCyclicTransform;

namespace {

std::unique_ptr<Transform> bind_cyclic(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  FeatureDomain input = one_number("cyclic", inputs);
  double period = parameters.number("period");
  if (!(period > 0) || !std::isfinite(period)) parameters.refuse("period", "must be a number greater than 0");
  Type pair = Type::fixed_size_list(TypeKind::kFloat32, 2);
  return plain_transform({pair, input.nullable, false, std::nullopt}, [=](std::span<const Expr> inputs_given) {
    Expr x = inputs_given.front();
    Expr angle =
        formula("x * w", {{"x", as_float64(x, input.type)}, {"w", number_literal(2 * std::numbers::pi / period)}});
    Expr both = formula("array(cast(sin(angle) as float32), cast(cos(angle) as float32))", {{"angle", angle}});
    return input.nullable ? formula("case when x is null then null else both end", {{"x", x}, {"both", both}}) : both;
  });
}

}  // namespace

const TransformKind kCyclicTransform = {
    .name = "cyclic",
    .summary =
        "Sine and cosine of 2πx / period: a point on a circle, so that the last hour of a day is near the first. Null "
        "stays null; use fill before it.",
    .fitted = {},
    .input = "a number",
    .output = "`fixed_size_list<float32, 2>`: sine, cosine",
    .parameters = {{"period", "float", "", "after how much it begins anew: 24 for hours; greater than 0"}},
    .example = "[hour, {cyclic: {period: 24}}]",
    .source = {},
    .bind = bind_cyclic,
};

}  // namespace headrace
