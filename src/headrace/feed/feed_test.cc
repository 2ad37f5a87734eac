// Feeds: each row once, in the order of the seed, whatever reads it; columns as tensors; resumed anywhere.
#include "headrace/feed/feed.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include <doctest/doctest.h>

#include "headrace/expr/parse.h"
#include "headrace/feed/feed_fixture.h"
#include "headrace/feed/feed_state.h"

namespace headrace {
namespace {

FeedOptions some_options() {
  FeedOptions options;
  options.batch_size = 16;
  options.columns = {"id"};
  options.shuffle_seed = 3;
  options.window_rows = 50;
  options.threads = 2;
  return options;
}

std::vector<FeedBatch> batches_of(const FeedRows& rows, const FeedOptions& options, std::int64_t epochs = 1,
                                  const FeedPosition& start = {}, RowChoice choice = {}) {
  auto plan = std::make_shared<const FeedPlan>(rows.data(std::move(choice)), options);
  Feed feed(plan, rows.memory(), start, epochs);
  return all_batches(feed);
}

TEST_CASE("each row comes once an epoch, in an order that threads and row groups' cuts do not change") {
  FeedRows rows({130, 0, 70, 101}, 40);
  std::vector<std::int64_t> ids = ids_of(batches_of(rows, some_options()));
  std::vector<std::int64_t> sorted = ids;
  std::ranges::sort(sorted);
  std::vector<std::int64_t> all(301);
  std::iota(all.begin(), all.end(), 0);
  CHECK(sorted == all);
  CHECK(ids != all);
  for (std::size_t threads : {1, 3, 8}) {
    FeedOptions options = some_options();
    options.threads = threads;
    CHECK(ids_of(batches_of(rows, options)) == ids);
    options.columns = {"id", "half", "tags"};
    CHECK(ids_of(batches_of(rows, options)) == ids);
  }
  FeedOptions unshuffled = some_options();
  unshuffled.shuffle_seed.reset();
  CHECK(ids_of(batches_of(rows, unshuffled)) == all);
}

TEST_CASE("a full shuffle is one window") {
  FeedRows rows({130, 70}, 40);
  FeedOptions options = some_options();
  options.shuffles_fully = true;
  std::vector<std::int64_t> ids = ids_of(batches_of(rows, options));
  // Rows of the last row group are in the first batches, too.
  CHECK(std::ranges::any_of(ids.begin(), ids.begin() + 32, [](std::int64_t id) { return id >= 170; }));
  CHECK(std::ranges::any_of(ids.begin(), ids.begin() + 32, [](std::int64_t id) { return id < 40; }));
}

TEST_CASE("columns of a row stay together, lists of any length too") {
  FeedRows rows({100, 60}, 33);
  FeedOptions options = some_options();
  options.columns = {};
  options.nulls_of = {{"maybe", NullPolicy::kMask}};
  std::vector<FeedBatch> batches = batches_of(rows, options);
  const std::vector<TensorColumn>& columns = batches[0].layout->columns();
  REQUIRE(columns.size() == 5);
  CHECK(columns[3].name == "maybe_is_valid");
  for (const FeedBatch& batch : batches) {
    std::vector<std::int64_t> ids = int64s(batch, 0);
    std::vector<std::int64_t> maybe = int64s(batch, 2);
    const auto* halves = reinterpret_cast<const float*>(batch.values(1));
    const auto* valid = reinterpret_cast<const std::uint8_t*>(batch.values(3));
    const auto* offsets = reinterpret_cast<const std::int64_t*>(batch.ragged[4].offsets->data());
    const auto* values = reinterpret_cast<const std::int64_t*>(batch.ragged[4].values->data());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      CHECK(halves[i] == static_cast<float>(ids[i]) / 2);
      CHECK(valid[i] == (ids[i] % 3 == 0 ? 0 : 1));
      CHECK(maybe[i] == (ids[i] % 3 == 0 ? 0 : ids[i]));
      REQUIRE(offsets[i + 1] - offsets[i] == ids[i] % 3);
      for (std::int64_t at = offsets[i]; at < offsets[i + 1]; ++at) CHECK(values[at] == ids[i]);
    }
  }
}

TEST_CASE("nulls are refused by name unless somebody says what they become") {
  FeedRows rows({40}, 40);
  FeedOptions options = some_options();
  options.columns = {"maybe"};
  CHECK_THROWS_WITH_AS(batches_of(rows, options), doctest::Contains("column 'maybe' has nulls"), Error);
  options.dtypes = {{"maybe", TypeKind::kFloat32}};
  options.nulls = NullPolicy::kNan;
  int nans = 0;
  for (const FeedBatch& batch : batches_of(rows, options)) {
    const auto* values = reinterpret_cast<const float*>(batch.values(0));
    nans += static_cast<int>(std::count_if(values, values + batch.row_count, [](float x) { return std::isnan(x); }));
  }
  CHECK(nans == 14);
}

TEST_CASE("lists become rows of one length where asked") {
  FeedRows rows({40}, 40);
  FeedOptions options = some_options();
  options.columns = {"id", "tags"};
  options.list_lengths = {{"tags", 3}};
  for (const FeedBatch& batch : batches_of(rows, options)) {
    std::vector<std::int64_t> ids = int64s(batch, 0);
    const auto* tags = reinterpret_cast<const std::int64_t*>(batch.values(1));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      for (std::int64_t k = 0; k < 3; ++k) {
        CHECK(tags[i * 3 + static_cast<std::size_t>(k)] == (k < ids[i] % 3 ? ids[i] : 0));
      }
    }
  }
}

