// headrace validate
#include "headrace/cli/options.h"
#include "headrace/cli/spark_engine.h"

namespace headrace {

Command add_validate_command(CLI::App& program, SharedOptions& options) {
  CLI::App* app = program.add_subcommand("validate", "Check a pipeline without running it");
  add_pipeline_options(*app, options);
  add_engine_choice(*app, options);
  app->footer(
      "Checks paths, schemas, names, types, contract, features and outputs. Reads headers and footers, and\n"
      "the first MiB of a text source without a declared schema, whose inferred types are printed.\n"
      "With --engine spark it also tells what would run where.\n"
      "Examples:\n"
      "  headrace validate pipeline.yaml\n"
      "  headrace validate pipeline.yaml --state out/state --output json\n"
      "  headrace validate pipeline.yaml --engine spark");
  return {app, [&options](std::shared_ptr<Cancellation> cancellation) {
            if (options.engine == "spark") become_spark("validate", options);
            Pipeline pipeline = load_pipeline(options);
            Validation validation = validate_pipeline(pipeline, make_run_options(options, std::move(cancellation)));
            print(options.json() ? validation.to_json() : validation.to_text());
          }};
}

}  // namespace headrace
