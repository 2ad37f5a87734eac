// How steps deal out an epoch's rows to ranks.
#include "headrace/feed/epoch_steps.h"

#include <vector>

#include <doctest/doctest.h>

namespace headrace {
namespace {

FeedOptions options_of(std::int64_t batch_size, std::int64_t rank, std::int64_t world_size, Remainder remainder) {
  FeedOptions options;
  options.batch_size = batch_size;
  options.rank = rank;
  options.world_size = world_size;
  options.remainder = remainder;
  return options;
}

/// The places of a step, rank by rank.
std::vector<std::int64_t> places(std::int64_t rows, std::int64_t step, std::int64_t batch, std::int64_t world,
                                 Remainder remainder) {
  std::vector<std::int64_t> found;
  for (std::int64_t rank = 0; rank < world; ++rank) {
    PlaceRange range = EpochSteps(rows, 0, options_of(batch, rank, world, remainder)).rank_rows(step);
    for (std::int64_t place = range.first; place < range.end(); ++place) found.push_back(place);
  }
  return found;
}

TEST_CASE("a step has the same rows for any number of ranks") {
  for (Remainder remainder : {Remainder::kShort, Remainder::kDrop, Remainder::kPad, Remainder::kWrap}) {
    for (std::int64_t step = 0; step < 4; ++step) {
      std::vector<std::int64_t> alone = places(100, step, 24, 1, remainder);
      for (std::int64_t world : {2, 3, 4, 8}) CHECK(places(100, step, 24 / world, world, remainder) == alone);
    }
  }
}

TEST_CASE("every rank has as many steps") {
  for (Remainder remainder : {Remainder::kShort, Remainder::kPad, Remainder::kWrap}) {
    for (std::int64_t rank : {0, 1, 2}) CHECK(EpochSteps(100, 0, options_of(8, rank, 3, remainder)).step_count() == 5);
  }
  CHECK(EpochSteps(100, 0, options_of(8, 2, 3, Remainder::kDrop)).step_count() == 4);
  CHECK(EpochSteps(96, 0, options_of(8, 0, 3, Remainder::kShort)).step_count() == 4);
}

TEST_CASE("what does not fill a step is dealt out, padded or taken from the start") {
  auto last = [](std::int64_t rank, Remainder remainder) {
    return EpochSteps(100, 0, options_of(8, rank, 3, remainder)).rank_rows(4);
  };
  CHECK(last(0, Remainder::kShort) == PlaceRange{96, 1});
  CHECK(last(1, Remainder::kShort) == PlaceRange{97, 1});
  CHECK(last(2, Remainder::kShort) == PlaceRange{98, 2});
  CHECK(last(0, Remainder::kPad) == PlaceRange{96, 4});
  CHECK(last(2, Remainder::kPad).count == 0);
  CHECK(EpochSteps(100, 0, options_of(8, 2, 3, Remainder::kPad)).batch_rows(4) == 8);
  CHECK(last(2, Remainder::kWrap) == PlaceRange{112, 8});
}

TEST_CASE("steps begin anywhere in an epoch") {
  EpochSteps steps(100, 30, options_of(8, 1, 2, Remainder::kShort));
  CHECK(steps.rank_rows(0) == PlaceRange{38, 8});
  CHECK(steps.step_count() == 5);
  CHECK(EpochSteps(100, 100, options_of(8, 1, 2, Remainder::kShort)).step_count() == 0);
}

}  // namespace
}  // namespace headrace
