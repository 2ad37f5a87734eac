// See inspect.h.
#include "headrace/frame/inspect.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/base/units.h"
#include "headrace/frame/text_table.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/petastorm/metadata_file.h"

namespace headrace {
namespace {

/// Text sources are read only this far to show their first rows.
constexpr std::int64_t kTextBytesMax = std::int64_t{64} << 20;

void require_part(const Manifest& manifest, const std::string& part) {
  std::vector<std::string> names;
  for (const Part& candidate : manifest.parts) names.push_back(candidate.name);
  if (part.empty() || std::count(names.begin(), names.end(), part) > 0) return;
  throw Error(ErrorCode::kNotFound, fmt::format("the data set has no part '{}'", part),
              name_hint(part, names, "parts"));
}

/// Reads the first rows; counts all of them where that is cheap or the file is short.
void read_rows(const SourceReader& reader, std::int64_t first_rows, Inspection& inspection) {
  ScanRequest request{reader.schema().names(), {}};
  inspection.first_rows.schema = std::make_shared<const Schema>(reader.schema());
  std::optional<std::int64_t> known = reader.row_count();
  std::int64_t seen = 0;
  std::int64_t bytes = 0;
  bool complete = true;
  for (std::size_t split = 0; split < reader.split_count(); ++split) {
    bool has_enough = seen >= first_rows && (known || bytes > kTextBytesMax);
    if (has_enough) {
      complete = false;
      break;
    }
    std::unique_ptr<SplitStream> rows = reader.open_split(split, request);
    Batch batch;
    while (rows->next(batch)) {
      if (seen < first_rows) {
        inspection.first_rows.batches.push_back(batch.slice(0, std::min(first_rows - seen, batch.row_count)));
      }
      seen += batch.row_count;
      if (known && seen >= first_rows) break;
    }
    bytes += rows->counts().bytes_read;
  }
  inspection.row_count = known.value_or(seen);
  inspection.row_count_known = known.has_value() || complete;
}

/// Looks for what Petastorm knows of the files. That it cannot be read is part of what there is to see.
void look_for_unischema(const SourceReader& reader, const SourceContext& context, Inspection& inspection) {
  if (inspection.format != kParquetFormat.name || reader.files().empty()) return;
  try {
    inspection.unischema = find_unischema(reader.files().front().path, context);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData) throw;
    inspection.unischema_problem = error.message();
  }
}

std::string unischema_text(const Inspection& inspection) {
  if (!inspection.unischema_problem.empty()) return fmt::format("Unischema: {}\n", inspection.unischema_problem);
  if (!inspection.unischema) return {};
  std::string text = fmt::format("Unischema {}\n", inspection.unischema->name);
  for (const UnischemaField& field : inspection.unischema->fields) {
    text += fmt::format("  {:<24} {}\n", field.name, to_string(field));
  }
  return text;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (std::int64_t size : shape) text += (text.empty() ? "" : ", ") + fmt::format("{}", size);
  return "(" + text + ")";
}

}  // namespace

Inspection inspect_path(const std::string& path, const std::string& part, std::int64_t first_rows,
                        const std::shared_ptr<FileSystem>& fs) {
  Inspection inspection;
  inspection.path = path;
  inspection.manifest = read_manifest(*fs, path);
  SourceSpec spec;
  if (inspection.manifest) {
    require_part(*inspection.manifest, part);
    spec = data_set_source(*inspection.manifest, path, part);
    inspection.format = inspection.manifest->format;
  } else {
    spec.name = path;
    spec.paths = {path};
  }
  SourceContext context{fs, MemoryBudget::create()};
  std::unique_ptr<SourceReader> reader = open_source(spec, context);
  inspection.file_count = reader->files().size();
  for (const FileInfo& file : reader->files()) inspection.size_bytes += file.size_bytes;
  if (inspection.format.empty()) {
    const Format* format = reader->files().empty() ? nullptr : format_of_path(reader->files()[0].path);
    inspection.format = format == nullptr ? "" : std::string(format->name);
  }
  inspection.schema = reader->schema();
  look_for_unischema(*reader, context, inspection);
  read_rows(*reader, first_rows, inspection);
  if (inspection.manifest) {
    inspection.row_count = 0;
    for (const Part& candidate : inspection.manifest->parts) {
      if (part.empty() || candidate.name == part) inspection.row_count += candidate.row_count();
    }
    inspection.row_count_known = true;
  }
  return inspection;
}

std::vector<std::string> published_files(const std::string& path, const std::string& part,
                                         const std::shared_ptr<FileSystem>& fs) {
  SourceSpec source = data_set_source(require_manifest(*fs, path), path, part);
  std::vector<std::string> files = std::move(source.paths);
  for (const SourcePartition& partition : source.partitions) {
    files.insert(files.end(), partition.paths.begin(), partition.paths.end());
  }
  return files;
}

std::string Inspection::to_text() const {
  std::string text = fmt::format("{}: {}{}, {} file{}, {}\n", path, manifest ? "data set of " : "", format, file_count,
                                 file_count == 1 ? "" : "s", format_bytes(static_cast<std::size_t>(size_bytes)));
  text += fmt::format("{}{} rows\n", row_count_known ? "" : "more than ", format_count(row_count));
  if (manifest) {
    text +=
        fmt::format("published {} by run {}, rows {}\n", manifest->created_at, manifest->run_id, manifest->row_digest);
    if (!manifest->partition_by.empty()) {
      text += fmt::format("partitioned by {}\n", fmt::join(manifest->partition_by, ", "));
    }
    for (const Part& part : manifest->parts) {
      text +=
          fmt::format("part {}: {} rows in {} shards\n", part.name, format_count(part.row_count()), part.shards.size());
    }
    for (const DataSetColumn& column : manifest->columns) {
      text += fmt::format("  {:<24} {:<12} {:<28} shape {}{}{}\n", column.field.name, column.role,
                          column.field.type.to_string(), shape_text(column.shape),
                          column.id_count ? fmt::format(", {} ids", *column.id_count) : "",
                          column.field.nullable ? "" : ", not null");
    }
  } else {
    for (const Field& field : schema) {
      text += fmt::format("  {:<24} {}{}\n", field.name, field.type.to_string(), field.nullable ? "" : " not null");
    }
  }
  text += unischema_text(*this);
  std::int64_t shown = first_rows.row_count();
  if (shown > 0) text += fmt::format("\nfirst {} rows\n", shown) + text_table(first_rows, shown);
  return text;
}

std::string Inspection::to_json() const {
  using Json = nlohmann::ordered_json;
  Json json = {{"path", path},
               {"format", format},
               {"files", file_count},
               {"bytes", size_bytes},
               {"rows", row_count},
               {"rows_known", row_count_known},
               {"columns", Json::array()},
               {"first_rows", Json::array()}};
  for (const Field& field : schema) {
    json["columns"].push_back({{"name", field.name}, {"type", field.type.to_string()}, {"nullable", field.nullable}});
  }
  if (unischema) json["unischema"] = Json::parse(unischema->to_json());
  if (!unischema_problem.empty()) json["unischema_problem"] = unischema_problem;
  if (manifest) json["manifest"] = Json::parse(manifest->to_json());
  for (const Batch& batch : first_rows.batches) {
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      Json cells = Json::object();
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        cells[schema[i].name] = batch.columns[i].is_null(row) ? Json() : Json(display_cell(batch.columns[i], row));
      }
      json["first_rows"].push_back(cells);
    }
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace headrace
