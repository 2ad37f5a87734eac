// See module.h: frames, and rows in and out.
#include <chrono>
#include <cstring>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "headrace/python/running.h"

namespace nb = nanobind;

namespace headrace {
namespace {

using FieldText = std::tuple<std::string, std::string, bool>;  // name, type, nullable

std::vector<FieldText> fields_of(const Schema& schema) {
  std::vector<FieldText> fields;
  for (const Field& field : schema) fields.emplace_back(field.name, field.type.to_string(), field.nullable);
  return fields;
}

/// A capsule that owns `pointer`, named as the Arrow PyCapsule interface says.
template <typename Pointer>
nb::object capsule_of(Pointer pointer, const char* name) {
  using Struct = typename Pointer::element_type;
  using Deleter = typename Pointer::deleter_type;
  PyObject* capsule = PyCapsule_New(pointer.get(), name, [](PyObject* self) {
    Deleter{}(static_cast<Struct*>(PyCapsule_GetPointer(self, PyCapsule_GetName(self))));
  });
  if (capsule == nullptr) throw nb::python_error();
  static_cast<void>(pointer.release());
  return nb::steal(capsule);
}

Rows import_capsule(const nb::object& capsule) {
  void* stream = PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream");
  if (stream == nullptr) throw nb::python_error();
  Rows rows{{}, MemoryBudget::create()};
  // The other side may be Python, which needs the lock while it makes arrays: it takes it itself.
  nb::gil_scoped_release unlocked;
  rows.streamed = import_stream(static_cast<ArrowArrayStream*>(stream), *rows.memory);
  return rows;
}

std::int64_t row_count_of(const Rows& rows) {
  std::int64_t count = 0;
  for (const Batch& batch : rows.streamed.batches) count += batch.row_count;
  return count;
}

/// The first rows as texts, for people.
std::vector<std::vector<std::string>> cells_of(const Rows& rows, std::int64_t rows_max) {
  std::vector<std::vector<std::string>> cells;
  for (const Batch& batch : rows.streamed.batches) {
    for (std::int64_t row = 0; row < batch.row_count && std::ssize(cells) < rows_max; ++row) {
      std::vector<std::string>& line = cells.emplace_back();
      for (const Column& column : batch.columns) line.push_back(format_cell(column, row));
    }
  }
  return cells;
}

Rows collect(const LazyFrame& frame, Work& work) {
  RunOptions options = work.run_options();
  return {collect_frame(frame, options), options.context.memory};
}

/// The next rows, or nothing when there are none yet, or no more.
std::optional<Rows> next_rows(FrameStream& stream, std::int64_t wait_ms) {
  std::optional<Batch> rows = stream.next(std::chrono::milliseconds(wait_ms));
  if (!rows) return std::nullopt;
  std::shared_ptr<const Schema> schema = rows->schema;
  return Rows{{schema, {std::move(*rows)}}, stream.memory()};
}

/// A Python object that may be let go of by any thread.
std::shared_ptr<nb::object> shared_object(nb::object object) {
  return {new nb::object(std::move(object)), [](nb::object* owned) {
            nb::gil_scoped_acquire locked;
            delete owned;
          }};
}

/// The rows that `make` gives, a function whose result has an Arrow stream of the columns of `sample`.
LazyFrame frame_of_function(std::string name, const Rows& sample, nb::object make) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  auto open = [make = shared_object(std::move(make)), memory] {
    nb::gil_scoped_acquire locked;
    nb::object capsule = (*make)();
    void* stream = PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream");
    if (stream == nullptr) throw nb::python_error();
    return import_batches(static_cast<ArrowArrayStream*>(stream), memory);
  };
  return LazyFrame::of_function(std::move(name), *sample.streamed.schema, std::move(open));
}

StorageOptions storage_of(const std::string& endpoint, const std::string& region, const std::string& scheme,
                          bool anonymous, const std::string& access_key, const std::string& secret_key,
                          const std::string& session_token, double connect_timeout, double request_timeout) {
  StorageOptions storage;
  storage.endpoint = endpoint;
  storage.region = region;
  storage.scheme = scheme;
  storage.anonymous = anonymous;
  storage.access_key = access_key;
  storage.secret_key = secret_key;
  storage.session_token = session_token;
  storage.connect_timeout = connect_timeout;
  storage.request_timeout = request_timeout;
  return storage;
}

/// What storage_of() makes the same of.
nb::dict arguments_of(const StorageOptions& storage) {
  nb::dict arguments;
  arguments["endpoint"] = storage.endpoint;
  arguments["region"] = storage.region;
  arguments["scheme"] = storage.scheme;
  arguments["anonymous"] = storage.anonymous;
  arguments["access_key"] = storage.access_key;
  arguments["secret_key"] = storage.secret_key;
  arguments["session_token"] = storage.session_token;
  arguments["connect_timeout"] = storage.connect_timeout;
  arguments["request_timeout"] = storage.request_timeout;
  return arguments;
}

}  // namespace

