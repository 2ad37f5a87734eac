// See augment.h.
#include "headrace/feed/augment.h"

#include <array>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"
#include "headrace/kernel/math.h"

namespace headrace {
namespace {

/// Numbers in [0, 1) for one place, each with 32 bits of its own.
struct Uniform {
  double first;
  double second;
};

Uniform uniform_at(std::uint64_t seed_of_epoch, std::int64_t place) {
  std::array<std::uint64_t, 2> parts = {seed_of_epoch, static_cast<std::uint64_t>(place)};
  std::uint64_t bits = hash_combine(parts);
  constexpr double kStep = 1.0 / (std::uint64_t{1} << 32);
  return {static_cast<double>(bits >> 32) * kStep, static_cast<double>(bits & UINT32_MAX) * kStep};
}

template <typename T>
void augment_values(const Augmentation& augmentation, std::uint64_t seed, std::int64_t first_place, T* values,
                    std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    Uniform drawn = uniform_at(seed, first_place + i);
    if (augmentation.kind == Augmentation::Kind::kReplace) {
      if (drawn.first < augmentation.probability) values[i] = static_cast<T>(augmentation.value);
    } else if constexpr (std::is_floating_point_v<T>) {
      double radius = std::sqrt(-2.0 * math_log(1.0 - drawn.first));
      double normal = radius * math_cos(2.0 * std::numbers::pi * drawn.second);
      values[i] = static_cast<T>(static_cast<double>(values[i]) + augmentation.value * normal);
    }
  }
}

}  // namespace

std::uint64_t augmentation_seed(std::uint64_t seed, std::string_view column) {
  std::array<std::uint64_t, 2> parts = {seed, hash_bytes(column)};
  return hash_combine(parts);
}

void augment(const Augmentation& augmentation, std::uint64_t seed, std::int64_t epoch, std::int64_t first_place,
             const Type& type, std::byte* values, std::int64_t count) {
  std::array<std::uint64_t, 2> parts = {seed, static_cast<std::uint64_t>(epoch)};
  std::uint64_t of_epoch = hash_combine(parts);
  auto run = [&]<typename T>(T) {
    augment_values(augmentation, of_epoch, first_place, reinterpret_cast<T*>(values), count);
  };
  switch (type.kind()) {
    case TypeKind::kBool: return run(std::uint8_t{});
    case TypeKind::kInt8: return run(std::int8_t{});
    case TypeKind::kInt16: return run(std::int16_t{});
    case TypeKind::kInt32: return run(std::int32_t{});
    case TypeKind::kInt64: return run(std::int64_t{});
    case TypeKind::kFloat32: return run(float{});
    case TypeKind::kFloat64: return run(double{});
    default: HEADRACE_CHECK(false);
  }
}

}  // namespace headrace
