// min_max: (x - least) / (greatest - least) * (max - min) + min.
//
// State: {"count": values seen, "min": least, "max": greatest} of the training rows. Values beyond them, met later,
// land beyond [min, max]; clip limits them. A column of one value (or of none) is divided by 1.

#include <fmt/format.h>

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/extremes_accumulator.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/number_values.h"

namespace headrace {

extern const TransformKind kMinMaxTransform;

namespace {

Json finish_state(const Extremes<double>& extremes) {
  Json state = Json::object();
  state["count"] = extremes.count;
  state["min"] = finite_statistic(extremes.min, "min_max", "minimum");
  state["max"] = finite_statistic(extremes.max, "min_max", "maximum");
  finite_statistic(extremes.max - extremes.min, "min_max", "range");
  return state;
}

Extremes<double> read_state(const Json& json) {
  StateReader reader(json, "min_max", {"count", "min", "max"});
  Extremes<double> extremes{reader.integer("count"), reader.number("min"), reader.number("max")};
  if (!(extremes.min <= extremes.max) || !std::isfinite(extremes.max - extremes.min)) {
    reader.refuse("max", "is less than 'min', or too far from it");
  }
  return extremes;
}

class MinMax final : public Transform {
 public:
  MinMax(FeatureDomain input, double min, double max)
      : Transform(true), input_(std::move(input)), min_(min), max_(max) {}

  std::unique_ptr<Accumulator> make_accumulator(MemoryBudget&, std::size_t) const override {
    return extremes_accumulator<double>(finish_state);
  }
  std::vector<Expr> fit_inputs(std::span<const Expr> inputs) const override {
    return {as_float64(inputs.front(), input_.type)};
  }
  Expr apply(std::span<const Expr> inputs, const Json& json) const override {
    Extremes<double> seen = read_state(json);
    double range = seen.min == seen.max ? 1.0 : seen.max - seen.min;
    Expr unit = formula("(x - least) / span", {{"x", as_float64(inputs.front(), input_.type)},
                                               {"least", number_literal(seen.min)},
                                               {"span", number_literal(range)}});
    if (min_ == 0 && max_ == 1) return unit;
    return formula("unit * size + first",
                   {{"unit", unit}, {"size", number_literal(max_ - min_)}, {"first", number_literal(min_)}});
  }
  FeatureDomain output(const Json&) const override {
    return {TypeKind::kFloat64, input_.nullable, false, std::nullopt};
  }
  std::string describe(const Json& json) const override {
    Extremes<double> seen = read_state(json);
    if (seen.count == 0) return "no values, taken as 0 to 1";
    return fmt::format("min {:.6g}, max {:.6g}", seen.min, seen.max);
  }

 private:
  FeatureDomain input_;
  double min_;
  double max_;
};

std::unique_ptr<Transform> bind_min_max(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  FeatureDomain input = one_number("min_max", inputs);
  double min = parameters.number("min");
  double max = parameters.number("max");
  if (!(min < max) || !std::isfinite(max - min)) parameters.refuse("min", "must be less than 'max', both finite");
  return std::make_unique<MinMax>(std::move(input), min, max);
}

}  // namespace

const TransformKind kMinMaxTransform = {
    .name = "min_max",
    .summary =
        "Maps the range of the training rows linearly to [min, max]. Values beyond that range land beyond [min, max]: "
        "put clip before or after it. Null and NaN are left out of the statistic and stay as they are.",
    .fitted = "the least and the greatest value",
    .input = "a number",
    .output = "float64",
    .parameters = {{"min", "float", "0", "what the least value becomes"},
                   {"max", "float", "1", "what the greatest value becomes"}},
    .example = "{min_max: {min: -1, max: 1}}",
    .source = {},
    .bind = bind_min_max,
};

}  // namespace headrace
