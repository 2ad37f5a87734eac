// See quarantine.h.
#include "headrace/frame/quarantine.h"

#include <algorithm>

#include "headrace/column/column_builder.h"
#include "headrace/frame/run.h"
#include "headrace/frame/version.h"
#include "headrace/io/data_set/row_digest.h"

namespace headrace {
namespace {

void append_row(std::vector<ColumnBuilder>& builders, const std::string& source, const BadRow& row) {
  builders[0].append_string(source);
  builders[1].append_string(row.file);
  builders[2].append(row.line);
  if (row.byte_offset < 0) {
    builders[3].append_null();
  } else {
    builders[3].append(row.byte_offset);
  }
  if (row.column.empty()) {
    builders[4].append_null();
  } else {
    builders[4].append_string(row.column);
  }
  builders[5].append_string(row.kind);
  builders[6].append_string(row.message);
  builders[7].append_string(row.text);
}

const ShardPlace kOnlyShard = {std::string(Part::kWhole), {}, 0, 1};

}  // namespace

const Schema& quarantine_schema() {
  // The raw text is binary: what was wrong with it may be that it is no text.
  static const Schema kSchema({{"source", TypeKind::kString, false},
                               {"file", TypeKind::kString, false},
                               {"line", TypeKind::kInt64, false},
                               {"byte_offset", TypeKind::kInt64, true},
                               {"column", TypeKind::kString, true},
                               {"kind", TypeKind::kString, false},
                               {"message", TypeKind::kString, false},
                               {"text", TypeKind::kBinary, false}});
  return kSchema;
}

std::unique_ptr<QuarantineWriter> write_quarantine(const Pipeline& pipeline,
                                                   const std::map<std::string, std::vector<BadRow>>& bad_rows,
                                                   const RunOptions& options, const RunReport& report) {
  bool quarantines = std::any_of(pipeline.sources.begin(), pipeline.sources.end(),
                                 [](const SourceSpec& source) { return source.on_error == OnError::kQuarantine; });
  if (!quarantines) return nullptr;
  MemoryBudget& memory = *options.context.memory;
  auto schema = std::make_shared<const Schema>(quarantine_schema());
  auto writer = std::make_unique<DataSetWriter>(options.fs, pipeline.quarantine_path, format_named("parquet"), *schema,
                                                DataSetOptions{}, report.run_id);
  std::unique_ptr<FileWriter> file = writer->shards().open_shard(kOnlyShard, memory);
  std::vector<ColumnBuilder> builders;
  for (const Field& field : *schema) builders.emplace_back(memory, field.type);
  RowDigest digest;
  auto flush = [&] {
    Batch batch{schema, {}, builders[0].length()};
    for (ColumnBuilder& builder : builders) batch.columns.push_back(builder.finish());
    if (batch.row_count == 0) return;
    digest.add(batch);
    file->write(batch);
  };
  for (const SourceSpec& source : pipeline.sources) {
    auto rows = bad_rows.find(source.name);
    if (rows == bad_rows.end()) continue;
    for (const BadRow& row : rows->second) {
      append_row(builders, source.name, row);
      if (builders[0].length() == kBatchRowsMax) flush();
    }
  }
  flush();

  Manifest manifest;
  manifest.name = pipeline.name + " quarantine";
  manifest.format = "parquet";
  for (const Field& field : *schema) manifest.columns.push_back({field, "pass_through", {}, {}});
  manifest.parts = {{kOnlyShard.part, {{writer->shards().shard_file(kOnlyShard), file->finish()}}}};
  manifest.row_digest = digest.to_string();
  manifest.run_id = report.run_id;
  manifest.created_at = report.started_at;
  manifest.headrace_version = kHeadraceVersion;
  return std::make_unique<QuarantineWriter>(std::move(writer), std::move(manifest));
}

}  // namespace headrace