void bind_frames(nb::module_& module) {
  nb::class_<Rows>(module, "Rows")
      .def_static("from_stream", &import_capsule)
      .def("row_count", &row_count_of)
      .def("fields", [](const Rows& self) { return fields_of(*self.streamed.schema); })
      .def("cells", &cells_of)
      .def("stream",
           [](const Rows& self) { return capsule_of(export_stream(self.streamed, self.memory), "arrow_array_stream"); })
      .def("schema", [](const Rows& self) { return capsule_of(export_schema(*self.streamed.schema), "arrow_schema"); });

  nb::class_<FrameStream>(module, "FrameStream")
      .def("__init__", [](FrameStream* self, const LazyFrame& frame, const Work& work,
                          std::int64_t chunk_rows) { new (self) FrameStream(frame, work.run_options(), chunk_rows); })
      .def("run", &FrameStream::run, nb::call_guard<nb::gil_scoped_release>())
      .def("next", &next_rows, nb::call_guard<nb::gil_scoped_release>())
      .def("is_at_end", &FrameStream::is_at_end)
      .def("abandon", &FrameStream::abandon);

  nb::class_<StorageOptions>(module, "StorageOptions")
      .def(nb::new_(&storage_of), nb::arg("endpoint") = "", nb::arg("region") = "", nb::arg("scheme") = "",
           nb::arg("anonymous") = false, nb::arg("access_key") = "", nb::arg("secret_key") = "",
           nb::arg("session_token") = "", nb::arg("connect_timeout") = StorageOptions().connect_timeout,
           nb::arg("request_timeout") = StorageOptions().request_timeout)
      .def("arguments", &arguments_of, nb::sig("def arguments(self) -> dict[str, object]"));

  nb::class_<LazyFrame>(module, "Frame")
      .def_static(
          "scan",
          [](const std::string& name, const std::string& source, const StorageOptions& storage) {
            return LazyFrame::scan(parse_source(source, name), storage);
          },
          nb::call_guard<nb::gil_scoped_release>())
      .def_static("of_rows",
                  [](std::string name, const Rows& rows) {
                    return LazyFrame::of_rows(std::move(name),
                                              memory_source(rows.streamed.schema, rows.streamed.batches, rows.memory));
                  })
      .def_static("of_function", &frame_of_function)
      .def("with_step", [](const LazyFrame& self, const std::string& step) { return self.with_step(parse_step(step)); })
      .def("with_step_and",
           [](const LazyFrame& self, const std::string& step, const std::vector<LazyFrame>& others) {
             return self.with_step(parse_step(step), others);
           })
      .def("fields", [](const LazyFrame& self) { return fields_of(self.schema()); })
      .def("schema", [](const LazyFrame& self) { return capsule_of(export_schema(self.schema()), "arrow_schema"); })
      .def(
          "analyze", [](const LazyFrame& self, Work& work) { return analyze_frame(self, work.run_options()); },
          nb::call_guard<nb::gil_scoped_release>())
      .def("collect", &collect, nb::call_guard<nb::gil_scoped_release>());
}

}  // namespace headrace
