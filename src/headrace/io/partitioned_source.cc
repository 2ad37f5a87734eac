// See partitioned_source.h. Each partition is a source of its own; their splits follow one another.
#include "headrace/io/partitioned_source.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/bound_check.h"
#include "headrace/io/counted_split.h"
#include "headrace/io/data_set/partition_values.h"
#include "headrace/io/reduced_split.h"

namespace headrace {
namespace {

/// Whether rows with this value can pass the bound.
bool can_pass(const Value& value, const ScanBound& bound) {
  if (value.is_null()) return false;
  if (bound.op == ScanBound::Op::kIsNotNull || !is_comparable(bound.value, value.type)) return true;
  return !is_outside(value, value, bound);
}

/// The rows of a split with constants among their columns.
class SplitWithConstants final : public SplitStream {
 public:
  /// A constant for each column of `schema`, or nullptr for the next one of the files' columns.
  SplitWithConstants(std::unique_ptr<SplitStream> rows, std::shared_ptr<const Schema> schema,
                     std::vector<const Value*> constants, std::shared_ptr<MemoryBudget> memory)
      : rows_(std::move(rows)),
        schema_(std::move(schema)),
        constants_(std::move(constants)),
        memory_(std::move(memory)) {}

  bool next(Batch& batch) override {
    Batch from_file;
    if (!rows_->next(from_file)) return false;
    batch = {schema_, {}, from_file.row_count};
    std::size_t next_column = 0;
    for (const Value* constant : constants_) {
      batch.columns.push_back(constant == nullptr ? std::move(from_file.columns[next_column++])
                                                  : constant_column(*memory_, *constant, batch.row_count));
    }
    return true;
  }
  const ScanCounts& counts() const override { return rows_->counts(); }
  std::vector<BadRow>& bad_rows() override { return rows_->bad_rows(); }

 private:
  std::unique_ptr<SplitStream> rows_;
  std::shared_ptr<const Schema> schema_;
  std::vector<const Value*> constants_;
  std::shared_ptr<MemoryBudget> memory_;
};

class PartitionedSource final : public SourceReader {
 public:
  PartitionedSource(const SourceSpec& spec, const SourceContext& context) : memory_(context.memory) {
    SourceSpec files = spec;
    files.partition_columns.clear();
    files.partitions.clear();
    std::erase_if(files.declared, [&](const Field& field) { return find(spec, field.name) != nullptr; });
    for (const SourcePartition& partition : spec.partitions) {
      files.paths = partition.paths;
      Member member;
      for (std::size_t i = 0; i < partition.values.size(); ++i) {
        member.values.emplace(spec.partition_columns[i].name,
                              partition_value(partition.values[i], spec.partition_columns[i].type));
      }
      member.reader = open_source(files, context);
      add(std::move(member));
    }
    make_schema(spec);
  }

  const Schema& schema() const override { return schema_; }
  std::size_t split_count() const override { return members_.empty() ? 0 : members_.back().split_end; }
  bool reads_by_column() const override {
    return std::ranges::all_of(members_, [](const Member& member) { return member.reader->reads_by_column(); });
  }
  const std::vector<FileInfo>& files() const override { return files_; }
  std::optional<std::int64_t> row_count() const override {
    std::int64_t total = 0;
    for (const Member& member : members_) {
      std::optional<std::int64_t> rows = member.reader->row_count();
      if (!rows) return std::nullopt;
      total += *rows;
    }
    return total;
  }
  std::optional<std::int64_t> split_row_count(std::size_t split_index) const override {
    const Member& member = member_of(split_index);
    return member.reader->split_row_count(split_index - first_split(member));
  }

  std::vector<FileRange> ranges_of(std::size_t split_index, const std::vector<std::string>& columns) const override {
    const Member& member = member_of(split_index);
    return member.reader->ranges_of(split_index - first_split(member), columns);
  }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, memory_);
    const Member& member = member_of(split_index);
    ScanRequest inner = request;
    inner.columns.clear();
    inner.bounds.clear();
    for (const ScanBound& bound : request.bounds) {
      auto constant = member.values.find(bound.column);
      if (constant == member.values.end()) {
        inner.bounds.push_back(bound);
      } else if (!can_pass(constant->second, bound)) {
        return std::make_unique<CountedSplit>(0, /*is_skipped=*/true);
      }
    }
    std::vector<Field> fields;
    std::vector<const Value*> constants;
    for (const std::string& name : request.columns) {
      fields.push_back(schema_[schema_.index_of(name)]);
      auto constant = member.values.find(name);
      constants.push_back(constant == member.values.end() ? nullptr : &constant->second);
      if (constants.back() == nullptr) inner.columns.push_back(name);
    }
    return std::make_unique<SplitWithConstants>(member.reader->open_split(split_index - first_split(member), inner),
                                                std::make_shared<const Schema>(Schema(std::move(fields))),
                                                std::move(constants), memory_);
  }

