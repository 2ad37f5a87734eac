// log1p: ln(1 + x).

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kLog1pTransform;

const TransformKind kLog1pTransform = {
    .name = "log1p",
    .summary =
        "ln(1 + x), exact near zero too: tames the long tail of counts and amounts. Null stays null. A value of -1 "
        "or less gives null; clip it away first, or fill it after.",
    .fitted = {},
    .input = "a number",
    .output = "float64",
    .parameters = {},
    .example = "log1p",
    .source = {},
    .bind = [](const TransformParameters&, std::span<const FeatureDomain> inputs) -> std::unique_ptr<Transform> {
      FeatureDomain input = one_number("log1p", inputs);
      return plain_transform({TypeKind::kFloat64, input.nullable, false, std::nullopt},
                             [type = input.type](std::span<const Expr> x) {
                               return formula("log1p(x)", {{"x", as_float64(x.front(), type)}});
                             });
    },
};

}  // namespace headrace
