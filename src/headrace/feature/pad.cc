// pad: lists of any length as vectors of one length.

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kPadTransform;

namespace {

constexpr std::int64_t kLengthMax = 65'536;

std::unique_ptr<Transform> bind_pad(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  FeatureDomain domain = one_input("pad", inputs);
  bool numbers = domain.type.kind() == TypeKind::kList &&
                 (domain.type.element().is_integer() || domain.type.element().is_floating());
  if (!numbers) {
    refuse_input("pad", "a list of ids or numbers", domain.type,
                 "put vocabulary or hash before it, on a list of words");
  }
  std::int64_t length = parameters.integer_in("length", 1, kLengthMax);
  domain.type = Type::fixed_size_list(domain.type.element(), static_cast<std::int32_t>(length));
  domain.nullable = false;
  return plain_transform(domain, [length](std::span<const Expr> x) {
    return formula("list_pad(x, length)", {{"x", x.front()}, {"length", integer_literal(length)}});
  });
}

}  // namespace

const TransformKind kPadTransform = {
    .name = "pad",
    .summary =
        "The first `length` elements of a list; a shorter one gets zeros behind, which no id is. A null list and nulls "
        "inside are zeros, too.",
    .fitted = {},
    .input = "a list of ids, after vocabulary or hash of a list, or of integers or floats",
    .output = "`fixed_size_list<T, length>`",
    .parameters = {{"length", "integer", "", "number of elements, from 1 to 65536"}},
    .example = "{pad: {length: 8}}",
    .source = {},
    .bind = bind_pad,
};

}  // namespace headrace
