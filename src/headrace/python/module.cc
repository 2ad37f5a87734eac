// See module.h.
#include "headrace/python/module.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

namespace nb = nanobind;

NB_MODULE(_core, module) {
  // Objects that programs still hold when they end are no mistake of theirs.
  nb::set_leak_warnings(false);
  module.doc() = "What the package headrace is made of; its names may change at any time.";
  module.attr("version") = headrace::kHeadraceVersion;
  headrace::bind_errors(module);
  headrace::bind_expressions(module);
  headrace::bind_running(module);
  headrace::bind_frames(module);
  headrace::bind_pipelines(module);
  headrace::bind_arrays(module);
  headrace::bind_feeds(module);
  headrace::bind_distributed(module);
  module.def("end_stores", &headrace::end_stores, nb::call_guard<nb::gil_scoped_release>());
  module.def("reference", &headrace::reference_text);
}
