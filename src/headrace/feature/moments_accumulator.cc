// See moments_accumulator.h.

#include "headrace/feature/moments_accumulator.h"

#include "headrace/feature/number_values.h"

namespace headrace {

namespace {

class MomentsAccumulator final : public Accumulator {
 public:
  explicit MomentsAccumulator(Json (*state_of)(const Moments& moments)) : state_of_(state_of) {}

  void update(std::span<const Column> inputs) override {
    for_present_values<double>(inputs.front(), [&](std::span<const double> values) { moments_.add(values); });
  }
  void update_counted(std::span<const Column> inputs, std::span<const std::int64_t> counts) override {
    for_counted_values<double>(inputs.front(), counts,
                               [&](std::span<const double> values, std::span<const std::int64_t> times) {
                                 for (std::size_t i = 0; i < values.size(); ++i) moments_.add(values[i], times[i]);
                               });
  }
  void merge(const Accumulator& other) override {
    moments_.merge(dynamic_cast<const MomentsAccumulator&>(other).moments_);
  }
  std::unique_ptr<Accumulator> fork() const override { return std::make_unique<MomentsAccumulator>(state_of_); }
  Json finish() override { return state_of_(moments_); }
  void write(ByteWriter& out) const override { moments_.write(out); }
  void read(ByteReader& in) override { moments_.read(in); }
  std::size_t state_bytes() const override { return sizeof(*this); }

 private:
  Json (*state_of_)(const Moments& moments);
  Moments moments_;
};

}  // namespace

std::unique_ptr<Accumulator> moments_accumulator(Json (*state_of)(const Moments& moments)) {
  return std::make_unique<MomentsAccumulator>(state_of);
}

}  // namespace headrace
