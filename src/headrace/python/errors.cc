// See module.h: headrace::Error in Python.
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "headrace/python/module.h"

namespace nb = nanobind;

namespace headrace {
namespace {

/// Raises what headrace._errors.make_error() makes of the parts of an error.
void raise_error(const Error& error) {
  nb::object exception =
      nb::module_::import_("headrace._errors")
          .attr("make_error")(code_name(error.code()), error.message(), error.hint(), error.context());
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

}  // namespace

void bind_errors(nb::module_& /*module*/) {
  nb::register_exception_translator(
      [](const std::exception_ptr& pointer, void*) {
        try {
          std::rethrow_exception(pointer);
        } catch (const Error& error) {
          raise_error(error);
        }
      },
      nullptr);
}

}  // namespace headrace
