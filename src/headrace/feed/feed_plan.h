// Everything about a feed that is known before its rows are read. Immutable; shared by threads.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/feed/batch_layout.h"
#include "headrace/feed/feed_columns.h"
#include "headrace/feed/feed_data.h"
#include "headrace/feed/feed_options.h"

namespace headrace {

struct FeedPlan {
  /// Throws Error for options that do not go with each other or with the data (feed_columns.h), and when no batch fits
  /// into an epoch.
  FeedPlan(std::shared_ptr<const FeedData> data, FeedOptions options);

  std::shared_ptr<const FeedData> data;
  FeedOptions options;
  FeedColumns columns;
  std::shared_ptr<const BatchLayout> layout;
  std::int64_t window_rows = 0;

  /// Of a whole epoch, on each rank.
  std::int64_t steps_per_epoch() const;
  /// The position behind a step that began at `start` of its epoch.
  FeedPosition behind(const FeedPosition& start, std::int64_t epoch, std::int64_t step) const;
};

}  // namespace headrace
