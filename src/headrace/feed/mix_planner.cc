// See mix_planner.h.
#include "headrace/feed/mix_planner.h"

#include <algorithm>

namespace headrace {
namespace {

// Orders of one data set within an epoch have numbers of their own.
constexpr std::int64_t kTurnsMax = std::int64_t{1} << 20;

}  // namespace

MixPlanner::MixPlanner(const FeedPlan& plan, const FeedPosition& start, std::optional<std::int64_t> epoch_end)
    : plan_(plan), epoch_end_(epoch_end), lanes_(plan.mix->parts.size()) {
  begin_epoch(start.epoch, start.position, start.step);
}

void MixPlanner::begin_epoch(std::int64_t epoch, std::int64_t first, std::int64_t step) {
  epoch_ = epoch;
  steps_.emplace(plan_.epoch_rows(), first, plan_.options);
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    double rows = static_cast<double>(plan_.window_rows) * plan_.mix->ratios.share(i);
    lanes_[i] = {};
    lanes_[i].window_rows = std::max<std::int64_t>(static_cast<std::int64_t>(rows), 1);
    move_to(i, step);
  }
}

void MixPlanner::move_to(std::size_t lane, std::int64_t step) {
  for (;; ++step) {
    if (step >= steps_->step_count()) break;
    if (!steps_->is_mine(step)) continue;
    Taken rows = taken(lane, step);
    lanes_[lane].place = rows.first;
    // A batch that has nothing of any data set is planned with the first of them.
    bool is_empty = steps_->rank_share(step) == 0 && lane == 0;
    if (rows.count > 0 || is_empty) break;
  }
  lanes_[lane].step = step;
}

MixPlanner::Taken MixPlanner::taken(std::size_t lane, std::int64_t step) const {
  PlaceRange places = steps_->step_places(step);
  const Mix& mix = plan_.mix->ratios;
  std::int64_t before = 0;  // rows of the step that other data sets have before
  for (std::size_t i = 0; i < lane; ++i) {
    before += mix.rows_before(i, places.end()) - mix.rows_before(i, places.first);
  }
  std::int64_t start = mix.rows_before(lane, places.first);
  std::int64_t end = mix.rows_before(lane, places.end());
  std::int64_t ranks = plan_.options.world_size;
  std::int64_t skipped = ((plan_.options.rank - before) % ranks + ranks) % ranks;
  Taken rows;
  rows.first = start + skipped;
  rows.count = skipped < end - start ? (end - start - skipped - 1) / ranks + 1 : 0;
  rows.batch_row = (before + skipped - plan_.options.rank) / ranks;
  return rows;
}

std::optional<PlannedWindow> MixPlanner::next() {
  while (!epoch_end_ || epoch_ < *epoch_end_) {
    auto behind = std::ranges::min_element(lanes_, {}, &Lane::step);
    if (behind->step < steps_->step_count()) return plan(static_cast<std::size_t>(behind - lanes_.begin()));
    begin_epoch(epoch_ + 1, 0, 0);
  }
  return std::nullopt;
}

PlannedWindow MixPlanner::plan(std::size_t index) {
  Lane& lane = lanes_[index];
  const FeedPlan& part = *plan_.mix->parts[index];
  std::int64_t row_count = part.data->row_count();
  std::int64_t turn = lane.place / row_count;
  if (turn != lane.turn) {
    std::optional<std::uint64_t> seed = plan_.options.shuffle_seed;
    if (seed) *seed += index;
    lane.order.emplace(part.data->block_rows(), seed, lane.window_rows, epoch_ * kTurnsMax + turn);
    lane.turn = turn;
  }
  std::int64_t window = lane.place % row_count / lane.window_rows;
  std::int64_t start = turn * row_count + lane.order->window_start(window);
  std::int64_t end = start + lane.order->window_row_count(window);
  PlannedWindow planned;
  planned.lane = index;
  std::vector<std::uint32_t> order = lane.order->rows_of_places(window);
  while (lane.step < steps_->step_count()) {
    std::int64_t step = lane.step;
    Taken rows = taken(index, step);
    std::int64_t done = (lane.place - rows.first) / plan_.options.world_size;
    std::int64_t first = std::ssize(planned.rows);
    for (; done + std::ssize(planned.rows) - first < rows.count && lane.place < end;
         lane.place += plan_.options.world_size) {
      planned.rows.push_back(order[static_cast<std::size_t>(lane.place - start)]);
    }
    std::int64_t taken_now = std::ssize(planned.rows) - first;
    std::int64_t first_place = steps_->step_places(step).first + plan_.options.rank * plan_.options.batch_size;
    bool is_empty = rows.count == 0;
    if (taken_now > 0 || is_empty) {
      planned.batches.push_back({epoch_, step, steps_->batch_share(step), steps_->rank_share(step), first_place,
                                 rows.batch_row + done, first, taken_now});
    }
    if (done + taken_now < rows.count) break;
    move_to(index, step + 1);
  }
  if (planned.rows.empty()) return planned;
  planned.row_count = end - start;
  planned.blocks = lane.order->window_blocks(window);
  return planned;
}

}  // namespace headrace
