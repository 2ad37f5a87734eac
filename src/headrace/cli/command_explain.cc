// headrace explain
#include <nlohmann/json.hpp>

#include "headrace/cli/options.h"

namespace headrace {

Command add_explain_command(CLI::App& program, SharedOptions& options) {
  CLI::App* app = program.add_subcommand("explain", "Show what a pipeline will do: its logical and its physical plan");
  add_pipeline_options(*app, options);
  auto analyze = std::make_shared<bool>(false);
  app->add_flag("--analyze", *analyze,
                "Run the pipeline, outputs and all, and show what each operator took, and how far the run is from what "
                "the machine could do at best");
  auto graph = std::make_shared<std::string>();
  app->add_option("--graph", *graph, "Print the plan that the engine runs as a graph: json, dot or mermaid");
  app->footer(
      "Examples:\n"
      "  headrace explain pipeline.yaml --graph dot | dot -Tsvg > plan.svg\n"
      "  headrace explain pipeline.yaml\n"
      "  headrace explain pipeline.yaml --output json\n"
      "  headrace explain pipeline.yaml --analyze --threads 2");
  return {app, [&options, analyze, graph](std::shared_ptr<Cancellation> cancellation) {
            Pipeline pipeline = load_pipeline(options);
            RunOptions run = make_run_options(options, std::move(cancellation));
            if (*analyze) {
              run.statistics = false;  // what is measured is the plan
              RunReport report = run_pipeline(pipeline, run);
              std::vector<Floor> floors = floors_of(report, measure_machine_rates(report.thread_count));
              return print(options.json() ? analysis_json(report, floors) : analysis_text(report, floors));
            }
            if (!graph->empty()) return print(explain_graph(pipeline, graph_format_named(*graph), run));
            Explanation plan = explain_pipeline(pipeline, run);
            nlohmann::ordered_json json = {{"logical", plan.logical}, {"physical", plan.physical}};
            print(options.json() ? json.dump(2) + "\n"
                                 : "logical plan\n" + plan.logical + "\nphysical plan\n" + plan.physical);
          }};
}

}  // namespace headrace
