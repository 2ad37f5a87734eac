// multi_hot: a vector of the number of ids, for lists of ids.

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"

namespace headrace {

extern const TransformKind kMultiHotTransform;

namespace {

constexpr std::int64_t kSizeMax = 65'536;

/// Fits nothing, but its size may depend on the state of the transform before it: it is bound again once that is known.
class MultiHot final : public Transform {
 public:
  explicit MultiHot(std::optional<std::int64_t> size) : Transform(false), size_(size) {}

  Expr apply(std::span<const Expr> inputs, const Json&) const override {
    HEADRACE_CHECK(size_.has_value());
    return formula("multi_hot(x, size)", {{"x", inputs.front()}, {"size", integer_literal(*size_)}});
  }
  FeatureDomain output(const Json&) const override {
    Type type = size_ ? Type::fixed_size_list(TypeKind::kFloat32, static_cast<std::int32_t>(*size_))
                      : Type::list(TypeKind::kFloat32);
    return {type, false, false, std::nullopt};
  }

 private:
  std::optional<std::int64_t> size_;
};

std::unique_ptr<Transform> bind_multi_hot(const TransformParameters&, std::span<const FeatureDomain> inputs) {
  const FeatureDomain& input = one_input("multi_hot", inputs);
  if (!input.is_id || input.type.kind() != TypeKind::kList) {
    refuse_input("multi_hot", "lists of ids, whose number is known", input.type,
                 input.is_id ? "of one id a row, one_hot is the vector" : "put vocabulary or hash of a list before it");
  }
  if (input.id_count && *input.id_count > kSizeMax) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("multi_hot would make {} numbers of every row, more than {}", *input.id_count, kSizeMax),
                "cut the lists to one length with 'pad' and look the ids up in an embedding, or make fewer ids");
  }
  return std::make_unique<MultiHot>(input.id_count);
}

}  // namespace

const TransformKind kMultiHotTransform = {
    .name = "multi_hot",
    .summary =
        "A vector with 1.0 at each id that is in the list and 0.0 elsewhere. A null list gives nothing but zeros.",
    .fitted = {},
    .input = "a list of ids: after vocabulary or hash of a list",
    .output = "`fixed_size_list<float32, n>`, n being the number of ids, at most 65536",
    .parameters = {},
    .example = "[vocabulary, multi_hot]",
    .source = {},
    .bind = bind_multi_hot,
};

}  // namespace headrace
