// headrace inspect
#include <nlohmann/json.hpp>

#include "headrace/cli/options.h"

namespace headrace {
namespace {

std::string files_text(const std::vector<std::string>& files, bool as_json) {
  if (as_json) return nlohmann::json(files).dump(2) + "\n";
  std::string text;
  for (const std::string& file : files) text += file + "\n";
  return text;
}

}  // namespace

Command add_inspect_command(CLI::App& program, SharedOptions& options) {
  struct InspectOptions {
    std::string path;
    std::string part;
    std::int64_t rows = 5;
    bool files = false;
  };
  auto own = std::make_shared<InspectOptions>();
  CLI::App* app = program.add_subcommand("inspect", "Show columns, rows and the first rows of a data set or a source");
  app->add_option("PATH", own->path, "A data set's folder, a file, a glob or a folder of files")->required();
  app->add_option("--part", own->part, "Only this part of a data set, such as train");
  app->add_option("--rows", own->rows, "How many rows to show")->check(CLI::Range(0, 100000))->capture_default_str();
  app->add_flag("--files", own->files, "Only the paths of a data set's published shards, one a line");
  add_output_option(*app, options);
  app->footer(
      "Examples:\n"
      "  headrace inspect out/parquet --part train\n"
      "  headrace inspect 'data/*.csv' --rows 20 --output json\n"
      "  headrace inspect out/parquet --part train --files");
  return {app, [&options, own](const std::shared_ptr<Cancellation>&) {
            if (own->files) {
              print(files_text(published_files(own->path, own->part, routed_file_system()), options.json()));
              return;
            }
            Inspection inspection = inspect_path(own->path, own->part, own->rows, routed_file_system());
            print(options.json() ? inspection.to_json() : inspection.to_text());
          }};
}

}  // namespace headrace
