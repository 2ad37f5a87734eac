// standardize: (x - mean) / stddev, with mean and population standard deviation of the training rows.
//
// State: {"count": values seen, "mean": m, "stddev": s}. Both come from exact sums, rounded once. A column of one
// value (or of none) has deviation zero and is only centred: it is divided by 1.

#include <cmath>

#include <fmt/format.h>

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/moments_accumulator.h"
#include "headrace/feature/number_values.h"

namespace headrace {

extern const TransformKind kStandardizeTransform;

namespace {

Json finish_state(const Moments& moments) {
  Json state = Json::object();
  state["count"] = moments.count;
  bool any = moments.count > 0;
  state["mean"] = any ? finite_statistic(moments.mean(), "standardize", "mean") : 0.0;
  double variance = any ? moments.variance(VarianceKind::kPopulation) : 0.0;
  state["stddev"] = finite_statistic(std::sqrt(variance), "standardize", "standard deviation");
  return state;
}

struct State {
  std::int64_t count;
  double mean;
  double stddev;

  explicit State(const Json& json) {
    StateReader reader(json, "standardize", {"count", "mean", "stddev"});
    count = reader.integer("count");
    mean = reader.number("mean");
    stddev = reader.number("stddev");
    if (stddev < 0) reader.refuse("stddev", "is negative");
  }
};

class Standardize final : public Transform {
 public:
  explicit Standardize(FeatureDomain input) : Transform(true), input_(std::move(input)) {}

  std::unique_ptr<Accumulator> make_accumulator(MemoryBudget&, std::size_t) const override {
    return moments_accumulator(finish_state);
  }
  std::vector<Expr> fit_inputs(std::span<const Expr> inputs) const override {
    return {as_float64(inputs.front(), input_.type)};
  }
  Expr apply(std::span<const Expr> inputs, const Json& json) const override {
    State state(json);
    double scale = state.stddev == 0 ? 1.0 : state.stddev;
    return formula("(x - mean) / scale", {{"x", as_float64(inputs.front(), input_.type)},
                                          {"mean", number_literal(state.mean)},
                                          {"scale", number_literal(scale)}});
  }
  FeatureDomain output(const Json&) const override {
    return {TypeKind::kFloat64, input_.nullable, false, std::nullopt};
  }
  std::string describe(const Json& json) const override {
    State state(json);
    if (state.count == 0) return "no values, left as they are";
    return fmt::format("mean {:.6g}, stddev {:.6g}", state.mean, state.stddev);
  }

 private:
  FeatureDomain input_;
};

}  // namespace

const TransformKind kStandardizeTransform = {
    .name = "standardize",
    .summary =
        "Subtracts the mean and divides by the population standard deviation of the training rows. Both come from "
        "exact sums. Null and NaN are left out of the statistic and stay as they are. A column of equal values is "
        "divided by 1.",
    .fitted = "mean and standard deviation",
    .input = "a number",
    .output = "float64",
    .parameters = {},
    .example = "standardize",
    .source = {},
    .bind = [](const TransformParameters&, std::span<const FeatureDomain> inputs) -> std::unique_ptr<Transform> {
      return std::make_unique<Standardize>(one_number("standardize", inputs));
    },
};

}  // namespace headrace
