// Plans the windows of a feed that mixes several data sets (mix.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "headrace/feed/feed_plan.h"
#include "headrace/feed/window_planner.h"

namespace headrace {

/// Each data set has windows of its own, in proportion to its share. Within a step, places are dealt out to ranks in
/// turn, so that the batch of each rank has the data sets in the ratio wanted, one behind another.
class MixPlanner final : public Planner {
 public:
  /// `plan` outlives the planner.
  MixPlanner(const FeedPlan& plan, const FeedPosition& start, std::optional<std::int64_t> epoch_end);

  std::optional<PlannedWindow> next() override;

 private:
  /// How far one data set is planned.
  struct Lane {
    std::int64_t window_rows = 0;
    std::int64_t step = 0;   // the first one whose rows are not all planned
    std::int64_t place = 0;  // of the data set, from which on its rows of that step are not
    std::optional<EpochOrder> order;
    std::int64_t turn = -1;  // of the order: how often the data set has begun in this epoch
  };
  /// What a step takes of one data set for this rank: places first, first + stride, … of the data set.
  struct Taken {
    std::int64_t first = 0;
    std::int64_t count = 0;
    std::int64_t batch_row = 0;  // of the first of them
  };

  void begin_epoch(std::int64_t epoch, std::int64_t first, std::int64_t step);
  void move_to(std::size_t lane, std::int64_t step);
  Taken taken(std::size_t lane, std::int64_t step) const;
  PlannedWindow plan(std::size_t lane);

  const FeedPlan& plan_;
  std::optional<std::int64_t> epoch_end_;
  std::int64_t epoch_ = 0;
  std::optional<EpochSteps> steps_;
  std::vector<Lane> lanes_;
};

}  // namespace headrace
