// See window_planner.h.
#include "headrace/feed/window_planner.h"

#include <algorithm>

namespace headrace {

WindowPlanner::WindowPlanner(std::span<const std::int64_t> block_rows, const FeedOptions& options,
                             std::int64_t window_rows, const FeedPosition& start, std::optional<std::int64_t> epoch_end)
    : block_rows_(block_rows), options_(options), window_rows_(window_rows), epoch_end_(epoch_end) {
  begin_epoch(start.epoch, start.position, start.step);
}

void WindowPlanner::begin_epoch(std::int64_t epoch, std::int64_t first, std::int64_t step) {
  epoch_ = epoch;
  if (!has_epoch()) return;
  order_.emplace(block_rows_, options_.shuffle_seed, window_rows_, epoch);
  steps_.emplace(order_->row_count(), first, options_);
  move_to(step);
}

void WindowPlanner::move_to(std::int64_t step) {
  while (!steps_->is_mine(step)) ++step;
  step_ = step;
  if (step_ < steps_->step_count()) place_ = steps_->rank_rows(step_).first;
}

std::optional<PlannedWindow> WindowPlanner::next() {
  while (has_epoch()) {
    if (step_ >= steps_->step_count()) {
      begin_epoch(epoch_ + 1, 0, 0);
      continue;
    }
    // Behind its end the epoch's order begins again, for batches that are filled up with its first rows.
    std::int64_t row_count = order_->row_count();
    std::int64_t turn = place_ / row_count;
    std::int64_t window = std::min(place_ % row_count, row_count - 1) / window_rows_;
    std::int64_t start = turn * row_count + order_->window_start(window);
    return plan(window, {start, order_->window_row_count(window)});
  }
  return std::nullopt;
}

PlannedWindow WindowPlanner::plan(std::int64_t window, const PlaceRange& places) {
  PlannedWindow planned;
  std::int64_t going = 0;
  while (step_ < steps_->step_count()) {
    PlaceRange rows = steps_->rank_rows(step_);
    if (rows.count > 0 && place_ >= places.end()) break;
    std::int64_t count = std::max<std::int64_t>(std::min(rows.end(), places.end()) - place_, 0);
    planned.batches.push_back({epoch_, step_, steps_->batch_rows(step_), rows.count, rows.first, place_ - rows.first,
                               place_ - places.first, count});
    going += count;
    place_ += count;
    if (place_ < rows.end()) break;
    move_to(step_ + 1);
  }
  if (going == 0) return planned;
  planned.row_count = places.count;
  planned.blocks = order_->window_blocks(window);
  planned.rows = order_->rows_of_places(window);
  return planned;
}

}  // namespace headrace
