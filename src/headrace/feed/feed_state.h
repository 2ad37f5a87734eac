// Where a feed is, as text that a training program keeps in its checkpoints.
//
//   {"version": 1, "epoch": 3, "position": 1048576, "window_rows": 262144, "seed": 7,
//    "rows": 10000000, "blocks": "xxh3:…"}
//
// `position` is the place in the epoch's order from which on rows have not been delivered, on all ranks together. It
// means the same for any number of ranks, workers and threads, and any batch size. What the order depends on stands
// beside it, so that a state is not used with other rows or another order. Of a worker that shares a rank's steps with
// others there is more: {…, "step": 12, "worker": 1, "worker_count": 2}, which only that worker goes on from.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "headrace/feed/feed_plan.h"

namespace headrace {

std::string feed_state(const FeedPlan& plan, const FeedPosition& position);

/// What a feed goes on with.
struct ResumedFeed {
  std::shared_ptr<const FeedPlan> plan;  // with the window of the state
  FeedPosition position;
};

/// Throws Error(kInvalidArgument) when `state` is none, or is of other rows, another order or another worker, naming
/// what differs.
ResumedFeed resume_feed(const FeedPlan& plan, std::string_view state);

}  // namespace headrace
