// The manifest of a data set as JSON. See data_set.h and docs/formats/manifest.md.
//
// Reading trusts nothing: a manifest may come from anywhere, and its names become paths. Every key is checked, unknown
// ones are refused, and each error says where in the document it is.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/portable_name.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/strict_json.h"

namespace headrace {
namespace {

using Json = StrictJson;
using Object = StrictJsonObject;

constexpr int kDepthMax = 8;
constexpr const char* kVersionKey = "headrace_manifest";
const std::vector<std::string> kRoles = {"feature", "label", "weight", "key", "time", "pass_through"};

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_digest(std::string_view text, std::string_view prefix, std::size_t digits) {
  return text.size() == prefix.size() + digits && text.starts_with(prefix) && is_hex(text.substr(prefix.size()));
}

/// The name of a partition's folder, as this program writes it: nothing in it means anything to a file system.
bool is_partition_folder(std::string_view name) {
  std::optional<NamedPartition> partition = parse_partition_folder(name);
  return partition && partition_folder(partition->column, partition->text) == name;
}

bool is_safe_file(std::string_view file) {
  if (file.size() > kPortableNameBytesMax) return false;
  while (true) {
    std::size_t slash = file.find('/');
    std::string_view name = file.substr(0, slash);
    if (!is_portable_name(name) && !is_partition_folder(name)) return false;
    if (slash == std::string_view::npos) return true;
    file.remove_prefix(slash + 1);
  }
}

std::string read_digest(const Object& object, const char* key, std::string_view prefix, std::size_t digits) {
  std::string value = object.text(key);
  if (!value.empty() && !is_digest(value, prefix, digits)) {
    object.refuse(key, fmt::format("{} is no digest '{}' with {} hex digits", excerpt(value), prefix, digits));
  }
  return value;
}

/// A number; an infinite one is a text.
Value read_bound(const Object& object, const char* key) {
  const Json& value = object.at(key);
  bool is_int = value.is_number_unsigned() ? value.get<std::uint64_t>() <= INT64_MAX : value.is_number_integer();
  if (is_int) return Value::int64(value.get<std::int64_t>());
  if (value.is_number_float()) return Value::float64(value.get<double>());
  if (value == "inf") return Value::float64(std::numeric_limits<double>::infinity());
  if (value == "-inf") return Value::float64(-std::numeric_limits<double>::infinity());
  object.refuse(key, "a number is wanted, or 'inf' or '-inf'");
}

SourceLineage read_source(const Json& json, const std::string& where) {
  Object object(json, where, {"name", "files", "bytes", "digest", "run_id"});
  return {object.text("name"), object.count("files"), object.count("bytes"), read_digest(object, "digest", "xxh3:", 16),
          object.has("run_id") ? object.text("run_id") : ""};
}

DataSetColumn read_column(const Json& json, const std::string& where) {
  Object object(json, where, {"name", "type", "nullable", "role", "shape", "id_count", "nulls", "min", "max"});
  DataSetColumn column;
  column.field.name = object.text("name");
  if (column.field.name.empty()) object.refuse("name", "it is empty");
  std::string type_text = object.text("type");
  std::optional<Type> type = Type::parse(type_text);
  if (!type || type->kind() == TypeKind::kNull) object.refuse("type", fmt::format("{} is no type", excerpt(type_text)));
  column.field.type = *type;
  column.field.nullable = object.flag("nullable");
  column.role = object.text("role");
  if (std::find(kRoles.begin(), kRoles.end(), column.role) == kRoles.end()) {
    object.refuse("role", fmt::format("{} is no role", excerpt(column.role)));
  }
  for (const Json& size : object.list("shape")) {
    bool fits = size.is_number_integer() && size.get<std::int64_t>() >= -1 && size.get<std::int64_t>() <= INT32_MAX;
    if (!fits) object.refuse("shape", "sizes, or -1 for any size, are wanted");
    column.shape.push_back(size.get<std::int64_t>());
  }
  if (object.has("id_count")) column.id_count = object.count("id_count");
  if (object.has("nulls")) column.null_count = object.count("nulls");
  if (object.has("min")) column.min = read_bound(object, "min");
  if (object.has("max")) column.max = read_bound(object, "max");
  return column;
}

/// A value for each partition column, and each a text of its type.
PartitionValues read_partition(const Object& shard, const std::string& where, const Manifest& manifest) {
  PartitionValues values;
  Object object(shard.at("partition"), where + ".partition");
  for (const std::string& column : manifest.partition_by) {
    const Json& value = object.at(column.c_str());
    values.push_back(value.is_null() ? std::nullopt : std::optional(object.text(column.c_str())));
    try {
      partition_value(values.back(), manifest.column(column).field.type);
    } catch (const Error& error) {
      object.refuse(column, error.message());
    }
  }
  if (object.size() != values.size()) shard.refuse("partition", "it has other columns than partition_by");
  return values;
}

Shard read_shard(const Json& json, const std::string& where, const Manifest& manifest, std::set<std::string>& files) {
  Object object(json, where, {"file", "rows", "bytes", "checksum", "partition", "row_digest"});
  Shard shard;
  shard.file = object.text("file");
  if (!is_safe_file(shard.file)) {
    object.refuse("file", fmt::format("{} is no name of a file below the data set's folder", excerpt(shard.file)));
  }
  if (!files.insert(shard.file).second) object.refuse("file", fmt::format("{} is named twice", excerpt(shard.file)));
  shard.summary.row_count = object.count("rows");
  shard.summary.size_bytes = object.count("bytes");
  shard.summary.checksum = read_digest(object, "checksum", "xxh3:", 16);
  if (!manifest.partition_by.empty()) shard.partition = read_partition(object, where, manifest);
  if (object.has("row_digest")) shard.row_digest = read_digest(object, "row_digest", "xxh3sum:", 32);
  return shard;
}

Part read_part(const Json& json, const std::string& where, const Manifest& manifest, std::set<std::string>& files,
               std::int64_t& total_rows) {
  Object object(json, where, {"name", "rows", "shards"});
  Part part;
  part.name = object.text("name");
  if (!is_portable_name(part.name)) object.refuse("name", fmt::format("{} is no name of a part", excerpt(part.name)));
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < object.list("shards").size(); ++i) {
    part.shards.push_back(
        read_shard(object.list("shards")[i], fmt::format("{}.shards[{}]", where, i), manifest, files));
    std::int64_t shard_rows = part.shards.back().summary.row_count;
    bool overflows =
        __builtin_add_overflow(rows, shard_rows, &rows) || __builtin_add_overflow(total_rows, shard_rows, &total_rows);
    if (overflows) object.refuse("shards", "the rows of the shards add up to more than a data set can hold");
  }
  if (rows != object.count("rows")) {
    object.refuse("rows", fmt::format("{} are said, the shards have {}", object.count("rows"), rows));
  }
  return part;
}

std::vector<std::string> read_partition_by(const Object& object, const Manifest& manifest) {
  std::vector<std::string> names;
  for (const Json& name : object.list("partition_by")) {
    auto column = std::ranges::find_if(manifest.columns,
                                       [&](const DataSetColumn& candidate) { return name == candidate.field.name; });
    if (column == manifest.columns.end()) object.refuse("partition_by", "it names what is no column");
    if (!can_partition_by(column->field.type)) {
      object.refuse("partition_by", fmt::format("{} is no type to partition by", column->field.type.to_string()));
    }
    if (std::ranges::find(names, column->field.name) != names.end()) {
      object.refuse("partition_by", fmt::format("{} is named twice", excerpt(column->field.name)));
    }
    names.push_back(column->field.name);
  }
  return names;
}

Manifest read(std::string_view text) {
  Json json = parse_strict_json(text, kDepthMax);
  // The version comes first, so that a manifest of a later one is refused for that and not for a key.
  if (!json.is_object() || !json.contains(kVersionKey)) {
    throw Error(ErrorCode::kBadData, fmt::format("it is no manifest: the key '{}' is missing", kVersionKey));
  }
  const Json& version = json[kVersionKey];
  if (!version.is_number_integer() || version.get<std::int64_t>() != Manifest::kVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("it is of version {}, this Headrace reads version {}", version.dump(), Manifest::kVersion),
                "use a later version of Headrace");
  }
  Object object(json, "",
                {kVersionKey, "name", "format", "columns", "partition_by", "parts", "row_digest", "fitted_state_digest",
                 "sources", "run_id", "created_at", "headrace_version"});
  Manifest manifest;
  manifest.name = object.text("name");
  manifest.format = object.text("format");
  bool is_known = std::any_of(all_formats().begin(), all_formats().end(),
                              [&](const Format* format) { return format->name == manifest.format; });
  if (!is_known) object.refuse("format", fmt::format("{} is no format", excerpt(manifest.format)));
  std::set<std::string> names;
  for (std::size_t i = 0; i < object.list("columns").size(); ++i) {
    manifest.columns.push_back(read_column(object.list("columns")[i], fmt::format("columns[{}]", i)));
    if (!names.insert(manifest.columns.back().field.name).second) {
      object.refuse("columns", fmt::format("{} is named twice", excerpt(manifest.columns.back().field.name)));
    }
  }
  if (object.has("partition_by")) manifest.partition_by = read_partition_by(object, manifest);
  std::set<std::string> files;
  std::set<std::string> parts;
  std::int64_t total_rows = 0;
  for (std::size_t i = 0; i < object.list("parts").size(); ++i) {
    manifest.parts.push_back(
        read_part(object.list("parts")[i], fmt::format("parts[{}]", i), manifest, files, total_rows));
    if (!parts.insert(manifest.parts.back().name).second) {
      object.refuse("parts", fmt::format("{} is named twice", excerpt(manifest.parts.back().name)));
    }
  }
  manifest.row_digest = read_digest(object, "row_digest", "xxh3sum:", 32);
  manifest.fitted_state_digest = object.text("fitted_state_digest");
  for (std::size_t i = 0; object.has("sources") && i < object.list("sources").size(); ++i) {
    manifest.sources.push_back(read_source(object.list("sources")[i], fmt::format("sources[{}]", i)));
  }
  manifest.run_id = object.text("run_id");
  if (!is_portable_name(manifest.run_id))
    object.refuse("run_id", fmt::format("{} is no run id", excerpt(manifest.run_id)));
  manifest.created_at = object.text("created_at");
  manifest.headrace_version = object.text("headrace_version");
  return manifest;
}

