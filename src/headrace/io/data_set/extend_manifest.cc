// See extend_manifest.h.
#include "headrace/io/data_set/extend_manifest.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "headrace/base/error.h"
#include "headrace/io/data_set/row_digest.h"
#include "headrace/io/data_set/run_folders.h"

namespace headrace {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& difference, const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("the rows cannot join the data set '{}': {}", path, difference),
              hint);
}

std::string type_text(const DataSetColumn& column) {
  std::string text = fmt::format("{} ({})", column.field.type.to_string(), column.role);
  if (column.id_count) text += fmt::format(" of {} ids", *column.id_count);
  return text;
}

bool same_column(const DataSetColumn& a, const DataSetColumn& b) {
  return a.field.type == b.field.type && a.role == b.role && a.shape == b.shape && a.id_count == b.id_count;
}

/// The values of the partitions in the order of the columns' types.
struct ByPartition {
  const std::vector<Type>& types;

  bool operator()(const Shard& a, const Shard& b) const {
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (a.partition[i] == b.partition[i]) continue;
      if (!a.partition[i] || !b.partition[i]) return !a.partition[i];
      Value left = partition_value(a.partition[i], types[i]);
      Value right = partition_value(b.partition[i], types[i]);
      if (left.data != right.data) return left.data < right.data;
    }
    return false;
  }
};

/// The wider of two bounds; of one that is not known nothing is known.
std::optional<Value> widest(const std::optional<Value>& a, const std::optional<Value>& b, bool takes_less) {
  if (!a || !b) return a ? a : b;
  return (a->data < b->data) == takes_less ? a : b;
}

void join_statistics(DataSetColumn& column, const DataSetColumn& old, bool is_whole) {
  if (old.field.nullable) column.field.nullable = true;
  bool knows_nulls = column.null_count && old.null_count;
  if (knows_nulls && (is_whole || *old.null_count == 0)) {
    *column.null_count += *old.null_count;
  } else {
    column.null_count.reset();
  }
  column.min = widest(column.min, old.min, true);
  column.max = widest(column.max, old.max, false);
}

/// Adds the shards of `old` that stay.
void join_parts(Manifest& joined, const Manifest& old, WriteMode mode) {
  std::set<PartitionValues> replaced;
  for (const Part& part : joined.parts) {
    for (const Shard& shard : part.shards) {
      if (mode == WriteMode::kOverwritePartitions) replaced.insert(shard.partition);
    }
  }
  std::vector<Type> types;
  for (const std::string& name : joined.partition_by) types.push_back(joined.column(name).field.type);
  for (const Part& old_part : old.parts) {
    auto part = std::ranges::find(joined.parts, old_part.name, &Part::name);
    if (part == joined.parts.end()) part = joined.parts.insert(part, {old_part.name, {}});
    std::vector<Shard> shards;
    std::ranges::copy_if(old_part.shards, std::back_inserter(shards),
                         [&](const Shard& shard) { return !replaced.contains(shard.partition); });
    part->shards.insert(part->shards.begin(), shards.begin(), shards.end());
  }
  for (Part& part : joined.parts) std::ranges::stable_sort(part.shards, ByPartition{types});
}

void join_sources(Manifest& joined, const Manifest& old) {
  std::set<std::string> runs;
  for (const Part& part : joined.parts) {
    for (const Shard& shard : part.shards) runs.insert(run_id_of(shard));
  }
  std::vector<SourceLineage> sources;
  for (SourceLineage source : old.sources) {
    if (source.run_id.empty()) source.run_id = old.run_id;
    if (runs.contains(source.run_id)) sources.push_back(std::move(source));
  }
  joined.sources.insert(joined.sources.begin(), sources.begin(), sources.end());
}

std::string digest_of(const Manifest& joined, const Manifest& old, const Manifest& added, WriteMode mode) {
  RowDigest digest;
  if (mode == WriteMode::kAppend) {
    digest.merge(RowDigest::from_string(old.row_digest));
    digest.merge(RowDigest::from_string(added.row_digest));
    return digest.to_string();
  }
  for (const Part& part : joined.parts) {
    for (const Shard& shard : part.shards) digest.merge(RowDigest::from_string(shard.row_digest));
  }
  return digest.to_string();
}

}  // namespace

void check_extends(const Manifest& old, const Manifest& added, const std::string& path) {
  const std::string overwrite = "write all of it again with mode overwrite, or write to another path";
  if (old.format != added.format) {
    refuse(path, fmt::format("it is {}, they are {}", old.format, added.format), "write the same format");
  }
  if (old.partition_by != added.partition_by) {
    refuse(path,
           fmt::format("it is partitioned by [{}], they are by [{}]", fmt::join(old.partition_by, ", "),
                       fmt::join(added.partition_by, ", ")),
           overwrite);
  }
  if (old.fitted_state_digest != added.fitted_state_digest) {
    refuse(path, "its features were fitted on other rows, so that equal numbers would mean different things",
           "run with the state that it was written with: headrace run … --state FOLDER");
  }
  for (std::size_t i = 0; i < std::max(old.columns.size(), added.columns.size()); ++i) {
    if (i >= old.columns.size())
      refuse(path, fmt::format("it has no column '{}'", added.columns[i].field.name), overwrite);
    const DataSetColumn& column = old.columns[i];
    if (i >= added.columns.size() || added.columns[i].field.name != column.field.name) {
      refuse(path,
             fmt::format("its column {} is '{}', theirs is {}", i + 1, column.field.name,
                         i < added.columns.size() ? fmt::format("'{}'", added.columns[i].field.name) : "missing"),
             overwrite);
    }
    if (same_column(column, added.columns[i])) continue;
    refuse(path,
           fmt::format("its column '{}' is {}, theirs is {}", column.field.name, type_text(column),
                       type_text(added.columns[i])),
           overwrite);
  }
  for (const Part& part : old.parts) {
    for (const Shard& shard : part.shards) {
      if (shard.row_digest.empty() && !old.partition_by.empty()) {
        refuse(path, fmt::format("its manifest has no row_digest of '{}'", shard.file), overwrite);
      }
    }
  }
}

Manifest extend_manifest(const Manifest& old, const Manifest& added, WriteMode mode) {
  HEADRACE_CHECK(mode != WriteMode::kOverwrite);
  Manifest joined = added;
  join_parts(joined, old, mode);
  join_sources(joined, old);
  joined.row_digest = digest_of(joined, old, added, mode);
  for (std::size_t i = 0; i < joined.columns.size(); ++i) {
    join_statistics(joined.columns[i], old.columns[i], mode == WriteMode::kAppend);
  }
  return joined;
}

}  // namespace headrace
