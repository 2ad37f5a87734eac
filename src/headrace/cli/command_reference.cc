// headrace reference
#include "headrace/cli/options.h"

namespace headrace {

Command add_reference_command(CLI::App& program, SharedOptions&) {
  auto topic = std::make_shared<std::string>();
  CLI::App* app =
      program.add_subcommand("reference", "Print the reference of the pipeline file, functions or transforms");
  app->add_option("TOPIC", *topic, "pipeline, pipeline-schema (JSON Schema for editors), functions or transforms")
      ->required()
      ->check(CLI::IsMember({"pipeline", "pipeline-schema", "functions", "transforms"}));
  app->footer(
      "Examples:\n"
      "  headrace reference functions\n"
      "  headrace reference pipeline-schema > pipeline.schema.json");
  return {app, [topic](const std::shared_ptr<Cancellation>&) { print(reference_text(*topic)); }};
}

}  // namespace headrace
