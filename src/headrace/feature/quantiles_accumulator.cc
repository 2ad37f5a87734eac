// Values become order keys, RadixQuantiles narrows the wanted ranks in rounds, and its keys become values again.

#include "headrace/feature/quantiles_accumulator.h"

#include <array>
#include <optional>

#include "headrace/base/error.h"
#include "headrace/feature/number_values.h"
#include "headrace/kernel/order_key.h"
#include "headrace/kernel/radix_quantile.h"

namespace headrace {

namespace {

// What kernel/radix_quantile.h promises to hold at most.
constexpr std::size_t kFirstRoundBytes = 3 * 512 * 1024;
constexpr std::size_t kLaterRoundBytes = 33 * 512 * 1024;
constexpr std::size_t kProbabilityBytes = 100;
constexpr std::string_view kWhat = "quantiles of a feature";

std::uint64_t key_of(double value) { return order_key_float64(value); }
std::uint64_t key_of(std::int64_t value) { return order_key_int64(value); }

template <typename T>
T value_of(std::uint64_t key) {
  if constexpr (std::is_floating_point_v<T>) {
    return float64_of_order_key(key);
  } else {
    return int64_of_order_key(key);
  }
}

std::vector<Probability> probabilities_of(std::int64_t part_count) {
  std::vector<Probability> probabilities;
  for (std::int64_t k = 1; k < part_count; ++k) {
    probabilities.push_back({static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(part_count)});
  }
  return probabilities;
}

template <typename T>
class QuantilesAccumulator final : public Accumulator {
 public:
  using StateOf = Json (*)(const Quantiles<T>& quantiles);

  QuantilesAccumulator(std::shared_ptr<MemoryBudget> memory, RadixQuantiles quantiles, std::size_t bytes,
                       StateOf state_of)
      : memory_(std::move(memory)),
        quantiles_(std::move(quantiles)),
        state_of_(state_of),
        reservation_(*memory_, bytes, kWhat) {}

  void update(std::span<const Column> inputs) override {
    for_present_values<T>(inputs.front(), [&](std::span<const T> values) {
      std::array<std::uint64_t, 1024> keys;
      for (std::size_t i = 0; i < values.size(); ++i) keys[i] = key_of(values[i]);
      quantiles_.update(std::span<const std::uint64_t>(keys.data(), values.size()));
    });
  }
  void update_counted(std::span<const Column> inputs, std::span<const std::int64_t> counts) override {
    for_counted_values<T>(inputs.front(), counts, [&](std::span<const T> values, std::span<const std::int64_t> times) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        quantiles_.update(key_of(values[i]), static_cast<std::uint64_t>(times[i]));
      }
    });
  }
  void merge(const Accumulator& other) override {
    quantiles_.merge(dynamic_cast<const QuantilesAccumulator&>(other).quantiles_);
  }
  bool finish_round() override {
    if (first_round_) reservation_.resize(reservation_.bytes() - kFirstRoundBytes + kLaterRoundBytes, kWhat);
    first_round_ = false;
    return quantiles_.finish_round();
  }
  std::unique_ptr<Accumulator> fork() const override {
    return std::make_unique<QuantilesAccumulator>(memory_, quantiles_.fork(), reservation_.bytes(), state_of_);
  }
  Json finish() override {
    Quantiles<T> result;
    result.count = static_cast<std::int64_t>(quantiles_.count());
    for (const std::optional<std::uint64_t>& key : quantiles_.results()) {
      if (key) result.values.push_back(value_of<T>(*key));
    }
    return state_of_(result);
  }
  std::size_t state_bytes() const override { return reservation_.bytes(); }

 private:
  std::shared_ptr<MemoryBudget> memory_;
  RadixQuantiles quantiles_;
  StateOf state_of_;
  Reservation reservation_;
  bool first_round_ = true;
};

}  // namespace

template <typename T>
std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget& memory, std::int64_t part_count,
                                                   Json (*state_of)(const Quantiles<T>& quantiles)) {
  std::vector<Probability> probabilities = probabilities_of(part_count);
  std::size_t bytes = kFirstRoundBytes + kProbabilityBytes * probabilities.size();
  return std::make_unique<QuantilesAccumulator<T>>(memory.shared_from_this(), RadixQuantiles(probabilities), bytes,
                                                   state_of);
}

template std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget&, std::int64_t,
                                                            Json (*)(const Quantiles<double>&));
template std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget&, std::int64_t,
                                                            Json (*)(const Quantiles<std::int64_t>&));

}  // namespace headrace
