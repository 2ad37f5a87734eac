// fill: puts a value in the place of null: a given one, or a statistic of the training rows.
//
// State of the second form: {"count": values seen, "value": v}. min, max and median keep integers exact; the median
// is the least value that at least half of the values do not exceed, so it is always one of them. NaN is a value
// here, not a null: it stays, and is left out of the statistic.

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/expr/evaluate.h"
#include "headrace/feature/check_inputs.h"
#include "headrace/feature/extremes_accumulator.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/moments_accumulator.h"
#include "headrace/feature/number_values.h"
#include "headrace/feature/plain_transform.h"
#include "headrace/feature/quantiles_accumulator.h"

namespace headrace {

extern const TransformKind kFillTransform;

namespace {

Expr filled(const Expr& x, const Expr& value) { return formula("coalesce(x, v)", {{"x", x}, {"v", value}}); }

/// Throws what evaluating it would throw. (bind is qualified: arguments of std make std::bind a candidate.)
void evaluate_constant(const Expr& constant) {
  auto memory = MemoryBudget::create();
  EvalContext context(*memory);
  evaluate(*headrace::bind(constant, Schema()), Batch{std::make_shared<const Schema>(), {}, 1}, context);
}

/// `value` as an expression of type `type`; a literal of the very type where there is one.
Expr constant_of(const Value& value, const Type& type, const TransformParameters& parameters) {
  bool number = value.type.is_numeric();
  bool fits = type.is_integer()   ? value.type.is_integer()
              : type.is_numeric() ? number
              : type.is_timestamp() || type.kind() == TypeKind::kDate || type.is_binary_like()
                  ? value.type.kind() == TypeKind::kString || value.type == type
                  : value.type == type;
  if (!fits) {
    parameters.refuse("value", fmt::format("is {}, which is no value of {}", value.to_string(), type.to_string()));
  }
  if (value.type == type) return literal(value);
  if (type.kind() == TypeKind::kFloat64 && value.type.is_integer()) {
    return number_literal(static_cast<double>(value.as_int()));
  }
  Expr constant = cast(literal(value), type);
  evaluate_constant(constant);  // finds out now whether the value has the form and the size of the type
  return constant;
}

/// Ids stay ids when a constant takes the place of null.
FeatureDomain filled_domain(const FeatureDomain& input, const Value& value) {
  FeatureDomain domain = input;
  domain.nullable = false;
  if (!input.is_id) return domain;
  domain.is_id = value.as_int() >= 0;
  if (!domain.is_id) domain.id_count.reset();
  if (domain.id_count) domain.id_count = std::max(*domain.id_count, value.as_int() + 1);
  return domain;
}

enum class Statistic { kMean, kMedian, kMin, kMax };

constexpr std::string_view kStatisticNames[] = {"mean", "median", "min", "max"};

Json filled_state(std::int64_t count, Json value) {
  if (count == 0) {
    throw Error(ErrorCode::kBadData, "fill cannot be fitted: the training rows hold no value, only nulls",
                "give the value itself: {fill: {value: 0}}");
  }
  Json state = Json::object();
  state["count"] = count;
  state["value"] = std::move(value);
  return state;
}

Json checked(double value) { return finite_statistic(value, "fill", "statistic"); }
Json checked(std::int64_t value) { return value; }

Json mean_state(const Moments& moments) {
  return filled_state(moments.count, moments.count == 0 ? Json() : checked(moments.mean()));
}
template <typename T>
Json min_state(const Extremes<T>& extremes) {
  return filled_state(extremes.count, checked(extremes.min));
}
template <typename T>
Json max_state(const Extremes<T>& extremes) {
  return filled_state(extremes.count, checked(extremes.max));
}
template <typename T>
Json median_state(const Quantiles<T>& quantiles) {
  return filled_state(quantiles.count, quantiles.count == 0 ? Json() : checked(quantiles.values.front()));
}

template <typename T>
std::unique_ptr<Accumulator> order_accumulator(Statistic statistic, MemoryBudget& memory, std::size_t round_bytes) {
  if (statistic == Statistic::kMin) return extremes_accumulator<T>(min_state<T>);
  if (statistic == Statistic::kMax) return extremes_accumulator<T>(max_state<T>);
  return quantiles_accumulator<T>(memory, round_bytes, 2, median_state<T>);
}

class FillWithStatistic final : public Transform {
 public:
  FillWithStatistic(FeatureDomain input, Statistic statistic)
      : Transform(true),
        input_(std::move(input)),
        statistic_(statistic),
        integers_(input_.type.is_integer() && statistic != Statistic::kMean) {
    bool keeps_type = integers_ || input_.type.is_floating();
    output_ = {keeps_type ? input_.type : Type(TypeKind::kFloat64), false, integers_ && input_.is_id,
               integers_ ? input_.id_count : std::nullopt};
  }

