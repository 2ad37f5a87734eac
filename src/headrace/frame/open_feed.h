// Feeds over data sets and files, as programs open them.
#pragma once

#include <memory>
#include <string>

#include "headrace/column/storage_options.h"
#include "headrace/feed/feed.h"
#include "headrace/feed/feed_state.h"

namespace headrace {

/// Rows that are open, with the memory that feeds over them are charged to.
struct OpenFeed {
  std::shared_ptr<const FeedPlan> plan;
  std::shared_ptr<MemoryBudget> memory;
};

/// Opens the files. Throws as FeedData and FeedPlan do.
///
///   OpenFeed open = open_feed({{"out/train"}}, options, MemoryBudget::create(512 << 20));
///   Feed feed(open.plan, open.memory, {}, /*epoch_end=*/3);
///   while (!feed.is_at_end()) {
///     if (std::optional<FeedBatch> batch = feed.next(std::chrono::seconds(1))) train(*batch);
///   }
OpenFeed open_feed(const FeedFiles& files, FeedOptions options, std::shared_ptr<MemoryBudget> memory,
                   const StorageOptions& storage = {});

}  // namespace headrace
