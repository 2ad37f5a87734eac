// What explain --analyze shows of a report.
#include "headrace/frame/analysis.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace headrace {
namespace {

OperatorReport make_operator(std::size_t id, std::string kind, std::string label, std::vector<std::size_t> inputs) {
  OperatorReport op;
  op.id = id;
  op.kind = std::move(kind);
  op.label = std::move(label);
  op.inputs = std::move(inputs);
  op.rows_in = 1000;
  op.rows_out = 900;
  op.bytes_out = 2048;
  op.seconds = 0.25;
  return op;
}

/// A scan that a filter and a join read, and a join of both.
RunReport make_report() {
  RunReport report;
  report.thread_count = 2;
  report.seconds = 2;
  report.stage_seconds = {{"relational", 1.5}, {"write", 0.5}};
  report.memory_peak_bytes = 4096;
  report.process_peak_bytes = 8192;
  report.operators = {make_operator(0, "scan", "t", {}), make_operator(1, "filter", "r: filter f", {0}),
                      make_operator(2, "join", "r: join t", {1, 0})};
  report.operators[0].scan.bytes_read = 1'000'000;
  report.operators[2].memory_bytes = 3 << 20;
  return report;
}

}  // namespace

TEST_CASE("floors are the bytes of files, and those that operators make, at the rates of the machine") {
  std::vector<Floor> floors = floors_of(make_report(), {2e6, 5e5});
  REQUIRE(floors.size() == 2);
  CHECK(floors[0].name == "memory bandwidth");
  CHECK(floors[0].bytes == 1'000'000 + 2 * 2048);
  CHECK(floors[0].seconds() == doctest::Approx(0.502048));
  CHECK(floors[1].name == "decode");
  CHECK(floors[1].seconds() == 2.0);
  CHECK(Floor{}.seconds() == 0);
}

TEST_CASE("the text is a tree from the last operator down, a shared one once") {
  RunReport report = make_report();
  CHECK(analysis_text(report, floors_of(report, {2e6, 5e5})) ==
        "  seconds       rows in      rows out   bytes out      memory  operator\n"
        "    0.250         1,000           900       2 KiB       3 MiB  join r: join t\n"
        "    0.250         1,000           900       2 KiB                filter r: filter f\n"
        "    0.250                         900       2 KiB                  scan t\n"
        "                                                                 scan t, shown above\n"
        "seconds are summed over 2 threads; memory is what the operator held when its input ended\n"
        "2.000 s in all, relational 1.500, write 0.500; peak memory 4 KiB of the budget, 8 KiB of the process\n"
        "memory bandwidth floor: 980.56 KiB at 1.91 MiB/s take 0.502 s; the run took 4.0 times that\n"
        "decode floor: 976.56 KiB at 488.28 KiB/s take 2.000 s; the run took 1.0 times that\n");
}

TEST_CASE("the JSON has the same numbers") {
  RunReport report = make_report();
  auto json = nlohmann::json::parse(analysis_json(report, floors_of(report, {2e6, 5e5})));
  CHECK(json["seconds"] == 2.0);
  CHECK(json["threads"] == 2);
  CHECK(json["stage_seconds"]["write"] == 0.5);
  REQUIRE(json["operators"].size() == 3);
  CHECK(json["operators"][2]["memory_bytes"] == 3 << 20);
  CHECK(json["operators"][2]["inputs"] == nlohmann::json({1, 0}));
  CHECK(json["operators"][0]["bytes_read"] == 1'000'000);
  CHECK(json["floors"][1]["seconds"] == 2.0);
}

TEST_CASE("copying memory has a rate") {
  MachineRates rates = measure_machine_rates(2);
  CHECK(rates.copy_bytes > 1e6);
  CHECK(rates.decode_bytes == 2.4e9);
}

}  // namespace headrace
