// See epoch_steps.h.
#include "headrace/feed/epoch_steps.h"

#include <algorithm>

namespace headrace {

EpochSteps::EpochSteps(std::int64_t row_count, std::int64_t first, const FeedOptions& options)
    : row_count_(row_count),
      first_(std::min(first, row_count)),
      batch_size_(options.batch_size),
      rank_(options.rank),
      world_size_(options.world_size),
      worker_(options.worker),
      worker_count_(options.worker_count),
      remainder_(options.remainder) {
  std::int64_t left = row_count_ - first_;
  step_count_ = left / step_rows();
  if (remainder_ != Remainder::kDrop && left % step_rows() > 0) ++step_count_;
}

PlaceRange EpochSteps::rank_rows(std::int64_t step) const {
  std::int64_t start = first_ + step * step_rows();
  std::int64_t left = std::min(step_rows(), row_count_ - start);
  if (left == step_rows() || remainder_ == Remainder::kWrap) return {start + rank_ * batch_size_, batch_size_};
  if (remainder_ == Remainder::kPad) {
    std::int64_t from = std::min(rank_ * batch_size_, left);
    return {start + from, std::min(batch_size_, left - from)};
  }
  std::int64_t from = left * rank_ / world_size_;
  return {start + from, left * (rank_ + 1) / world_size_ - from};
}

PlaceRange EpochSteps::step_places(std::int64_t step) const {
  std::int64_t start = first_ + step * step_rows();
  return {start, std::min(step_rows(), row_count_ - start)};
}

std::int64_t EpochSteps::rank_share(std::int64_t step) const {
  return (step_places(step).count - rank_ + world_size_ - 1) / world_size_;
}

std::int64_t EpochSteps::batch_share(std::int64_t step) const {
  return remainder_ == Remainder::kPad ? batch_size_ : rank_share(step);
}

std::int64_t EpochSteps::batch_rows(std::int64_t step) const {
  return remainder_ == Remainder::kPad ? batch_size_ : rank_rows(step).count;
}

}  // namespace headrace
