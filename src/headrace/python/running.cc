// See module.h: what a piece of work is given and tells while it runs.
#include "headrace/python/running.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "headrace/base/units.h"

namespace nb = nanobind;

namespace headrace {
namespace {

std::size_t bytes_of(const std::string& memory) {
  std::optional<std::size_t> bytes = parse_bytes(memory);
  if (!bytes || *bytes == 0) {
    throw Error(ErrorCode::kInvalidArgument, "memory is no size: '" + memory + "'", "for example: memory=\"4GiB\"");
  }
  return *bytes;
}

}  // namespace

Work::Work(std::size_t threads, const std::string& memory) {
  options_.context.thread_count = threads != 0 ? threads : default_thread_count();
  if (!memory.empty()) options_.context.memory = MemoryBudget::create(bytes_of(memory));
  options_.context.on_progress = [this](const Progress& progress) {
    std::lock_guard lock(mutex_);
    progress_ = progress;
  };
}

RunOptions Work::run_options(const std::string& state_path) const {
  RunOptions options = options_;
  options.state_path = state_path;
  return options;
}

Progress Work::progress() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

void bind_running(nb::module_& module) {
  module.def("parse_bytes", &bytes_of);
  nb::class_<Work>(module, "Work")
      .def(nb::init<std::size_t, const std::string&>(), nb::arg("threads"), nb::arg("memory"))
      .def("cancel", &Work::cancel)
      .def("progress", [](const Work& work) {
        Progress progress = work.progress();
        return std::make_tuple(progress.stage, progress.splits_done, progress.split_count, progress.rows);
      });
}

}  // namespace headrace
