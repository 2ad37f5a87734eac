// Everything about a feed that is known before its rows are read. Immutable; shared by threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headrace/feed/batch_layout.h"
#include "headrace/feed/feed_columns.h"
#include "headrace/feed/feed_data.h"
#include "headrace/feed/feed_options.h"
#include "headrace/feed/mix.h"

namespace headrace {

struct FeedPlan;

/// The data sets of a feed that mixes several.
struct MixedParts {
  std::vector<std::shared_ptr<const FeedPlan>> parts;
  Mix ratios;
  std::int64_t row_count = 0;  // of a mixed epoch
};

struct FeedPlan {
  /// Throws Error for options that do not go with each other or with the data (feed_columns.h), and when no batch fits
  /// into an epoch.
  FeedPlan(std::shared_ptr<const FeedData> data, FeedOptions options);

  std::shared_ptr<const FeedData> data;
  FeedOptions options;
  FeedColumns columns;
  std::shared_ptr<const BatchLayout> layout;
  std::int64_t window_rows = 0;
  std::shared_ptr<const MixedParts> mix;  // `data` is then that of its first part

  /// The rows of an epoch.
  std::int64_t epoch_rows() const { return mix == nullptr ? data->row_count() : mix->row_count; }
  /// What a state is checked by.
  std::string digest() const;
  /// The plan that a window of PlannedWindow::lane is read by.
  const FeedPlan& part(std::size_t lane) const { return mix == nullptr ? *this : *mix->parts[lane]; }
  /// Of a whole epoch, on each rank.
  std::int64_t steps_per_epoch() const;
  /// The position behind a step that began at `start` of its epoch.
  FeedPosition behind(const FeedPosition& start, std::int64_t epoch, std::int64_t step) const;
};

/// A feed over the data sets of `parts`, mixed by `ratios`: until one has given all of its rows, or, `until_all`, until
/// all have, the smaller ones beginning again. All parts have the same options. Throws Error(kInvalidArgument) when
/// their columns differ, and for options that do not go with it.
std::shared_ptr<const FeedPlan> mix_plans(std::vector<std::shared_ptr<const FeedPlan>> parts,
                                          std::span<const double> ratios, bool until_all);

}  // namespace headrace
