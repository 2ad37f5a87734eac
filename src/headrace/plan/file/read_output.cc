// See read.h: the outputs.
#include <utility>

#include <fmt/format.h>

#include "headrace/base/path_scheme.h"
#include "headrace/base/units.h"
#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

constexpr std::pair<std::string_view, WriteMode> kWriteModeNames[] = {
    {"overwrite", WriteMode::kOverwrite},
    {"append", WriteMode::kAppend},
    {"overwrite_partitions", WriteMode::kOverwritePartitions},
};

std::int64_t read_count(const ReadFile& file, const ConfigNode& node, std::string_view key, std::int64_t fallback) {
  const ConfigNode* count = node.find(key);
  if (count == nullptr) return fallback;
  if (count->scalar.as_int() < 1) {
    file.fail(count->place, fmt::format("'{}' of an output is {}, expected at least 1", key, count->text),
              "remove the key for its default");
  }
  return count->scalar.as_int();
}

/// Refuses two keys that answer the same question.
void check_either(const ReadFile& file, const ConfigNode& node, std::string_view a, std::string_view b,
                  const char* hint) {
  if (node.find(a) == nullptr || node.find(b) == nullptr) return;
  file.fail(node.find(b)->place, fmt::format("an output has both '{}' and '{}'", a, b), hint);
}

ShardLayout read_layout(const ReadFile& file, const ConfigNode& node) {
  ShardLayout layout;
  layout.order.partition_by = read_strings(node, "partition_by");
  for (const std::string& column : read_strings(node, "sort_by")) {
    layout.order.sort_by.push_back(parse_sort_column(column));
  }
  if (const ConfigNode* shuffle = node.find("shuffle")) {
    if (shuffle->scalar.as_int() < 0) {
      file.fail(shuffle->place, fmt::format("'shuffle' of an output is {}, a seed is 0 or more", shuffle->text),
                "give any number, such as shuffle: 42");
    }
    layout.order.shuffle = static_cast<std::uint64_t>(shuffle->scalar.as_int());
  }
  check_either(file, node, "sort_by", "shuffle", "keep one: rows in the order of columns, or at random");
  layout.shards = read_count(file, node, "shards", layout.shards);
  if (const ConfigNode* size = node.find("shard_bytes")) {
    layout.shard_bytes = static_cast<std::int64_t>(parse_bytes(size->text).value_or(0));
    if (layout.shard_bytes < 1) {
      file.fail(size->place, fmt::format("'shard_bytes' of an output is '{}', expected a size", size->text),
                "for example: shard_bytes: 128MiB");
    }
  }
  layout.rows_per_shard = read_count(file, node, "rows_per_shard", layout.rows_per_shard);
  const char* hint = "keep one: the number of shards, the size of each, or the rows of each";
  check_either(file, node, "shards", "rows_per_shard", hint);
  check_either(file, node, "shards", "shard_bytes", hint);
  check_either(file, node, "shard_bytes", "rows_per_shard", hint);
  return layout;
}

}  // namespace

std::string_view write_mode_name(WriteMode mode) {
  for (const auto& [name, value] : kWriteModeNames) {
    if (value == mode) return name;
  }
  return {};
}

OutputSpec read_output(const ReadFile& file, const ConfigNode& node) {
  OutputSpec output;
  output.place = node.place;
  output.path = read_string(node, "path");
  if (output.path.empty()) file.fail(node.find("path")->place, "an output has an empty path", "give a folder");
  output.path = file.join_path(output.path, node.find("path")->place);
  if (is_whole_bucket(output.path)) {
    file.fail(node.find("path")->place, fmt::format("the output '{}' is a whole bucket", output.path),
              "give a folder in it, such as s3://bucket/rows");
  }
  output.format = read_string(node, "format");
  output.compression = read_string(node, "compression");
  output.petastorm = read_bool(node, "petastorm", output.petastorm);
  if (output.petastorm && output.format != "parquet") {
    file.fail(node.find("petastorm")->place,
              fmt::format("'petastorm' of an output of format '{}', Petastorm reads parquet", output.format),
              "remove the key, or write parquet");
  }
  if (const ConfigNode* images = node.find("images")) {
    if (!output.petastorm) {
      file.fail(images->place, "an output has 'images' without 'petastorm'", "add petastorm: true, or remove the key");
    }
    for (const ConfigEntry& image : images->entries) output.images[image.key] = image.value.text;
  }
  output.layout = read_layout(file, node);
  std::string mode = read_string(node, "mode");
  for (const auto& [name, value] : kWriteModeNames) {
    if (mode == name) output.mode = value;
  }
  output.row_group_rows = read_count(file, node, "row_group_rows", output.row_group_rows);
  output.index = read_bool(node, "index", false);
  return output;
}

}  // namespace headrace