TEST_CASE("a feed goes on from any batch, with another batch size and number of ranks") {
  FeedRows rows({130, 71}, 40);
  FeedOptions options = some_options();
  std::vector<std::int64_t> ids = ids_of(batches_of(rows, options, 2));
  auto plan = std::make_shared<const FeedPlan>(rows.data(), options);
  Feed feed(plan, rows.memory(), {}, 2);
  std::size_t taken = 0;
  while (!feed.is_at_end()) {
    std::optional<FeedBatch> batch = feed.next(kPatience);
    if (!batch) continue;
    taken += static_cast<std::size_t>(batch->row_count);
    FeedOptions other = options;
    other.batch_size = 5;
    other.threads = 1;
    ResumedFeed resumed = resume_feed(FeedPlan(rows.data(), other), feed_state(*plan, feed.position()));
    Feed rest(resumed.plan, rows.memory(), resumed.position, 2);
    std::vector<std::int64_t> expected(ids.begin() + static_cast<std::ptrdiff_t>(taken), ids.end());
    CHECK(ids_of(all_batches(rest)) == expected);
  }
  CHECK(taken == ids.size());
}

TEST_CASE("ranks and workers together give the order of one") {
  FeedRows rows({130, 71}, 40);
  FeedOptions alone = some_options();
  alone.batch_size = 24;
  std::vector<std::int64_t> ids = ids_of(batches_of(rows, alone));
  std::vector<std::vector<FeedBatch>> of_rank;
  for (std::int64_t rank = 0; rank < 3; ++rank) {
    std::vector<std::vector<FeedBatch>> of_worker;
    for (std::int64_t worker = 0; worker < 2; ++worker) {
      FeedOptions options = some_options();
      options.batch_size = 8;
      options.rank = rank;
      options.world_size = 3;
      options.worker = worker;
      options.worker_count = 2;
      of_worker.push_back(batches_of(rows, options));
    }
    std::vector<FeedBatch>& batches = of_rank.emplace_back();
    for (std::size_t step = 0; step < of_worker[0].size() + of_worker[1].size(); ++step) {
      batches.push_back(of_worker[step % 2].at(step / 2));
    }
  }
  std::vector<FeedBatch> together;
  for (std::size_t step = 0; step < of_rank[0].size(); ++step) {
    for (const std::vector<FeedBatch>& batches : of_rank) together.push_back(batches.at(step));
  }
  CHECK(ids_of(together) == ids);
}

