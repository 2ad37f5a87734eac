// headrace run
#include "headrace/cli/options.h"
#include "headrace/cli/spark_engine.h"

namespace headrace {

Command add_run_command(CLI::App& program, SharedOptions& options) {
  CLI::App* app = program.add_subcommand("run", "Run a pipeline and publish its data sets");
  add_pipeline_options(*app, options);
  add_engine_choice(*app, options);
  app->add_flag("--statistics,!--no-statistics", options.statistics,
                "Take statistics of the columns before and after encoding, for the report")
      ->default_str("on");
  app->footer(
      "Examples:\n"
      "  headrace run examples/flights/pipeline.yaml\n"
      "  headrace run pipeline.yaml --set date=2026-01-01 --threads 8 --memory 4GiB\n"
      "  headrace run pipeline.yaml --state out/state --output json\n"
      "  headrace run pipeline.yaml --engine spark --master spark://host:7077");
  return {app, [&options](std::shared_ptr<Cancellation> cancellation) {
            if (options.engine == "spark") become_spark("run", options);
            Pipeline pipeline = load_pipeline(options);
            RunReport report = run_pipeline(pipeline, make_run_options(options, std::move(cancellation)));
            print(options.json() ? report.to_json() : report.to_text());
          }};
}

}  // namespace headrace