 private:
  struct Member {
    std::map<std::string, Value, std::less<>> values;
    std::unique_ptr<SourceReader> reader;
    std::size_t split_end = 0;  // behind its last split, of those of all
  };

  const Member& member_of(std::size_t split_index) const {
    return *std::ranges::upper_bound(members_, split_index, {}, &Member::split_end);
  }
  static std::size_t first_split(const Member& member) { return member.split_end - member.reader->split_count(); }

  static const Field* find(const SourceSpec& spec, const std::string& name) {
    auto found = std::ranges::find(spec.partition_columns, name, &Field::name);
    return found == spec.partition_columns.end() ? nullptr : &*found;
  }

  void add(Member member) {
    member.split_end = split_count() + member.reader->split_count();
    const std::vector<FileInfo>& files = member.reader->files();
    files_.insert(files_.end(), files.begin(), files.end());
    if (!members_.empty()) check_same_columns(members_.front(), member);
    members_.push_back(std::move(member));
  }

  static void check_same_columns(const Member& first, const Member& other) {
    if (first.reader->schema() == other.reader->schema()) return;
    throw Error(ErrorCode::kBadData,
                fmt::format("the files of one source have different columns: '{}' and '{}'",
                            first.reader->files().front().path, other.reader->files().front().path),
                "declare the columns of the source, or make a source for each");
  }

  void make_schema(const SourceSpec& spec) {
    std::vector<Field> fields = spec.declared;
    if (fields.empty() && !members_.empty()) {
      for (const Field& field : members_.front().reader->schema()) fields.push_back(field);
    }
    for (const Field& field : spec.partition_columns) {
      bool is_there = std::ranges::find(fields, field.name, &Field::name) != fields.end();
      if (is_there && spec.declared.empty()) {
        throw Error(ErrorCode::kBadData,
                    fmt::format("the partition column '{}' is in the files, too: '{}'", field.name, files_[0].path),
                    "leave it out of partition_columns, and the files' own values are taken");
      }
      if (!is_there) fields.push_back(field);
    }
    schema_ = Schema(std::move(fields));
  }

  std::shared_ptr<MemoryBudget> memory_;
  std::vector<Member> members_;
  std::vector<FileInfo> files_;
  Schema schema_;
};

/// The values of the partition columns that the folders of a file are named for.
PartitionValues values_of(const std::string& path, const std::vector<Field>& columns) {
  PartitionValues values(columns.size());
  std::vector<bool> is_found(columns.size());
  std::string_view rest = path;
  for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    std::optional<NamedPartition> partition = parse_partition_folder(rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
    if (!partition) continue;
    auto column = std::ranges::find(columns, partition->column, &Field::name);
    if (column == columns.end()) continue;
    std::size_t index = static_cast<std::size_t>(column - columns.begin());
    values[index] = partition->text;
    is_found[index] = true;
  }
  auto missing = std::ranges::find(is_found, false);
  if (missing == is_found.end()) return values;
  const std::string& name = columns[static_cast<std::size_t>(missing - is_found.begin())].name;
  throw Error(ErrorCode::kBadData, fmt::format("no folder of '{}' is named for the partition column '{}'", path, name),
              fmt::format("partitioned files lie in folders such as {}", partition_folder(name, "…")));
}

}  // namespace

std::vector<SourcePartition> part_files(const std::vector<FileInfo>& files, const std::vector<Field>& columns) {
  std::map<PartitionValues, std::size_t> places;
  std::vector<SourcePartition> partitions;
  for (const FileInfo& file : files) {
    PartitionValues values = values_of(file.path, columns);
    auto [place, is_new] = places.try_emplace(values, partitions.size());
    if (is_new) partitions.push_back({std::move(values), {}});
    partitions[place->second].paths.push_back(file.path);
  }
  return partitions;
}

std::unique_ptr<SourceReader> open_partitions(const SourceSpec& spec, const SourceContext& context) {
  return std::make_unique<PartitionedSource>(spec, context);
}

}  // namespace headrace
