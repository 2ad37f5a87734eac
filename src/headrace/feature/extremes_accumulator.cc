// See extremes_accumulator.h.

#include "headrace/feature/extremes_accumulator.h"

#include <algorithm>

#include "headrace/feature/number_values.h"

namespace headrace {

namespace {

template <typename T>
class ExtremesAccumulator final : public Accumulator {
 public:
  explicit ExtremesAccumulator(Json (*state_of)(const Extremes<T>& extremes)) : state_of_(state_of) {}

  void update(std::span<const Column> inputs) override {
    for_present_values<T>(inputs.front(), [&](std::span<const T> values) {
      Extremes<T> batch{std::ssize(values), values.front(), values.front()};
      for (T value : values) {
        batch.min = std::min(batch.min, value);
        batch.max = std::max(batch.max, value);
      }
      add(batch);
    });
  }
  void update_counted(std::span<const Column> inputs, std::span<const std::int64_t> counts) override {
    for_counted_values<T>(inputs.front(), counts, [&](std::span<const T> values, std::span<const std::int64_t> times) {
      for (std::size_t i = 0; i < values.size(); ++i) add({times[i], values[i], values[i]});
    });
  }
  void merge(const Accumulator& other) override { add(dynamic_cast<const ExtremesAccumulator&>(other).extremes_); }
  std::unique_ptr<Accumulator> fork() const override { return std::make_unique<ExtremesAccumulator>(state_of_); }
  Json finish() override { return state_of_(extremes_); }
  void write(ByteWriter& out) const override {
    out.put(extremes_.count);
    out.put(extremes_.min);
    out.put(extremes_.max);
  }
  void read(ByteReader& in) override {
    extremes_.count = in.get<std::int64_t>();
    extremes_.min = in.get<T>();
    extremes_.max = in.get<T>();
  }
  std::size_t state_bytes() const override { return sizeof(*this); }

 private:
  void add(const Extremes<T>& other) {
    if (other.count == 0) return;
    bool first = extremes_.count == 0;
    extremes_.min = first ? other.min : std::min(extremes_.min, other.min);
    extremes_.max = first ? other.max : std::max(extremes_.max, other.max);
    extremes_.count += other.count;
  }

  Json (*state_of_)(const Extremes<T>& extremes);
  Extremes<T> extremes_;
};

}  // namespace

template <typename T>
std::unique_ptr<Accumulator> extremes_accumulator(Json (*state_of)(const Extremes<T>& extremes)) {
  return std::make_unique<ExtremesAccumulator<T>>(state_of);
}

template std::unique_ptr<Accumulator> extremes_accumulator(Json (*)(const Extremes<double>&));
template std::unique_ptr<Accumulator> extremes_accumulator(Json (*)(const Extremes<std::int64_t>&));

}  // namespace headrace