TEST_CASE("filters, samples and weights choose rows, the same ones for any window") {
  FeedRows rows({300}, 40);
  RowChoice choice;
  choice.where = parse_expr("id >= 100 and id % 2 = 0");
  std::vector<std::int64_t> ids = ids_of(batches_of(rows, some_options(), 1, {}, choice));
  CHECK(ids.size() == 100);
  CHECK(std::ranges::all_of(ids, [](std::int64_t id) { return id >= 100 && id % 2 == 0; }));

  choice = {};
  choice.sampled = parse_expr("id % 10 <> 0");
  choice.rate = 0.5;
  choice.seed = 1;
  ids = ids_of(batches_of(rows, some_options(), 1, {}, choice));
  FeedOptions other = some_options();
  other.window_rows = 7;
  std::vector<std::int64_t> others = ids_of(batches_of(rows, other, 1, {}, choice));
  std::ranges::sort(ids);
  std::ranges::sort(others);
  CHECK(ids == others);
  CHECK(std::ranges::count_if(ids, [](std::int64_t id) { return id % 10 == 0; }) == 30);
  CHECK(std::abs(static_cast<double>(ids.size()) - 30 - 135) < 35);

  choice = {};
  choice.weight = parse_expr("case when id < 100 then 4.0 else 1.0 end");
  ids = ids_of(batches_of(rows, other, 1, {}, choice));
  CHECK(std::abs(static_cast<double>(ids.size()) - 300) < 10);
  CHECK(std::abs(static_cast<double>(std::ranges::count_if(ids, [](std::int64_t id) { return id < 100; })) - 200) < 10);
  choice.weight = parse_expr("0.0 - 1.0");
  CHECK_THROWS_WITH_AS(rows.data(choice), doctest::Contains("a weight is -1"), Error);
}

TEST_CASE("changes at random are the same for any number of ranks") {
  FeedRows rows({200}, 40);
  auto halves = [&](std::int64_t rank, std::int64_t world) {
    FeedOptions options = some_options();
    options.columns = {"half"};
    options.batch_size = 20 / world;
    options.rank = rank;
    options.world_size = world;
    options.augmentations = {{"half", {Augmentation::Kind::kNoise, 0, 1.0}}};
    return batches_of(rows, options);
  };
  std::vector<FeedBatch> alone = halves(0, 1);
  std::vector<FeedBatch> first = halves(0, 2);
  std::vector<FeedBatch> second = halves(1, 2);
  for (std::size_t step = 0; step < alone.size(); ++step) {
    const auto* values = reinterpret_cast<const float*>(alone[step].values(0));
    const auto* low = reinterpret_cast<const float*>(first[step].values(0));
    const auto* high = reinterpret_cast<const float*>(second[step].values(0));
    CHECK(std::equal(values, values + 10, low));
    CHECK(std::equal(values + 10, values + 20, high));
    CHECK(std::any_of(values, values + 20, [](float x) { return std::fmod(x, 0.5F) != 0; }));
  }
}

TEST_CASE("batches that are held leave room for one window, and then an error says so") {
  FeedRows rows({2000}, 100);
  FeedOptions options = some_options();
  options.window_rows = 64;
  auto plan = std::make_shared<const FeedPlan>(rows.data(), options);
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(4096);
  Feed feed(plan, memory, {}, 1);
  std::vector<FeedBatch> held;
  auto take_all = [&] {
    while (!feed.is_at_end()) {
      std::optional<FeedBatch> batch = feed.next(kPatience);
      if (batch) held.push_back(std::move(*batch));
    }
  };
  CHECK_THROWS_WITH_AS(take_all(), doctest::Contains("are still held"), Error);
  held.clear();
  // It goes on when they are let go.
  std::optional<FeedBatch> batch;
  for (int i = 0; i < 100 && !batch; ++i) batch = feed.next(std::chrono::milliseconds(50));
  CHECK(batch);
  FeedOptions large = options;
  large.window_rows = 1000;
  auto large_plan = std::make_shared<const FeedPlan>(rows.data(), large);
  CHECK_THROWS_WITH_AS(Feed(large_plan, memory, {}, 1), doctest::Contains("a window of 1000 rows takes"), Error);
}

TEST_CASE("an error of a thread reaches who takes batches, each time it asks") {
  FeedRows rows({400}, 40);
  FeedOptions options = some_options();
  auto plan = std::make_shared<const FeedPlan>(rows.data(), options);
  std::filesystem::resize_file(rows.folder().file("part-0.parquet"), 700);
  Feed feed(plan, rows.memory(), {}, 1);
  CHECK_THROWS_AS(all_batches(feed), Error);
  CHECK_THROWS_AS(static_cast<void>(feed.next(kPatience)), Error);
}

