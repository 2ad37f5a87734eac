// See progress.h. The terminal line is drawn at most ten times a second, and never for stages that end at once.
#include "headrace/cli/progress.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unistd.h>

#include <fmt/format.h>

#include "headrace/base/units.h"
#include "headrace/cli/options.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

class ProgressPrinter {
 public:
  ProgressPrinter() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

  ~ProgressPrinter() { clear_line(); }

  void show(const Progress& progress) {
    std::lock_guard lock(mutex_);
    bool is_complete = progress.splits_done == progress.split_count;
    std::string rows = progress.rows > 0 ? fmt::format(", {} rows", format_count(progress.rows)) : "";
    if (!is_terminal_) {
      if (is_complete) say(fmt::format("{}: done{}\n", progress.stage, rows));
      return;
    }
    Clock::time_point now = Clock::now();
    if (is_complete) return clear_line();
    if (now - last_drawn_ < std::chrono::milliseconds(100)) return;
    last_drawn_ = now;
    std::size_t percent = progress.splits_done * 100 / progress.split_count;
    say(fmt::format("\r\x1b[K{}: {} %{}", progress.stage, percent, rows));
    line_is_drawn_ = true;
  }

 private:
  void clear_line() {
    if (!line_is_drawn_) return;
    say("\r\x1b[K");
    line_is_drawn_ = false;
  }

  bool is_terminal_;
  bool line_is_drawn_ = false;
  Clock::time_point last_drawn_ = Clock::now();
  std::mutex mutex_;
};

}  // namespace

std::function<void(const Progress&)> make_progress_printer() {
  auto printer = std::make_shared<ProgressPrinter>();
  return [printer](const Progress& progress) { printer->show(progress); };
}

}  // namespace headrace
