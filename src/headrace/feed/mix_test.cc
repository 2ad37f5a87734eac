// Several data sets in one feed: their ratio in every batch, each row once, the same rows for any number of ranks.
#include "headrace/feed/mix.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "headrace/expr/parse.h"
#include "headrace/feed/feed_fixture.h"
#include "headrace/feed/feed_state.h"

namespace headrace {
namespace {

TEST_CASE("any range of places has data sets in their ratio, and each place is of one") {
  std::array<double, 3> ratios = {0.5, 0.2, 0.3};
  Mix mix(ratios);
  for (std::int64_t place : {0, 1, 7, 1000, 1 << 20, 123456789}) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      std::int64_t rows = mix.rows_before(i, place);
      auto expected = ratios[i] * static_cast<double>(place);
      CHECK(std::abs(static_cast<double>(rows) - expected) <= 2 + static_cast<double>(place) * 1e-6);
      CHECK(mix.rows_before(i, place + 1) >= rows);
      total += rows;
    }
    CHECK(total == place);
  }
  std::array<std::int64_t, 3> rows = {1000, 1000, 1000};
  CHECK(mix.row_count(rows, false) == 2001);
  CHECK(mix.row_count(rows, true) >= 4999);
  std::array<double, 2> wrong = {1, 0};
  CHECK_THROWS_AS(Mix{wrong}, Error);
}

/// Two data sets of ids 0 … and 10,000 ….
struct Sets {
  FeedRows small{{150, 150}, 40};
  FeedRows large{{500}, 70};

  std::shared_ptr<const FeedPlan> plan(const FeedOptions& options, bool until_all = false) const {
    FeedOptions shifted = options;
    shifted.exprs = {{"id", parse_expr("id + 10000")}};
    FeedOptions plain = options;
    plain.exprs = {{"id", parse_expr("id + 0")}};
    std::array<double, 2> ratios = {0.3, 0.7};
    return mix_plans({std::make_shared<const FeedPlan>(small.data(), plain),
                      std::make_shared<const FeedPlan>(large.data(), shifted)},
                     ratios, until_all);
  }
  std::vector<FeedBatch> batches(const FeedOptions& options, const FeedPosition& start = {},
                                 std::int64_t epochs = 1) const {
    Feed feed(plan(options), small.memory(), start, epochs);
    return all_batches(feed);
  }
};

FeedOptions some_options() {
  FeedOptions options;
  options.batch_size = 24;
  options.shuffle_seed = 5;
  options.window_rows = 100;
  options.threads = 2;
  return options;
}

TEST_CASE("batches have the ratio, each row comes once, until one data set is at its end") {
  Sets sets;
  std::vector<FeedBatch> batches = sets.batches(some_options());
  std::vector<std::int64_t> ids = ids_of(batches);
  CHECK(ids.size() == 714);  // 500 / 0.7
  CHECK(std::set(ids.begin(), ids.end()).size() == ids.size());
  for (const FeedBatch& batch : batches) {
    if (batch.row_count < 24) continue;
    std::vector<std::int64_t> of_batch = int64s(batch, 0);
    auto small = std::ranges::count_if(of_batch, [](std::int64_t id) { return id < 10000; });
    CHECK(small >= 6);
    CHECK(small <= 8);
  }
  FeedOptions threads = some_options();
  threads.threads = 1;
  CHECK(ids_of(sets.batches(threads)) == ids);
}

TEST_CASE("until all are at their end, the smaller ones begin again in another order") {
  Sets sets;
  FeedOptions options = some_options();
  Feed feed(sets.plan(options, true), sets.small.memory(), {}, 1);
  std::map<std::int64_t, int> times;
  for (std::int64_t id : ids_of(all_batches(feed))) ++times[id];
  CHECK(std::ranges::count_if(times, [](const auto& each) { return each.first >= 10000; }) == 500);
  CHECK(std::ranges::count_if(times, [](const auto& each) { return each.first < 10000; }) == 300);
  CHECK(std::ranges::all_of(times, [](const auto& each) { return each.second <= 2; }));
}

TEST_CASE("a step has the same rows for any number of ranks, and each rank as many of them") {
  Sets sets;
  std::vector<FeedBatch> alone = sets.batches(some_options());
  for (std::int64_t ranks : {2, 3, 4}) {
    std::vector<std::vector<FeedBatch>> of_rank;
    for (std::int64_t rank = 0; rank < ranks; ++rank) {
      FeedOptions options = some_options();
      options.batch_size = 24 / ranks;
      options.rank = rank;
      options.world_size = ranks;
      of_rank.push_back(sets.batches(options));
      CHECK(of_rank.back().size() == alone.size());
    }
    for (std::size_t step = 0; step < alone.size(); ++step) {
      std::multiset<std::int64_t> together;
      for (const auto& batches : of_rank) {
        std::vector<std::int64_t> ids = int64s(batches[step], 0);
        together.insert(ids.begin(), ids.end());
        if (step + 1 < alone.size()) CHECK(std::ssize(ids) == 24 / ranks);
      }
      std::vector<std::int64_t> expected = int64s(alone[step], 0);
      CHECK(together == std::multiset<std::int64_t>(expected.begin(), expected.end()));
    }
  }
}

TEST_CASE("a mixed feed goes on from any batch, and workers take turns") {
  Sets sets;
  FeedOptions options = some_options();
  std::vector<FeedBatch> whole = sets.batches(options, {}, 2);
  std::vector<std::int64_t> ids = ids_of(whole);
  std::shared_ptr<const FeedPlan> plan = sets.plan(options);
  std::size_t taken = 0;
  for (const FeedBatch& batch : whole) {
    taken += static_cast<std::size_t>(batch.row_count);
    ResumedFeed resumed = resume_feed(*plan, feed_state(*plan, plan->behind({}, batch.epoch, batch.step)));
    Feed rest(resumed.plan, sets.small.memory(), resumed.position, 2);
    CHECK(ids_of(all_batches(rest)) ==
          std::vector<std::int64_t>(ids.begin() + static_cast<std::ptrdiff_t>(taken), ids.end()));
  }
  std::vector<std::vector<FeedBatch>> of_worker;
  for (std::int64_t worker = 0; worker < 3; ++worker) {
    FeedOptions shared = options;
    shared.worker = worker;
    shared.worker_count = 3;
    of_worker.push_back(sets.batches(shared));
  }
  std::vector<FeedBatch> in_turn;
  std::size_t steps = of_worker[0].size() + of_worker[1].size() + of_worker[2].size();
  for (std::size_t step = 0; step < steps; ++step) in_turn.push_back(of_worker[step % 3].at(step / 3));
  std::vector<std::int64_t> first_epoch = ids_of(sets.batches(options));
  CHECK(ids_of(in_turn) == first_epoch);
}

TEST_CASE("data sets of other columns are refused by name") {
  Sets sets;
  FeedOptions options = some_options();
  options.columns = {"id"};
  FeedOptions other = options;
  other.dtypes = {{"id", TypeKind::kFloat64}};
  std::array<double, 2> ratios = {1, 1};
  CHECK_THROWS_WITH_AS(mix_plans({std::make_shared<const FeedPlan>(sets.small.data(), options),
                                  std::make_shared<const FeedPlan>(sets.large.data(), other)},
                                 ratios, false),
                       doctest::Contains("differ from 'id' on"), Error);
}

}  // namespace
}  // namespace headrace
