// headrace report
#include "headrace/cli/options.h"

namespace headrace {

Command add_report_command(CLI::App& program, SharedOptions&) {
  struct ReportOptions {
    std::string run;
    std::string out;
  };
  auto own = std::make_shared<ReportOptions>();
  CLI::App* app =
      program.add_subcommand("report", "Make a page of a run's report: one HTML file that needs no network");
  app->add_option("RUN", own->run, "A run.json, or the folder that it lies in")->required();
  app->add_option("-o,--out", own->out, "The file to write; default: run.html beside the run.json")->type_name("FILE");
  app->footer(
      "Examples:\n"
      "  headrace report out\n"
      "  headrace report out/run.json -o flights.html");
  return {app, [own](const std::shared_ptr<Cancellation>&) {
            print(write_html_report(own->run, own->out, *routed_file_system()) + "\n");
          }};
}

}  // namespace headrace