Json bound_json(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return *number;
  double number = value.as_double();
  return std::isfinite(number) ? Json(number) : Json(number > 0 ? "inf" : "-inf");
}

Json column_json(const DataSetColumn& column) {
  std::string type = column.field.type.to_string();
  if (Type::parse(type) != column.field.type) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the type of column '{}' has no text that reads back: {}", column.field.name, type),
                "rename the fields of its struct to letters, digits and '_', and let them be nullable");
  }
  Json json = {{"name", column.field.name},
               {"type", std::move(type)},
               {"nullable", column.field.nullable},
               {"role", column.role},
               {"shape", column.shape}};
  if (column.id_count) json["id_count"] = *column.id_count;
  if (column.null_count) json["nulls"] = *column.null_count;
  if (column.min) json["min"] = bound_json(*column.min);
  if (column.max) json["max"] = bound_json(*column.max);
  return json;
}

Json shard_json(const Shard& shard, const std::vector<std::string>& partition_by) {
  Json json = {{"file", shard.file},
               {"rows", shard.summary.row_count},
               {"bytes", shard.summary.size_bytes},
               {"checksum", shard.summary.checksum}};
  if (!partition_by.empty()) {
    HEADRACE_CHECK(shard.partition.size() == partition_by.size());
    Json partition = Json::object();
    for (std::size_t i = 0; i < partition_by.size(); ++i) {
      partition[partition_by[i]] = shard.partition[i] ? Json(*shard.partition[i]) : Json();
    }
    json["partition"] = std::move(partition);
  }
  if (!shard.row_digest.empty()) json["row_digest"] = shard.row_digest;
  return json;
}

