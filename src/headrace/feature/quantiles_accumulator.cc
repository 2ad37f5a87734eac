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

  QuantilesAccumulator(std::shared_ptr<MemoryBudget> memory, RadixQuantiles quantiles, StateOf state_of)
      : memory_(std::move(memory)),
        quantiles_(std::move(quantiles)),
        state_of_(state_of),
        reservation_(*memory_, quantiles_.bytes(), kWhat) {}

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
  bool finish_round(std::size_t round_bytes) override {
    bool is_unfinished = quantiles_.finish_round(round_bytes);
    reservation_.resize(quantiles_.bytes(), kWhat);
    return is_unfinished;
  }
  std::unique_ptr<Accumulator> fork() const override {
    return std::make_unique<QuantilesAccumulator>(memory_, quantiles_.fork(), state_of_);
  }
  Json finish() override {
    Quantiles<T> result;
    result.count = static_cast<std::int64_t>(quantiles_.count());
    for (const std::optional<std::uint64_t>& key : quantiles_.results()) {
      if (key) result.values.push_back(value_of<T>(*key));
    }
    return state_of_(result);
  }
  void write(ByteWriter& out) const override { quantiles_.write(out); }
  void read(ByteReader& in) override {
    quantiles_.read(in);
    reservation_.resize(quantiles_.bytes(), kWhat);
  }
  std::size_t state_bytes() const override { return reservation_.bytes(); }

 private:
  std::shared_ptr<MemoryBudget> memory_;
  RadixQuantiles quantiles_;
  StateOf state_of_;
  Reservation reservation_;
};

}  // namespace

template <typename T>
std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget& memory, std::size_t round_bytes,
                                                   std::int64_t part_count,
                                                   Json (*state_of)(const Quantiles<T>& quantiles)) {
  RadixQuantiles quantiles(probabilities_of(part_count), round_bytes);
  return std::make_unique<QuantilesAccumulator<T>>(memory.shared_from_this(), std::move(quantiles), state_of);
}

template std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget&, std::size_t, std::int64_t,
                                                            Json (*)(const Quantiles<double>&));
template std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget&, std::size_t, std::int64_t,
                                                            Json (*)(const Quantiles<std::int64_t>&));

}  // namespace headrace
