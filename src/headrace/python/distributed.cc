// See module.h: runs whose rows are on another engine. What crosses are texts, bytes and Arrow streams.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "headrace/python/pipelines.h"
#include "headrace/python/row_values.h"
#include "headrace/python/running.h"

namespace nb = nanobind;

namespace headrace {
namespace {

using FieldText = std::tuple<std::string, std::string, bool>;  // name, type, nullable

Schema schema_of(const std::vector<FieldText>& texts) {
  std::vector<Field> fields;
  for (const auto& [name, type_text, nullable] : texts) {
    std::optional<Type> type = Type::parse(type_text);
    if (!type) throw Error(ErrorCode::kInvalidArgument, "'" + type_text + "' is no type", "such as int64");
    fields.push_back({name, *type, nullable});
  }
  return Schema(std::move(fields));
}

std::string string_of(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }
nb::bytes bytes_of(const std::string& text) { return nb::bytes(text.data(), text.size()); }
std::vector<std::string> strings_of(const std::vector<nb::bytes>& list) {
  std::vector<std::string> strings;
  for (const nb::bytes& bytes : list) strings.push_back(string_of(bytes));
  return strings;
}
std::vector<nb::bytes> bytes_of(const std::vector<std::string>& strings) {
  std::vector<nb::bytes> list;
  for (const std::string& text : strings) list.push_back(bytes_of(text));
  return list;
}

/// Rows that a capsule with an Arrow stream brings, once; of None, no rows.
std::function<std::unique_ptr<BatchStream>()> rows_of(const nb::object& capsule) {
  if (capsule.is_none()) return {};
  void* pointer = PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream");
  if (pointer == nullptr) throw nb::python_error();
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  auto* stream = static_cast<ArrowArrayStream*>(pointer);
  return [stream, memory] { return import_batches(stream, memory); };
}

template <typename Body>
nb::bytes unlocked(const Body& body) {
  std::string result;
  {
    nb::gil_scoped_release release;
    result = body();
  }
  return bytes_of(result);
}

/// Keeps what the run points to.
struct PythonRun {
  PythonRun(const PythonPipeline& pipeline, Work& work, const std::string& state, const std::string& engine,
            bool statistics)
      : run(pipeline.pipeline, options_with(options_of(pipeline, work, state), statistics), engine) {}
  static RunOptions options_with(RunOptions options, bool statistics) {
    options.statistics = statistics;
    return options;
  }
  DistributedRun run;
};

std::string table_plan(const PythonPipeline& self, Work& work, const std::string& table, bool fold) {
  RunOptions options = options_of(self, work, "");
  Pipeline own = self.pipeline;
  own.outputs.clear();
  own.features.clear();
  std::shared_ptr<FileSystem> fs = file_system_of(own, options);
  PreparedPipeline prepared(own, fs, options.context, options.memory_sources);
  return EnginePlan({prepared.table(table)}, prepared, {fs, options.context.memory},
                    fold ? Fold::kConstants : Fold::kLists)
      .to_json();
}

/// A task that needs the fitted state: bytes of what to do, the file of the state, a prefix for files.
template <std::string (RunTask::*method)(const std::string&, const std::string&, const std::string&)>
auto state_task() {
  return [](RunTask& self, const nb::bytes& task, const std::string& state, const std::string& prefix) {
    std::string wanted = string_of(task);
    return unlocked([&] { return (self.*method)(wanted, state, prefix); });
  };
}

}  // namespace

void bind_distributed(nb::module_& module) {
  using Unlocked = nb::call_guard<nb::gil_scoped_release>;
  module.def("table_plan", &table_plan, nb::arg("pipeline"), nb::arg("work"), nb::arg("table"), nb::arg("fold") = true,
             Unlocked());
  module.def(
      "check_contract",
      [](const std::string& plan, const nb::object& rows) {
        auto open = rows_of(rows);
        return unlocked([&] { return check_contract(plan, open, RunContext()); });
      },
      nb::arg("plan"), nb::arg("rows").none());

  nb::class_<PythonRun>(module, "DistributedRun")
      .def(nb::init<const PythonPipeline&, Work&, const std::string&, const std::string&, bool>(),
           nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>(), nb::arg("pipeline"), nb::arg("work"), nb::arg("state"),
           nb::arg("engine"), nb::arg("statistics") = false)
      .def_prop_ro("run_id", [](const PythonRun& self) { return self.run.run_id(); })
      .def_prop_ro("spool_folder", [](const PythonRun& self) { return self.run.spool_folder(); })
      .def("plan", [](const PythonRun& self) { return self.run.plan(); })
      .def("task_plan", [](const PythonRun& self,
                           const std::vector<FieldText>& rows) { return self.run.task_plan(schema_of(rows)); })
      .def("contract_plan", [](const PythonRun& self,
                               const std::vector<FieldText>& rows) { return self.run.contract_plan(schema_of(rows)); })
      .def("begin_stage", [](PythonRun& self, const std::string& name) { self.run.begin_stage(name); })
      .def("take_scan", [](PythonRun& self, const std::string& source, const std::string& label,
                           const std::vector<std::string>& tallies) { self.run.take_scan(source, label, tallies); })
      .def("take_rows_read", [](PythonRun& self, const std::string& source, const std::string& label,
                                std::int64_t rows) { self.run.take_rows_read(source, label, rows); })
      .def("take_spooled",
           [](PythonRun& self, const std::vector<nb::bytes>& results) {
             std::vector<std::string> all = strings_of(results);
             nb::gil_scoped_release unlocked;
             self.run.take_spooled(all);
           })
      .def("take_contract",
           [](PythonRun& self, const std::vector<nb::bytes>& results) { self.run.take_contract(strings_of(results)); })
      .def("end_relational", [](PythonRun& self) { self.run.end_relational(); })
      .def("is_fitted", [](const PythonRun& self) { return self.run.is_fitted(); })
      .def("fit_round", [](const PythonRun& self) { return bytes_of(self.run.fit_round()); })
      .def("has_keyed", [](const PythonRun& self) { return self.run.has_keyed(); })
      .def("fit_files", [](const PythonRun& self, std::size_t count) { return bytes_of(self.run.fit_files(count)); })
      .def("take_fit", [](PythonRun& self, const nb::bytes& partial) { self.run.take_fit(string_of(partial)); })
      .def(
          "end_fit_round", [](PythonRun& self) { self.run.end_fit_round(); }, Unlocked())
      .def(
          "end_fit", [](PythonRun& self) { self.run.end_fit(); }, Unlocked())
      .def("state_json", [](const PythonRun& self) { return self.run.state_json(); })
      .def(
          "put_state", [](const PythonRun& self, const std::string& path) { self.run.put_state(path); }, Unlocked())
      .def("shard_orders", [](const PythonRun& self) { return bytes_of(self.run.shard_orders()); })
      .def("key_samples", [](PythonRun& self, std::size_t count) { return bytes_of(self.run.key_samples(count)); })
      .def("take_keys",
           [](PythonRun& self, const std::vector<nb::bytes>& results) { self.run.take_keys(strings_of(results)); })
      .def("deals", [](const PythonRun& self) { return bytes_of(self.run.deals()); })
      .def("take_dealt",
           [](PythonRun& self, const std::vector<nb::bytes>& results) { self.run.take_dealt(strings_of(results)); })
      .def("ranges", [](const PythonRun& self) { return bytes_of(self.run.ranges()); })
      .def("take_ordered",
           [](PythonRun& self, const std::vector<nb::bytes>& results) { self.run.take_ordered(strings_of(results)); })
      .def("take_written",
           [](PythonRun& self, const std::vector<nb::bytes>& results) {
             std::vector<std::string> all = strings_of(results);
             nb::gil_scoped_release unlocked;
             self.run.take_written(all);
           })
      .def(
          "publish",
          [](PythonRun& self) {
            RunReport report = self.run.publish();
            return std::make_pair(report.to_json(), report.to_text());
          },
          Unlocked())
      .def(
          "remove_spool", [](PythonRun& self) { self.run.remove_spool(); }, Unlocked())
      .def(
          "fail",
          [](PythonRun& self, const std::string& code, const std::string& message) { self.run.fail(code, message); },
          Unlocked());

  module.def("put_text", &put_text, Unlocked());
  module.def("texts_in", &texts_in, Unlocked());
  module.def("has_file", &has_file, Unlocked());

  module.def("spool_keyed_path", [](const nb::bytes& result) { return spool_result(string_of(result)).keyed_path; });
  module.def("spool_fixed", [](const nb::bytes& result) { return bytes_of(spool_result(string_of(result)).fixed); });

  module.def("keep_rows", [](const LazyFrame& frame, const std::string& prefix, const StorageOptions& storage) {
    KeptRows kept;
    {
      nb::gil_scoped_release release;
      kept = keep_rows(frame, prefix, storage, RunContext());
    }
    return std::make_pair(bytes_of(kept.file), kept.data_bytes);
  });
  module.def("kept_rows", [](const std::string& name, const std::vector<nb::bytes>& files,
                             const StorageOptions& storage) { return kept_rows(name, strings_of(files), storage); });

  nb::class_<RunTask>(module, "RunTask")
      .def("__init__", [](RunTask* self, const std::string& plan) { new (self) RunTask(plan, RunContext()); })
      .def(
          "spool",
          [](RunTask& self, const LazyFrame* frame, const std::string& prefix, const nb::bytes& round,
             std::size_t key_parts) {
            std::string wanted = string_of(round);
            return unlocked([&] { return self.spool(frame, prefix, wanted, key_parts); });
          },
          nb::arg("frame").none(), nb::arg("prefix"), nb::arg("round"), nb::arg("key_parts"))
      .def("fit",
           [](RunTask& self, const nb::bytes& files, const std::string& prefix, const nb::bytes& round,
              std::size_t key_parts) {
             std::string some = string_of(files);
             std::string wanted = string_of(round);
             return unlocked([&] { return self.fit(some, prefix, wanted, key_parts); });
           })
      .def("read_keyed", [](RunTask& self, const std::string& path) { return bytes_of(self.read_keyed(path)); })
      .def("merge_keyed",
           [](RunTask& self, const nb::bytes& round, const std::vector<nb::bytes>& parts) {
             std::string wanted = string_of(round);
             std::vector<std::string> all = strings_of(parts);
             return unlocked([&] { return self.merge_keyed(wanted, all); });
           })
      .def("sample_keys", state_task<&RunTask::sample_keys>())
      .def("deal", state_task<&RunTask::deal>())
      .def("put_in_order", state_task<&RunTask::put_in_order>())
      .def("write", state_task<&RunTask::write>());

  nb::class_<SplitScan>(module, "SplitScan")
      .def("__init__", [](SplitScan* self, const std::string& name, const std::string& source,
                          const StorageOptions& storage, std::size_t begin, std::size_t end,
                          const std::string& files) { new (self) SplitScan(name, source, storage, begin, end, files); })
      .def("frame", [](const SplitScan& self) { return self.frame(); })
      .def("tally", [](const SplitScan& self) { return self.tally(); });
}

}  // namespace headrace
