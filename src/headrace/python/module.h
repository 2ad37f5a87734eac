// The parts of the Python module headrace._core: what Python programs see is in python/headrace, which is thin over
// these. Rows cross by Arrow's C interface only.
#pragma once

#include <memory>
#include <string>

#include <nanobind/nanobind.h>

#include "headrace/frame/headrace.h"

namespace headrace {

/// headrace::Error becomes the exception that headrace._errors makes of it.
void bind_errors(nanobind::module_& module);
void bind_expressions(nanobind::module_& module);
void bind_running(nanobind::module_& module);
void bind_frames(nanobind::module_& module);
void bind_pipelines(nanobind::module_& module);
void bind_arrays(nanobind::module_& module);
void bind_feeds(nanobind::module_& module);
void bind_distributed(nanobind::module_& module);

/// Rows that left the engine, or that come to it, with the budget that they are charged to.
struct Rows {
  StreamedRows streamed;
  std::shared_ptr<MemoryBudget> memory;
};

}  // namespace headrace
