// See plain_transform.h.

#include "headrace/feature/plain_transform.h"

namespace headrace {

namespace {

class PlainTransform final : public Transform {
 public:
  PlainTransform(FeatureDomain output, std::function<Expr(std::span<const Expr>)> apply)
      : Transform(false), output_(std::move(output)), apply_(std::move(apply)) {}

  Expr apply(std::span<const Expr> inputs, const Json&) const override { return apply_(inputs); }
  FeatureDomain output(const Json&) const override { return output_; }

 private:
  FeatureDomain output_;
  std::function<Expr(std::span<const Expr>)> apply_;
};

}  // namespace

std::unique_ptr<Transform> plain_transform(FeatureDomain output, std::function<Expr(std::span<const Expr>)> apply) {
  return std::make_unique<PlainTransform>(std::move(output), std::move(apply));
}

}  // namespace headrace
