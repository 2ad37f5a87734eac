// Which rows of an epoch's order each batch has.
//
// A step is one batch on every rank. Step s takes the world_size × batch_size places from first + s × world_size ×
// batch_size on, and deals them out in ranges, rank by rank. So with world_size × batch_size fixed, a step has the same
// rows however many ranks there are, and every rank takes as many steps.
#pragma once

#include <cstdint>

#include "headrace/feed/feed_options.h"

namespace headrace {

/// Places of an epoch's order, counted on behind its end where the epoch is wrapped.
struct PlaceRange {
  std::int64_t first = 0;
  std::int64_t count = 0;

  std::int64_t end() const { return first + count; }
  friend bool operator==(const PlaceRange&, const PlaceRange&) = default;
};

class EpochSteps {
 public:
  /// The steps over places [first, row_count), for the rank of `options`.
  EpochSteps(std::int64_t row_count, std::int64_t first, const FeedOptions& options);

  /// Of each rank, by all its workers together.
  std::int64_t step_count() const { return step_count_; }
  /// The rank's rows of a step; those that are padding are not counted.
  PlaceRange rank_rows(std::int64_t step) const;
  /// The rows of the rank's batch, with padding.
  std::int64_t batch_rows(std::int64_t step) const;
  /// Whether the step's batch is this worker's.
  bool is_mine(std::int64_t step) const { return step % worker_count_ == worker_; }
  /// The places of a step, of all ranks.
  PlaceRange step_places(std::int64_t step) const;
  /// How many of them are the rank's where they are dealt out in turn, one by one; and with padding.
  std::int64_t rank_share(std::int64_t step) const;
  std::int64_t batch_share(std::int64_t step) const;
  std::int64_t step_rows() const { return batch_size_ * world_size_; }

 private:
  std::int64_t row_count_;
  std::int64_t first_;
  std::int64_t batch_size_;
  std::int64_t rank_;
  std::int64_t world_size_;
  std::int64_t worker_;
  std::int64_t worker_count_;
  Remainder remainder_;
  std::int64_t step_count_;
};

}  // namespace headrace
