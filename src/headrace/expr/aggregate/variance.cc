// variance, stddev, var_pop, stddev_pop: from the sum of the values and of their squares, kept so that nothing that the
// result shows is lost and that the order of the rows does not matter.
#include <cmath>

#include "headrace/expr/aggregate/grouped.h"
#include "headrace/kernel/reproducible_sum.h"

namespace headrace {

extern const AggregateFunction kStddevAggregate;
extern const AggregateFunction kStddevPopAggregate;
extern const AggregateFunction kVarPopAggregate;
extern const AggregateFunction kVarianceAggregate;

namespace {

enum class Root { kNo, kYes };

template <VarianceKind kind, Root root>
class Variance final : public GroupedAggregate {
 public:
  void resize(std::size_t group_count) override { moments_.resize(group_count); }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    const double* values = argument->values<double>().data();
    for_each_valid(*argument, group_ids,
                   [&](std::uint32_t group, std::size_t row) { moments_[group].add(values[row]); });
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
             std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const Variance&>(other);
    for (std::size_t i = 0; i < group_ids.size(); ++i) {
      moments_[group_ids[i]].merge(from.moments_[other_groups[i]]);
    }
  }

  Column finish(MemoryBudget& memory) override {
    constexpr std::int64_t kCountMin = kind == VarianceKind::kSample ? 2 : 1;
    return make_results<double>(
        memory, TypeKind::kFloat64, moments_.size(),
        [&](std::size_t group) { return moments_[group].count >= kCountMin; },
        [&](std::size_t group) {
          double variance = moments_[group].variance(kind);
          return root == Root::kYes ? std::sqrt(variance) : variance;
        });
  }

  std::size_t state_bytes() const override { return vector_bytes(moments_); }

 private:
  std::vector<ReproducibleMoments> moments_;
};

template <VarianceKind kind, Root root>
std::unique_ptr<GroupedAggregate> make_variance(const Type&, MemoryBudget&) {
  return std::make_unique<Variance<kind, root>>();
}

void resolve_variance(std::string_view name, std::span<const Type> given, Type& arg_type, Type& result) {
  resolve_number(name, given, arg_type);
  arg_type = TypeKind::kFloat64;
  result = TypeKind::kFloat64;
}

}  // namespace

const AggregateFunction kStddevAggregate = {
    .name = "stddev",
    .signature = "stddev(x: number) -> float64",
    .summary = "The sample standard deviation, the root of variance(); null for fewer than two values.",
    .resolve = [](std::span<const Type> given, Type& arg_type,
                  Type& result) { resolve_variance("stddev", given, arg_type, result); },
    .make = make_variance<VarianceKind::kSample, Root::kYes>,
};

const AggregateFunction kStddevPopAggregate = {
    .name = "stddev_pop",
    .signature = "stddev_pop(x: number) -> float64",
    .summary = "The population standard deviation, the root of var_pop(); null without a value.",
    .resolve = [](std::span<const Type> given, Type& arg_type,
                  Type& result) { resolve_variance("stddev_pop", given, arg_type, result); },
    .make = make_variance<VarianceKind::kPopulation, Root::kYes>,
};

const AggregateFunction kVarPopAggregate = {
    .name = "var_pop",
    .signature = "var_pop(x: number) -> float64",
    .summary =
        "The population variance: the mean of the squared distances from the mean of the values that are not null; "
        "null without a value.",
    .resolve = [](std::span<const Type> given, Type& arg_type,
                  Type& result) { resolve_variance("var_pop", given, arg_type, result); },
    .make = make_variance<VarianceKind::kPopulation, Root::kNo>,
};

const AggregateFunction kVarianceAggregate = {
    .name = "variance",
    .signature = "variance(x: number) -> float64",
    .summary =
        "The sample variance: the squared distances from the mean, summed and divided by the count less one; nulls do "
        "not count, fewer than two values give null.",
    .resolve = [](std::span<const Type> given, Type& arg_type,
                  Type& result) { resolve_variance("variance", given, arg_type, result); },
    .make = make_variance<VarianceKind::kSample, Root::kNo>,
};

}  // namespace headrace
