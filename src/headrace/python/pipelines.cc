// See module.h: pipelines.
#include "headrace/python/pipelines.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "headrace/python/row_values.h"

namespace nb = nanobind;

namespace headrace {
namespace {

/// The tables of `frame`, the last one called `table`, and `rest`: contract, features, split, outputs and the paths, as
/// a pipeline file writes them. Relative paths are relative to the current folder.
PythonPipeline pipeline_of(const std::string& name, const LazyFrame& frame, const std::string& table,
                           const std::string& rest) {
  LazyFrame::Definition definition = frame.definition(table);
  definition.pipeline.name = name;
  add_sections(definition.pipeline, rest);
  return {std::move(definition.pipeline), std::move(definition.memory)};
}

/// The pipeline that writes `frame` as the `outputs` say, and nothing beside them but what is bad.
PythonPipeline sink_of(const LazyFrame& frame, const std::string& outputs) {
  PythonPipeline sink = pipeline_of("frame", frame, "frame", outputs);
  sink.pipeline.state_path.clear();
  sink.pipeline.report_path.clear();
  return sink;
}

PythonPipeline read(const std::string& file, const std::map<std::string, std::string>& set) {
  return {read_pipeline(file, set), {}, set};
}

std::string yaml_of(const PythonPipeline& self) {
  if (!self.memory.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "the source '" + self.memory.begin()->first + "' is rows in memory: a file cannot say them",
                "write them to a file, and scan that");
  }
  return to_yaml(self.pipeline);
}

/// A pipeline with the state of its features.
struct PythonFitted {
  PythonPipeline pipeline;
  FittedState state;
};

/// Encodes rows one by one.
struct PythonServer {
  explicit PythonServer(RowServer row_server) : server(std::move(row_server)) {}

  nb::dict serve(const nb::dict& values) const {
    return dict_of_row(server.encode(row_of_dict(values, server.input(), *memory)), 0);
  }

  RowServer server;
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
};

}  // namespace

RunOptions options_of(const PythonPipeline& self, Work& work, const std::string& state) {
  RunOptions options = work.run_options(state);
  options.memory_sources = self.memory;
  options.parameters = self.parameters;
  return options;
}

void bind_pipelines(nb::module_& module) {
  using Unlocked = nb::call_guard<nb::gil_scoped_release>;
  nb::class_<PythonPipeline>(module, "Pipeline")
      .def_static("of_frame", &pipeline_of)
      .def_static("sink_of_frame", &sink_of)
      .def_static("read", &read, Unlocked())
      .def_prop_ro("name", [](const PythonPipeline& self) { return self.pipeline.name; })
      .def("to_yaml", &yaml_of)
      .def("storage", [](const PythonPipeline& self) { return self.pipeline.storage; })
      .def("memory_sources",
           [](const PythonPipeline& self) {
             std::vector<std::string> names;
             for (const auto& [name, reader] : self.memory) names.push_back(name);
             return names;
           })
      .def(
          "memory_rows",
          [](const PythonPipeline& self, const std::string& name) {
            RunOptions options;
            options.memory_sources = self.memory;
            Table rows = collect_table(self.pipeline, name, options);
            return Rows{{rows.schema, rows.batches}, options.context.memory};
          },
          Unlocked())
      .def(
          "validate",
          [](const PythonPipeline& self, Work& work, const std::string& state) {
            return validate_pipeline(self.pipeline, options_of(self, work, state)).to_json();
          },
          Unlocked())
      .def(
          "explain",
          [](const PythonPipeline& self, Work& work) {
            Explanation explanation = explain_pipeline(self.pipeline, options_of(self, work, ""));
            return std::make_pair(explanation.logical, explanation.physical);
          },
          Unlocked())
      .def(
          "graph",
          [](const PythonPipeline& self, Work& work, const std::string& format) {
            return explain_graph(self.pipeline, graph_format_named(format), options_of(self, work, ""));
          },
          Unlocked())
      .def(
          "analyze",
          [](const PythonPipeline& self, Work& work) {
            RunOptions options = options_of(self, work, "");
            options.statistics = false;
            RunReport report = run_pipeline(self.pipeline, options);
            return analysis_text(report, floors_of(report, measure_machine_rates(report.thread_count)));
          },
          Unlocked())
      .def(
          "fit",
          [](const PythonPipeline& self, Work& work) {
            return PythonFitted{self, fit_pipeline(self.pipeline, options_of(self, work, ""))};
          },
          Unlocked())
      .def(
          "load",
          [](const PythonPipeline& self, const std::string& folder) {
            return PythonFitted{self, read_state(folder, *file_system_of(self.pipeline, RunOptions()))};
          },
          Unlocked())
      .def(
          "run",
          [](const PythonPipeline& self, Work& work, const std::string& state, bool statistics) {
            RunOptions options = options_of(self, work, state);
            options.statistics = statistics;
            RunReport report = run_pipeline(self.pipeline, options);
            return std::make_pair(report.to_json(), report.to_text());
          },
          Unlocked());

  module.def("report_page", [](const std::string& run) { return html_report(run, "run.json"); });
  module.def("report_summary", [](const std::string& run) { return html_summary(run); });
  module.def("report_statistics", [](const std::string& run) { return html_statistics(run); });
  module.def("report_contract", [](const std::string& run) { return html_contract(run); });

  nb::class_<PythonServer>(module, "Server")
      .def("serve", &PythonServer::serve, nb::sig("def serve(self, row: dict[str, object], /) -> dict[str, object]"))
      .def("inputs", [](const PythonServer& self) { return self.server.input()->names(); });

  nb::class_<PythonFitted>(module, "Fitted")
      .def(
          "serve",
          [](const PythonFitted& self, Work& work) {
            PreparedPipeline prepared(self.pipeline.pipeline, file_system_of(self.pipeline.pipeline, RunOptions()),
                                      work.run_options().context, self.pipeline.memory);
            const Pipeline& pipeline = self.pipeline.pipeline;
            return std::make_unique<PythonServer>(
                RowServer(pipeline, prepared.table(pipeline.feature_table)->schema, self.state));
          },
          Unlocked())
      .def("json", [](const PythonFitted& self) { return self.state.to_json(); })
      .def("digest", [](const PythonFitted& self) { return self.state.digest(); })
      .def("encode", [](const PythonFitted& self,
                        const LazyFrame& frame) { return encode_frame(frame, self.pipeline.pipeline, self.state); })
      .def(
          "describe",
          [](const PythonFitted& self, Work& work) {
            return describe_state(self.pipeline.pipeline, self.state, options_of(self.pipeline, work, ""));
          },
          Unlocked())
      .def(
          "save",
          [](const PythonFitted& self, const std::string& folder) {
            write_state(self.state, folder, *file_system_of(self.pipeline.pipeline, RunOptions()));
          },
          Unlocked());
}

}  // namespace headrace
