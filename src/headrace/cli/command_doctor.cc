// headrace doctor
#include "headrace/cli/options.h"

namespace headrace {

Command add_doctor_command(CLI::App& program, SharedOptions& options) {
  CLI::App* app = program.add_subcommand("doctor", "Show versions, the machine, and what would keep runs from working");
  add_spill_dir_option(*app, options);
  add_output_option(*app, options);
  app->footer(
      "Ends with 1 when data could not be spilled. As `python -m headrace doctor`, or as the script that pip "
      "installs,\n"
      "it also lists the packages that the Python package can use, and the command for those that are missing.\n"
      "Examples:\n"
      "  headrace doctor\n"
      "  headrace doctor --spill-dir /mnt/scratch\n"
      "  headrace doctor --output json");
  return {app, [&options](const std::shared_ptr<Cancellation>&) {
            Diagnosis found = diagnose(options.spill_dir.empty() ? default_scratch_folder() : options.spill_dir);
            print(options.json() ? found.to_json() : found.to_text());
            if (found.is_good()) return;
            throw Error(ErrorCode::kIo, "nothing can be written to the spill folder '" + found.spill_folder + "'",
                        "give one by --spill-dir or by the environment variable TMPDIR");
          }};
}

}  // namespace headrace
