// headrace explain
#include <nlohmann/json.hpp>

#include "headrace/cli/options.h"

namespace headrace {

Command add_explain_command(CLI::App& program, SharedOptions& options) {
  CLI::App* app = program.add_subcommand("explain", "Show what a pipeline will do: its logical and its physical plan");
  add_pipeline_options(*app, options);
  app->footer(
      "Examples:\n"
      "  headrace explain pipeline.yaml\n"
      "  headrace explain pipeline.yaml --output json");
  return {app, [&options](std::shared_ptr<Cancellation> cancellation) {
            Pipeline pipeline = load_pipeline(options);
            Explanation plan = explain_pipeline(pipeline, make_run_options(options, std::move(cancellation)));
            nlohmann::ordered_json json = {{"logical", plan.logical}, {"physical", plan.physical}};
            print(options.json() ? json.dump(2) + "\n"
                                 : "logical plan\n" + plan.logical + "\nphysical plan\n" + plan.physical);
          }};
}

}  // namespace headrace
