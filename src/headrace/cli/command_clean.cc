// headrace clean
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/cli/options.h"

namespace headrace {

Command add_clean_command(CLI::App& program, SharedOptions& options) {
  struct CleanOptions {
    std::string path;
    bool only_looks = false;
    bool no_run_is_writing = false;
  };
  auto own = std::make_shared<CleanOptions>();
  CLI::App* app = program.add_subcommand("clean", "Remove what runs that died left in a data set's folder");
  app->add_option("PATH", own->path, "A data set's folder")->required();
  app->add_flag("--dry-run", own->only_looks, "Only print what would be removed");
  app->add_flag("--no-run-is-writing", own->no_run_is_writing,
                "With s3://, which has no locks: you have made sure that no run is writing to the folder");
  add_output_option(*app, options);
  app->footer(
      "Removes folders of runs that the manifest does not name, nothing else. A run that is still writing keeps\n"
      "its folder: then the command says so and removes nothing. The next run cleans up as well.\n"
      "A store (s3://) has no locks, so that a run that died looks like one that is writing: runs leave the folders\n"
      "of others there, and this command removes them with --no-run-is-writing.\n"
      "Examples:\n"
      "  headrace clean out/parquet --dry-run\n"
      "  headrace clean out/parquet\n"
      "  headrace clean s3://bucket/parquet --no-run-is-writing");
  return {app, [&options, own](const std::shared_ptr<Cancellation>&) {
            Cleaning cleaning = own->only_looks          ? Cleaning::kLook
                                : own->no_run_is_writing ? Cleaning::kWithoutLock
                                                         : Cleaning::kUnderLock;
            std::vector<std::string> removed = clean_data_set(*routed_file_system(), own->path, cleaning);
            if (options.json()) {
              nlohmann::ordered_json json = {{"status", "ok"}, {"dry_run", own->only_looks}, {"removed", removed}};
              print(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
              return;
            }
            std::string text;
            for (const std::string& path : removed) text += path + "\n";
            const char* verb = own->only_looks ? "would be removed" : "removed";
            print(text + fmt::format("{} {}\n", removed.empty() ? "nothing" : std::to_string(removed.size()), verb));
          }};
}

}  // namespace headrace
