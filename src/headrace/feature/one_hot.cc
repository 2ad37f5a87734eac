// one_hot: a vector of the number of ids.

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"

namespace headrace {

extern const TransformKind kOneHotTransform;

namespace {

constexpr std::int64_t kSizeMax = 65'536;

/// Fits nothing, but its size may depend on the state of the transform before it: it is bound again once that is known.
class OneHot final : public Transform {
 public:
  explicit OneHot(std::optional<std::int64_t> size) : Transform(false), size_(size) {}

  Expr apply(std::span<const Expr> inputs, const Json&) const override {
    HEADRACE_CHECK(size_.has_value());
    return formula("one_hot(x, size)", {{"x", inputs.front()}, {"size", integer_literal(*size_)}});
  }
  FeatureDomain output(const Json&) const override {
    Type type = size_ ? Type::fixed_size_list(TypeKind::kFloat32, static_cast<std::int32_t>(*size_))
                      : Type::list(TypeKind::kFloat32);
    return {type, false, false, std::nullopt};
  }

 private:
  std::optional<std::int64_t> size_;
};

std::unique_ptr<Transform> bind_one_hot(const TransformParameters&, std::span<const FeatureDomain> inputs) {
  const FeatureDomain& input = one_input("one_hot", inputs);
  if (input.is_id && input.type.is_nested()) {
    refuse_input("one_hot", "one id a row", input.type, "make a vector of a list of ids with multi_hot");
  }
  if (!input.is_id) {
    refuse_input("one_hot", "ids, whose number is known", input.type,
                 "put vocabulary, hash, bucketize or a part of a time before it");
  }
  if (input.id_count && *input.id_count > kSizeMax) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("one_hot would make {} numbers of every row, more than {}", *input.id_count, kSizeMax),
                "leave the ids as they are and look them up in an embedding, or make fewer ids");
  }
  return std::make_unique<OneHot>(input.id_count);
}

}  // namespace

const TransformKind kOneHotTransform = {
    .name = "one_hot",
    .summary = "A vector with 1.0 at the id and 0.0 elsewhere. Null gives nothing but zeros.",
    .fitted = {},
    .input = "ids: after vocabulary, hash, cross, bucketize, or a time part other than year",
    .output = "`fixed_size_list<float32, n>`, n being the number of ids, at most 65536",
    .parameters = {},
    .example = "[hour, one_hot]",
    .source = {},
    .bind = bind_one_hot,
};

}  // namespace headrace
