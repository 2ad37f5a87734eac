// Feeds over data sets, files and frames, as programs open them.
#pragma once

#include <memory>

#include "headrace/column/storage_options.h"
#include "headrace/feed/feed.h"
#include "headrace/feed/feed_state.h"
#include "headrace/frame/lazy_frame.h"

namespace headrace {

/// Rows that are open, with the memory that feeds over them are charged to.
struct OpenFeed {
  std::shared_ptr<const FeedPlan> plan;
  std::shared_ptr<MemoryBudget> memory;
};

/// Opens a data set or files. Throws as open_feed_files(), FeedData and FeedPlan do.
///
///   OpenFeed open = open_feed({{"out/train"}}, {}, options, MemoryBudget::create(512 << 20));
///   Feed feed(open.plan, open.memory, {}, /*epoch_end=*/3);
///   while (!feed.is_at_end()) {
///     if (std::optional<FeedBatch> batch = feed.next(std::chrono::seconds(1))) train(*batch);
///   }
OpenFeed open_feed(const FeedFiles& files, RowChoice choice, FeedOptions options, std::shared_ptr<MemoryBudget> memory,
                   const StorageOptions& storage = {}, const FetchOptions& fetch = {});

/// The rows of a frame whose steps take rows one by one: filters, and columns computed of others, such as
/// encode_frame() adds. They are applied while rows are read. Throws Error(kUnsupported) that names the first step that
/// needs more than a row, such as a join.
OpenFeed open_feed(const LazyFrame& frame, RowChoice choice, FeedOptions options, std::shared_ptr<MemoryBudget> memory,
                   const FetchOptions& fetch = {});

}  // namespace headrace