TEST_CASE("a feed can be dropped at any time") {
  FeedRows rows({5000}, 100);
  for (int taken = 0; taken < 20; ++taken) {
    FeedOptions options = some_options();
    options.threads = 4;
    auto plan = std::make_shared<const FeedPlan>(rows.data(), options);
    std::vector<FeedBatch> held;
    {
      Feed feed(plan, rows.memory(), {}, std::nullopt);
      while (static_cast<int>(held.size()) < taken) {
        if (std::optional<FeedBatch> batch = feed.next(kPatience)) held.push_back(std::move(*batch));
      }
    }
    CHECK(ids_of(held).size() == static_cast<std::size_t>(taken) * 16);
  }
}

TEST_CASE("a feed ends when it is dropped while a window is planned") {
  FeedRows rows({30'000}, 10'000);
  for (int turn = 0; turn < 200; ++turn) {
    FeedOptions options = some_options();
    options.batch_size = 512;
    options.window_rows = 4096;
    options.threads = 3;
    Feed feed(std::make_shared<const FeedPlan>(rows.data(), options), rows.memory(), {}, std::nullopt);
    for (int taken = 0; taken < turn % 30;) taken += feed.next(kPatience) ? 1 : 0;
  }
}

TEST_CASE("states of other rows, seeds and windows are refused by name") {
  FeedRows rows({130}, 40);
  FeedRows others({131}, 40);
  FeedPlan plan(rows.data(), some_options());
  std::string state = feed_state(plan, {1, 32, 0});
  CHECK(resume_feed(plan, state).position == FeedPosition{1, 32, 0});
  CHECK_THROWS_WITH_AS(resume_feed(FeedPlan(others.data(), some_options()), state),
                       doctest::Contains("number of rows is 130, not 131"), Error);
  FeedOptions options = some_options();
  options.shuffle_seed = 4;
  CHECK_THROWS_WITH_AS(resume_feed(FeedPlan(rows.data(), options), state), doctest::Contains("seed is 3, not 4"),
                       Error);
  options = some_options();
  options.window_rows = 51;
  CHECK_THROWS_WITH_AS(resume_feed(FeedPlan(rows.data(), options), state), doctest::Contains("window is 50, not 51"),
                       Error);
  options.window_rows = 0;
  CHECK(resume_feed(FeedPlan(rows.data(), options), state).plan->window_rows == 50);
  for (const char* text : {"", "[]", "{}", "{\"version\": 2}", "{\"version\": \"1\"}"}) {
    CHECK_THROWS_AS(resume_feed(plan, text), Error);
  }
}

TEST_CASE("options that do not go with the rows are refused") {
  FeedRows rows({10}, 10);
  auto plan_with = [&](auto change) {
    FeedOptions options = some_options();
    change(options);
    FeedPlan plan(rows.data(), options);
  };
  CHECK_THROWS_WITH_AS(plan_with([](FeedOptions& o) { o.batch_size = 0; }), doctest::Contains("batch_size is 0"),
                       Error);
  CHECK_THROWS_WITH_AS(plan_with([](FeedOptions& o) { o.rank = 1; }), doctest::Contains("rank is 1"), Error);
  CHECK_THROWS_WITH_AS(plan_with([](FeedOptions& o) { o.columns = {"idd"}; }), doctest::Contains("did you mean 'id'"),
                       Error);
  CHECK_THROWS_WITH_AS(plan_with([](FeedOptions& o) { o.remainder = Remainder::kDrop; }),
                       doctest::Contains("no batch fits into an epoch"), Error);
  CHECK_THROWS_WITH_AS(plan_with([](FeedOptions& o) { o.dtypes = {{"half", TypeKind::kInt8}}; }),
                       doctest::Contains("which is not fed"), Error);
  CHECK_THROWS_WITH_AS(
      plan_with([](FeedOptions& o) { o.augmentations = {{"id", {Augmentation::Kind::kReplace, 0.1, 0.5}}}; }),
      doctest::Contains("cannot be replaced by 0.5"), Error);
}

}  // namespace
}  // namespace headrace
