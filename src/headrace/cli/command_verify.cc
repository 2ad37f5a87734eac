// headrace verify
#include "headrace/cli/options.h"

namespace headrace {

Command add_verify_command(CLI::App& program, SharedOptions& options) {
  auto path = std::make_shared<std::string>();
  CLI::App* app = program.add_subcommand("verify", "Prove that a data set is what its manifest says");
  app->add_option("PATH", *path, "A data set's folder")->required();
  add_engine_options(*app, options);
  app->footer(
      "Reads every byte and decodes every value: sizes, checksums, rows, and the digest of all rows. Ends with 1 when\n"
      "anything differs, and names each shard that does.\n"
      "Examples:\n"
      "  headrace verify out/parquet\n"
      "  headrace verify out/tfrecord --threads 8 --output json");
  return {app, [&options, path](std::shared_ptr<Cancellation> cancellation) {
            RunOptions run = make_run_options(options, std::move(cancellation));
            Verification verification = verify_data_set(*path, routed_file_system(), run.context);
            print(options.json() ? verification.to_json() : verification.to_text());
            if (verification.is_good()) return;
            throw Error(ErrorCode::kBadData, "the data set '" + *path + "' is damaged",
                        "write it again, or take the shards named above from a copy");
          }};
}

}  // namespace headrace
