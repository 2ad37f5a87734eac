// Changes columns of batches at random (FeedOptions, Augmentation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "headrace/column/type.h"
#include "headrace/feed/feed_options.h"

namespace headrace {

/// The seed of a column's changes.
std::uint64_t augmentation_seed(std::uint64_t seed, std::string_view column);

/// Changes `count` values of `type` that stand at places first_place, first_place + 1, … of an epoch's order. What
/// happens to a value depends on seed, epoch and place alone. Normal numbers are made by the method of Box and Muller
/// ("A note on the generation of random normal deviates", 1958).
void augment(const Augmentation& augmentation, std::uint64_t seed, std::int64_t epoch, std::int64_t first_place,
             const Type& type, std::byte* values, std::int64_t count);

}  // namespace headrace