  std::unique_ptr<Accumulator> make_accumulator(MemoryBudget& memory, std::size_t round_bytes) const override {
    if (statistic_ == Statistic::kMean) return moments_accumulator(mean_state);
    return integers_ ? order_accumulator<std::int64_t>(statistic_, memory, round_bytes)
                     : order_accumulator<double>(statistic_, memory, round_bytes);
  }
  std::vector<Expr> fit_inputs(std::span<const Expr> inputs) const override {
    return {converted(inputs.front(), input_.type, integers_ ? TypeKind::kInt64 : TypeKind::kFloat64)};
  }
  Expr apply(std::span<const Expr> inputs, const Json& json) const override {
    StateReader reader(json, "fill", {"count", "value"});
    reader.integer("count", 1);
    Expr value = integers_ ? integer_literal(reader.integer("value", std::numeric_limits<std::int64_t>::min()))
                           : number_literal(reader.number("value"));
    Type value_type = integers_ ? TypeKind::kInt64 : TypeKind::kFloat64;
    return filled(converted(inputs.front(), input_.type, output_.type), converted(value, value_type, output_.type));
  }
  FeatureDomain output(const Json&) const override { return output_; }
  std::string describe(const Json& json) const override {
    StateReader reader(json, "fill", {"count", "value"});
    std::string_view name = kStatisticNames[static_cast<std::size_t>(statistic_)];
    if (integers_) return fmt::format("{} {}", name, reader.integer("value", std::numeric_limits<std::int64_t>::min()));
    return fmt::format("{} {:.6g}", name, reader.number("value"));
  }

 private:
  static Expr converted(const Expr& expr, const Type& from, const Type& to) {
    return from == to ? expr : cast(expr, to);
  }

  FeatureDomain input_;
  Statistic statistic_;
  bool integers_;  // an integer column with a statistic that is one of its values
  FeatureDomain output_;
};

Statistic statistic_named(const TransformParameters& parameters) {
  std::string name = parameters.text("with");
  std::vector<std::string> names(std::begin(kStatisticNames), std::end(kStatisticNames));
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Statistic>(i);
  }
  parameters.refuse("with", fmt::format("is '{}', which is no statistic", name), name_hint(name, names, "statistics"));
}

std::unique_ptr<Transform> bind_fill(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  if (parameters.has("value") == parameters.has("with")) {
    parameters.refuse("value",
                      parameters.has("value") ? "and 'with' exclude each other" : "and 'with' are both missing",
                      "write {fill: {value: 0}} or {fill: {with: mean}}");
  }
  if (parameters.has("with")) {
    return std::make_unique<FillWithStatistic>(one_number("fill", inputs), statistic_named(parameters));
  }
  const FeatureDomain& input = one_input("fill", inputs);
  const Value& value = parameters.value("value");
  Expr constant = constant_of(value, input.type, parameters);
  return plain_transform(filled_domain(input, value),
                         [constant](std::span<const Expr> x) { return filled(x.front(), constant); });
}

}  // namespace

const TransformKind kFillTransform = {
    .name = "fill",
    .summary =
        "Puts a value in the place of null. The median is the least value that at least half of the values do not "
        "exceed. NaN is no null: it stays, and is left out of the statistic.",
    .fitted = "the statistic named by `with`, if one is",
    .input = "a column of any type; a number for 'with'",
    .output = "the type of the input; with mean, float64 unless it is a float; without nulls",
    .parameters = {{"value", "any", "none", "the value; dates and times as text"},
                   {"with", "string", "none", "mean, median, min or max of the training rows, instead of 'value'"}},
    .example = "{fill: {with: median}}",
    .source = {},
    .bind = bind_fill,
};

}  // namespace headrace
