// bucketize: ids of intervals, between fixed boundaries or the quantiles of the training rows.
//
//   0 padding   1 null   2 + number of boundaries <= x
//
// With boundaries [10, 20]: 2 for x < 10, 3 for 10 <= x < 20, 4 for 20 <= x. NaN is greater than every number.
//
// State, for quantiles: {"count": values seen, "boundaries": [...]}, ascending, each an exact order statistic: the
// least value that at least k/n of the values do not exceed, k = 1 … n - 1; equal ones are taken once.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/number_values.h"
#include "headrace/feature/plain_transform.h"
#include "headrace/feature/quantiles_accumulator.h"

namespace headrace {

extern const TransformKind kBucketizeTransform;

namespace {

constexpr std::int64_t kQuantilesMax = 65'536;

Expr bucket_id(const Expr& x, std::span<const double> boundaries) {
  if (boundaries.empty()) return formula("case when x is null then 1 else 2 end", {{"x", x}});
  return formula("coalesce(2 + bucketize(x, boundaries), 1)", {{"x", x}, {"boundaries", list_literal(boundaries)}});
}

FeatureDomain bucket_domain(std::size_t boundary_count) {
  return {TypeKind::kInt64, false, true, 2 + static_cast<std::int64_t>(boundary_count) + 1};
}

bool ascends(std::span<const double> boundaries) {
  return std::adjacent_find(boundaries.begin(), boundaries.end(), [](double a, double b) { return !(a < b); }) ==
         boundaries.end();
}

Json finish_state(const Quantiles<double>& quantiles) {
  Json boundaries = Json::array();
  for (std::size_t i = 0; i < quantiles.values.size(); ++i) {
    double value = finite_statistic(quantiles.values[i], "bucketize", "quantile");
    if (i == 0 || value != quantiles.values[i - 1]) boundaries.push_back(value);
  }
  Json state = Json::object();
  state["count"] = quantiles.count;
  state["boundaries"] = std::move(boundaries);
  return state;
}

std::vector<double> read_state(const Json& json) {
  StateReader reader(json, "bucketize", {"count", "boundaries"});
  reader.integer("count");
  std::vector<double> boundaries;
  for (const Json& boundary : reader.array("boundaries")) {
    if (!boundary.is_number()) reader.refuse("boundaries", "holds something that is no number");
    boundaries.push_back(boundary.get<double>());
  }
  if (!ascends(boundaries)) reader.refuse("boundaries", "does not ascend");
  return boundaries;
}

std::string boundaries_text(std::span<const double> boundaries) {
  constexpr std::size_t kListedMax = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(boundaries.size(), kListedMax); ++i) {
    text += fmt::format("{}{:.6g}", i == 0 ? "" : ", ", boundaries[i]);
  }
  if (boundaries.size() > kListedMax) text += ", …";
  return text;
}

class Quantizer final : public Transform {
 public:
  Quantizer(FeatureDomain input, std::int64_t part_count)
      : Transform(true), input_(std::move(input)), part_count_(part_count) {}

  std::unique_ptr<Accumulator> make_accumulator(MemoryBudget& memory, std::size_t round_bytes) const override {
    return quantiles_accumulator<double>(memory, round_bytes, part_count_, finish_state);
  }
  std::vector<Expr> fit_inputs(std::span<const Expr> inputs) const override {
    return {as_float64(inputs.front(), input_.type)};
  }
  Expr apply(std::span<const Expr> inputs, const Json& json) const override {
    return bucket_id(as_float64(inputs.front(), input_.type), read_state(json));
  }
  FeatureDomain output(const Json& json) const override {
    if (json.is_null()) return {TypeKind::kInt64, false, true, std::nullopt};
    return bucket_domain(read_state(json).size());
  }
  std::string describe(const Json& json) const override {
    std::vector<double> boundaries = read_state(json);
    if (boundaries.empty()) return "no values, one bucket";
    return fmt::format("{} buckets, boundaries {}", boundaries.size() + 1, boundaries_text(boundaries));
  }

 private:
  FeatureDomain input_;
  std::int64_t part_count_;
};

std::unique_ptr<Transform> bind_bucketize(const TransformParameters& parameters,
                                          std::span<const FeatureDomain> inputs) {
  FeatureDomain input = one_number("bucketize", inputs);
  if (parameters.has("boundaries") == parameters.has("quantiles")) {
    parameters.refuse(
        "boundaries",
        parameters.has("boundaries") ? "and 'quantiles' exclude each other" : "and 'quantiles' are both missing",
        "write {bucketize: {boundaries: [0, 10, 20]}} or {bucketize: {quantiles: 10}}");
  }
  if (parameters.has("quantiles")) {
    return std::make_unique<Quantizer>(std::move(input), parameters.integer_in("quantiles", 2, kQuantilesMax));
  }
  std::vector<double> boundaries = parameters.numbers("boundaries");
  bool finite = std::all_of(boundaries.begin(), boundaries.end(), [](double value) { return std::isfinite(value); });
  if (boundaries.empty() || !finite || !ascends(boundaries)) {
    parameters.refuse("boundaries", "must be numbers in ascending order, each once");
  }
  return plain_transform(bucket_domain(boundaries.size()), [=](std::span<const Expr> x) {
    return bucket_id(as_float64(x.front(), input.type), boundaries);
  });
}

}  // namespace

const TransformKind kBucketizeTransform = {
    .name = "bucketize",
    .summary =
        "Ids of intervals: 0 padding (never made), 1 null, 2 + the number of boundaries that are <= x. Boundaries are "
        "given, or are exact quantiles of the training rows: the least value that at least k/n of the values do not "
        "exceed, k = 1 … n - 1, equal ones once. NaN lies in the last bucket and is left out of the quantiles.",
    .fitted = "the boundaries, if `quantiles` is given",
    .input = "a number",
    .output = "int64 ids; their number is 3 + boundaries",
    .parameters = {{"boundaries", "list of float", "none", "ascending boundaries"},
                   {"quantiles", "integer", "none",
                    "instead of boundaries: into how many parts to cut the training rows"}},
    .example = "{bucketize: {quantiles: 10}}",
    .source = {},
    .bind = bind_bucketize,
};

}  // namespace headrace
