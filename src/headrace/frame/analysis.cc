// See analysis.h.
#include "headrace/frame/analysis.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/units.h"
#include "headrace/base/workers.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr double kDecodeBytesPerSecond = 1.2e9;

double file_bytes_of(const RunReport& report) {
  double bytes = 0;
  for (const OperatorReport& op : report.operators) bytes += static_cast<double>(op.scan.bytes_read);
  return bytes;
}

bool makes_its_bytes(const std::string& kind) {
  return kind == "scan" || kind == "filter" || kind == "aggregate" || kind == "deduplicate" || kind == "write";
}

std::string memory_text(std::int64_t bytes) { return bytes == 0 ? "" : format_bytes(static_cast<std::size_t>(bytes)); }

/// One line an operator under a line of titles.
class OperatorTree {
 public:
  explicit OperatorTree(const std::vector<OperatorReport>& operators) : operators_(operators) {
    std::set<std::size_t> read;
    for (const OperatorReport& op : operators) read.insert(op.inputs.begin(), op.inputs.end());
    text_ = fmt::format("{:>9} {:>13} {:>13} {:>11} {:>11}  operator\n", "seconds", "rows in", "rows out", "bytes out",
                        "memory");
    for (std::size_t id = operators.size(); id-- > 0;) {
      if (!read.contains(id)) add(id, 0);
    }
  }

  std::string take_text() { return std::move(text_); }

 private:
  void add(std::size_t id, std::size_t depth) {
    const OperatorReport& op = operators_[id];
    std::string name = fmt::format("{}{} {}", std::string(depth * 2, ' '), op.kind, op.label);
    if (!seen_.insert(id).second) {
      text_ += fmt::format("{:>9} {:>13} {:>13} {:>11} {:>11}  {}, shown above\n", "", "", "", "", "", name);
      return;
    }
    text_ += fmt::format("{:>9.3f} {:>13} {:>13} {:>11} {:>11}  {}\n", op.seconds,
                         op.kind == "scan" ? "" : format_count(op.rows_in), format_count(op.rows_out),
                         format_bytes(static_cast<std::size_t>(op.bytes_out)), memory_text(op.memory_bytes), name);
    for (std::size_t input : op.inputs) add(input, depth + 1);
  }

  const std::vector<OperatorReport>& operators_;
  std::set<std::size_t> seen_;
  std::string text_;
};

}  // namespace

MachineRates measure_machine_rates(std::size_t thread_count) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;  // far beyond any cache
  constexpr int kRounds = 4;                             // the first one touches fresh memory and does not count
  std::size_t bytes = kBytes / std::max<std::size_t>(1, thread_count);
  std::vector<std::unique_ptr<char[]>> from(thread_count), to(thread_count);
  double best = 0;
  Cancellation cancellation;
  for (int round = 0; round < kRounds; ++round) {
    Clock::time_point start = Clock::now();
    run_tasks(thread_count, thread_count, cancellation, [&](std::size_t task, std::size_t) {
      if (round == 0) {
        from[task] = std::make_unique<char[]>(bytes);
        to[task] = std::make_unique<char[]>(bytes);
      }
      std::memcpy(to[task].get(), from[task].get(), bytes);
    });
    double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (round > 0) best = std::max(best, static_cast<double>(bytes * thread_count) / seconds);
  }
  return {best, kDecodeBytesPerSecond * static_cast<double>(thread_count)};
}

std::vector<Floor> floors_of(const RunReport& report, const MachineRates& rates) {
  double bytes = file_bytes_of(report);
  for (const OperatorReport& op : report.operators) {
    if (makes_its_bytes(op.kind)) bytes += static_cast<double>(op.bytes_out);
  }
  return {{"memory bandwidth", bytes, rates.copy_bytes}, {"decode", file_bytes_of(report), rates.decode_bytes}};
}

std::string analyze_frame(const LazyFrame& frame, const RunOptions& options) {
  class ThrowAway : public Sink {
   public:
    void start(std::size_t, std::size_t) override {}
    void consume(Batch, std::size_t, std::size_t) override {}
  };
  ThrowAway sink;
  Clock::time_point start = Clock::now();
  std::string text = OperatorTree(run_frame(frame, sink, options)).take_text();
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::size_t threads = options.context.thread_count;
  return text + fmt::format("seconds are summed over {} thread{}; {:.3f} s in all, peak memory {} of the budget\n",
                            threads, threads == 1 ? "" : "s", seconds,
                            format_bytes(options.context.memory->peak_bytes()));
}

std::string analysis_text(const RunReport& report, const std::vector<Floor>& floors) {
  std::string text = OperatorTree(report.operators).take_text();
  text += fmt::format("seconds are summed over {} thread{}; memory is what the operator held when its input ended\n",
                      report.thread_count, report.thread_count == 1 ? "" : "s");
  text += fmt::format("{:.3f} s in all", report.seconds);
  for (const auto& [stage, seconds] : report.stage_seconds) text += fmt::format(", {} {:.3f}", stage, seconds);
  text += fmt::format("; peak memory {} of the budget, {} of the process\n", format_bytes(report.memory_peak_bytes),
                      format_bytes(report.process_peak_bytes));
  for (const Floor& floor : floors) {
    text += fmt::format("{} floor: {} at {}/s take {:.3f} s", floor.name,
                        format_bytes(static_cast<std::size_t>(floor.bytes)),
                        format_bytes(static_cast<std::size_t>(floor.bytes_per_second)), floor.seconds());
    text += floor.seconds() > 0 ? fmt::format("; the run took {:.1f} times that\n", report.seconds / floor.seconds())
                                : "\n";
  }
  return text;
}

std::string analysis_json(const RunReport& report, const std::vector<Floor>& floors) {
  Json json = {{"seconds", report.seconds},
               {"threads", report.thread_count},
               {"budget_peak_bytes", report.memory_peak_bytes},
               {"process_peak_bytes", report.process_peak_bytes}};
  json["stage_seconds"] = Json::object();
  for (const auto& [stage, seconds] : report.stage_seconds) json["stage_seconds"][stage] = seconds;
  json["operators"] = Json::array();
  for (const OperatorReport& op : report.operators) {
    json["operators"].push_back({{"id", op.id},
                                 {"kind", op.kind},
                                 {"label", op.label},
                                 {"inputs", op.inputs},
                                 {"seconds", op.seconds},
                                 {"rows_in", op.rows_in},
                                 {"rows_out", op.rows_out},
                                 {"bytes_read", op.scan.bytes_read},
                                 {"bytes_out", op.bytes_out},
                                 {"memory_bytes", op.memory_bytes}});
  }
  json["floors"] = Json::array();
  for (const Floor& floor : floors) {
    json["floors"].push_back({{"name", floor.name},
                              {"bytes", floor.bytes},
                              {"bytes_per_second", floor.bytes_per_second},
                              {"seconds", floor.seconds()}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace headrace