Json part_json(const Part& part, const std::vector<std::string>& partition_by) {
  Json shards = Json::array();
  for (const Shard& shard : part.shards) shards.push_back(shard_json(shard, partition_by));
  return {{"name", part.name}, {"rows", part.row_count()}, {"shards", std::move(shards)}};
}

Json source_json(const SourceLineage& source) {
  Json json = {
      {"name", source.name}, {"files", source.file_count}, {"bytes", source.size_bytes}, {"digest", source.digest}};
  if (!source.run_id.empty()) json["run_id"] = source.run_id;
  return json;
}

}  // namespace

std::int64_t Part::row_count() const {
  std::int64_t total = 0;
  for (const Shard& shard : shards) total += shard.summary.row_count;
  return total;
}

std::int64_t Part::size_bytes() const {
  std::int64_t total = 0;
  for (const Shard& shard : shards) total += shard.summary.size_bytes;
  return total;
}

std::int64_t Manifest::row_count() const {
  std::int64_t total = 0;
  for (const Part& part : parts) total += part.row_count();
  return total;
}

std::int64_t Manifest::size_bytes() const {
  std::int64_t total = 0;
  for (const Part& part : parts) total += part.size_bytes();
  return total;
}

const DataSetColumn& Manifest::column(std::string_view wanted) const {
  auto found = std::ranges::find_if(columns, [&](const DataSetColumn& column) { return column.field.name == wanted; });
  HEADRACE_CHECK(found != columns.end());
  return *found;
}

std::string Manifest::to_json() const {
  Json columns_json = Json::array();
  for (const DataSetColumn& column : columns) columns_json.push_back(column_json(column));
  Json parts_json = Json::array();
  for (const Part& part : parts) parts_json.push_back(part_json(part, partition_by));
  Json sources_json = Json::array();
  for (const SourceLineage& source : sources) sources_json.push_back(source_json(source));
  Json json = {{kVersionKey, kVersion}, {"name", name}, {"format", format}, {"columns", std::move(columns_json)}};
  if (!partition_by.empty()) json["partition_by"] = partition_by;
  json["parts"] = std::move(parts_json);
  json["row_digest"] = row_digest;
  json["fitted_state_digest"] = fitted_state_digest;
  json["sources"] = std::move(sources_json);
  json["run_id"] = run_id;
  json["created_at"] = created_at;
  json["headrace_version"] = headrace_version;
  return json.dump(2) + "\n";
}

Manifest Manifest::from_json(std::string_view text, const std::string& path) {
  try {
    return read(text);
  } catch (const Error& error) {
    std::string hint = error.hint().empty() ? "the file was damaged or not written by Headrace" : error.hint();
    throw Error(error.code(), fmt::format("cannot read the manifest '{}': {}", path, error.message()), hint);
  }
}

}  // namespace headrace
