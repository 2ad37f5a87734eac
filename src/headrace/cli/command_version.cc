// headrace version
#include <fmt/format.h>

#include "headrace/cli/options.h"

namespace headrace {

Command add_version_command(CLI::App& program, SharedOptions& options) {
  CLI::App* app = program.add_subcommand("version", "Print the version");
  add_output_option(*app, options);
  app->footer("Examples:\n  headrace version\n  headrace version --output json");
  return {app, [&options](const std::shared_ptr<Cancellation>&) {
            print(options.json() ? fmt::format("{{\"version\": \"{}\"}}\n", kHeadraceVersion)
                                 : fmt::format("headrace {}\n", kHeadraceVersion));
          }};
}

}  // namespace headrace
