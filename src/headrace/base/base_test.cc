// Errors, budget, units, nearest names, workers.
#include <atomic>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/base/memory_budget.h"
#include "headrace/base/nearest.h"
#include "headrace/base/units.h"
#include "headrace/base/workers.h"

namespace headrace {

TEST_CASE("an error renders message, context and hint in that order") {
  Error error(ErrorCode::kBadData, "bad value: x", "use y");
  error.add_context("reading a.csv").add_context("running pipeline p");
  CHECK(std::string(error.what()) == "bad value: x\n  while reading a.csv\n  while running pipeline p\n  hint: use y");
  CHECK(code_name(error.code()) == "bad_data");
}

TEST_CASE("a failed check is an internal error") {
  auto fail = [] { HEADRACE_CHECK(1 + 1 == 3); };
  CHECK_THROWS_WITH_AS(fail(), doctest::Contains("1 + 1 == 3"), Error);
}

TEST_CASE("a budget refuses what does not fit and keeps its peak") {
  auto budget = MemoryBudget::create(100);
  {
    Reservation first(*budget, 60, "first");
    CHECK_THROWS_WITH_AS(Reservation(*budget, 41, "the hash table"), doctest::Contains("the hash table"), Error);
    CHECK(budget->used_bytes() == 60);
    first.resize(90, "first");
    first.resize(10, "first");
  }
  CHECK(budget->used_bytes() == 0);
  CHECK(budget->peak_bytes() == 90);
}

TEST_CASE("byte sizes are read and written as people do") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(std::size_t{2} << 30) == "2 GiB");
  CHECK(parse_bytes("64KiB") == 65536);
  CHECK(parse_bytes("1.5 GiB") == 1610612736);
  CHECK(parse_bytes("2MB") == 2000000);
  CHECK(parse_bytes("17") == 17);
  CHECK_FALSE(parse_bytes("x"));
  CHECK_FALSE(parse_bytes("-1"));
  CHECK_FALSE(parse_bytes("5 parsecs"));
  CHECK(format_count(336776) == "336,776");
  CHECK(format_count(-1234567) == "-1,234,567");
  CHECK(format_count(999) == "999");
}

TEST_CASE("the nearest name is found across case, swaps and slips, and far names are not proposed") {
  std::vector<std::string> names = {"dep_delay", "arr_delay", "carrier"};
  CHECK(nearest_name("dep_dealy", names) == "dep_delay");
  CHECK(nearest_name("CARRIER", names) == "carrier");
  CHECK_FALSE(nearest_name("zzz", names));
  CHECK(name_hint("carier", names, "columns") ==
        "did you mean 'carrier'? valid columns: dep_delay, arr_delay, carrier");
}

TEST_CASE("every task runs once, whatever the number of workers") {
  for (std::size_t workers : {1, 2, 5}) {
    std::vector<std::atomic<int>> runs(100);
    Cancellation cancellation;
    run_tasks(runs.size(), workers, cancellation, [&](std::size_t task, std::size_t worker) {
      CHECK(worker < workers);
      ++runs[task];
    });
    for (const auto& count : runs) CHECK(count == 1);
  }
}

TEST_CASE("the exception of a task reaches the caller and stops the rest") {
  Cancellation cancellation;
  std::atomic<int> started{0};
  auto run = [&] {
    run_tasks(1000000, 2, cancellation, [&](std::size_t task, std::size_t) {
      ++started;
      if (task == 3) throw Error(ErrorCode::kBadData, "task 3 failed");
    });
  };
  CHECK_THROWS_WITH_AS(run(), "task 3 failed", Error);
  CHECK(started < 1000000);
}

TEST_CASE("cancelled work stops with its own code") {
  Cancellation cancellation;
  cancellation.cancel();
  try {
    run_tasks(5, 2, cancellation, [](std::size_t, std::size_t) {});
    FAIL("did not throw");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kCancelled);
  }
}

}  // namespace headrace
