// headrace convert
#include "headrace/cli/options.h"

namespace headrace {

Command add_convert_command(CLI::App& program, SharedOptions& options) {
  struct Own {
    std::string source;
    std::string target;
    std::string on_error = "fail";
    std::string shard_bytes;
    std::vector<std::string> sort_by;
    ConvertOptions convert;
  };
  auto own = std::make_shared<Own>();
  CLI::App* app = program.add_subcommand("convert", "Write a data set or source again, in another format");
  app->add_option("SOURCE", own->source, "A data set's folder, a file, a glob or a folder of files")->required();
  app->add_option("TARGET", own->target, "The folder of the new data set")->required();
  app->add_option("--format", own->convert.format, "The format of the new data set")->required();
  app->add_option("--compression", own->convert.writer.compression, "The format's own names; default: the format's");
  app->add_option("--part", own->convert.part, "Only this part of a data set, such as train");
  app->add_option("--rows", own->convert.rows, "Only the first so many rows of each part")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--shards", own->convert.layout.shards,
                  "Shards per part, of the same number of rows give or take one")
      ->check(CLI::Range(1, 99999));
  app->add_option("--shard-bytes", own->shard_bytes, "About the size of a shard, such as 128MiB")->excludes("--shards");
  app->add_option("--rows-per-shard", own->convert.layout.rows_per_shard,
                  "The most rows in a shard, where neither --shards nor --shard-bytes is given")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--shuffle", own->convert.layout.order.shuffle,
                  "Put all rows of each part in a random order, of this seed")
      ->type_name("SEED");
  app->add_option("--sort-by", own->sort_by, "Sort the rows of each part by these columns: user,time desc")
      ->delimiter(',')
      ->excludes("--shuffle");
  app->add_option("--partition-by", own->convert.layout.order.partition_by,
                  "A folder for each value of these columns, as in Hive: day=2013-01-01")
      ->delimiter(',');
  app->add_option("--row-group-rows", own->convert.writer.row_group_rows, "With parquet: the most rows of a row group")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_flag("--petastorm", own->convert.writer.petastorm, "With parquet: that Petastorm reads it");
  app->add_flag("--index", own->convert.writer.index,
                "With tfrecord: also an index of each shard, which makes it splittable");
  app->add_option("--on-error", own->on_error, "Rows that cannot be read: fail, drop, or null for the value")
      ->check(CLI::IsMember({"fail", "drop", "null"}))
      ->capture_default_str();
  add_engine_options(*app, options);
  app->footer(
      "Parts, order of the rows (but for --shuffle and --sort-by), types and roles of the columns stay. The rows of a\n"
      "data set are proved by the digest in its manifest before anything is published, unless --rows leaves some out.\n"
      "Examples:\n"
      "  headrace convert out/parquet out/tfrecord --format tfrecord --compression gzip\n"
      "  headrace convert 'raw/*.csv' raw-parquet --format parquet --shards 8 --memory 1GiB");
  return {app, [&options, own](std::shared_ptr<Cancellation> cancellation) {
            RunOptions run = make_run_options(options, std::move(cancellation));
            own->convert.context = run.context;
            if (!own->shard_bytes.empty()) {
              own->convert.layout.shard_bytes =
                  static_cast<std::int64_t>(size_of("--shard-bytes", own->shard_bytes, "128MiB"));
            }
            for (const std::string& column : own->sort_by) {
              own->convert.layout.order.sort_by.push_back(parse_sort_column(column));
            }
            own->convert.on_error = own->on_error == "drop"   ? OnError::kDrop
                                    : own->on_error == "null" ? OnError::kNull
                                                              : OnError::kFail;
            Conversion conversion = convert(own->source, own->target, own->convert);
            print(options.json() ? conversion.to_json() : conversion.to_text());
          }};
}

}  // namespace headrace
