// Opening CSV sources: options, headers, declared columns. See csv.h.
#include "headrace/io/csv/csv.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/io/csv/header.h"
#include "headrace/io/csv/reader.h"
#include "headrace/io/csv/writer.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/row_gate.h"

namespace headrace {
namespace {

/// A file named .tsv has tabs, unless the source says otherwise.
TextDialect dialect_of(const CsvOptions& options, const FileInfo& file) {
  TextDialect dialect{.delimiter = options.delimiter, .quote = options.quote};
  if (options.delimiter == CsvOptions().delimiter && file.path.ends_with(".tsv")) dialect.delimiter = '\t';
  auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  if (is_line_end(dialect.delimiter) || dialect.delimiter == '\0' || is_line_end(dialect.quote)) {
    throw Error(ErrorCode::kInvalidPipeline, "the delimiter or the quote of a CSV source is a line end or nothing",
                "use characters such as ',' ';' or '|' to delimit, and '\"' or \"'\" to quote");
  }
  if (dialect.delimiter == dialect.quote) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("delimiter and quote of a CSV source are both {}", excerpt(std::string(1, dialect.quote))),
                "use different characters");
  }
  return dialect;
}

void check_types(const std::vector<Field>& declared) {
  for (const Field& field : declared) {
    if (!field.type.is_nested() && field.type.kind() != TypeKind::kNull) continue;
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("column '{}' is declared as {}, which a CSV file cannot hold", field.name, field.type.to_string()),
        "declare a type of single values, or string");
  }
}

/// Where the columns of the schema stand in one file.
std::vector<std::size_t> map_columns(const Schema& schema, const CsvHeader& header, const FileInfo& file,
                                     bool has_header) {
  std::vector<std::size_t> columns;
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < header.names.size(); ++i) index.emplace(header.names[i], i);
  for (std::size_t i = 0; i < schema.size(); ++i) {
    auto found = index.find(schema[i].name);
    if (!has_header) {
      columns.push_back(i);
    } else if (found != index.end()) {
      columns.push_back(found->second);
    } else {
      throw Error(ErrorCode::kInvalidPipeline, fmt::format("'{}' has no column '{}'", file.path, schema[i].name),
                  name_hint(schema[i].name, header.names, "columns", 40));
    }
  }
  return columns;
}

/// Without declared columns all files must have the same ones; that none is missing, map_columns() has seen.
void check_no_more_columns(const Schema& schema, const CsvHeader& header, const FileInfo& first, const FileInfo& file) {
  if (header.names.size() == schema.size()) return;
  std::unordered_set<std::string_view> known;
  for (const Field& field : schema) known.insert(field.name);
  auto is_unknown = [&](const std::string& name) { return !known.contains(name); };
  auto unknown = std::find_if(header.names.begin(), header.names.end(), is_unknown);
  throw Error(ErrorCode::kBadData,
              fmt::format("'{}' has a column '{}', and '{}' has none", file.path, *unknown, first.path),
              "declare the columns to read, or read the files as different sources");
}

std::unique_ptr<SourceReader> open_csv(const SourceSpec& spec, std::vector<FileInfo> infos,
                                       const SourceContext& context) {
  HEADRACE_CHECK(!infos.empty());
  TextDialect dialect = dialect_of(spec.csv, infos.front());
  check_types(spec.declared);
  bool has_header = spec.csv.header;
  NullValues nulls(spec.csv.null_values);
  std::vector<ColumnRule> rules = rules_with_nullability(Schema(spec.declared), spec.rules);
  std::vector<Field> fields = spec.declared;
  std::vector<CsvHeader> headers;
  for (const FileInfo& info : infos) headers.push_back(read_header(info, has_header, dialect, context));
  bool is_inferred = fields.empty();
  if (is_inferred) {
    std::vector<Type> types = infer_types(infos.front(), headers.front(), nulls, dialect, context);
    for (std::size_t i = 0; i < types.size(); ++i)
      fields.push_back({.name = headers.front().names[i], .type = types[i]});
    if (fields.empty()) {
      throw Error(ErrorCode::kBadData, fmt::format("'{}' is empty: its columns cannot be inferred", infos.front().path),
                  "declare the source's columns, or leave the file out");
    }
  }
  Schema schema = schema_with_nullability(std::move(fields), rules);
  std::vector<CsvFile> files;
  SourceSplits splits;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    std::vector<std::size_t> file_columns = map_columns(schema, headers[i], infos[i], has_header);
    if (is_inferred && has_header) check_no_more_columns(schema, headers[i], infos.front(), infos[i]);
    splits.add(std::make_unique<FileSplits>(infos[i], headers[i].data_start, dialect, context));
    files.push_back({.column_count = has_header ? headers[i].names.size() : schema.size(),
                     .file_columns = std::move(file_columns)});
  }
  RuleCheck rule_check(schema, rules);
  std::unordered_map<std::string, std::size_t> columns;
  for (std::size_t i = 0; i < schema.size(); ++i) columns.emplace(schema[i].name, i);
  CsvTable table{.spec = spec,
                 .dialect = dialect,
                 .schema = std::move(schema),
                 .columns = std::move(columns),
                 .is_inferred = is_inferred,
                 .nulls = std::move(nulls),
                 .rules = std::move(rules),
                 .rule_check = std::move(rule_check)};
  return make_csv_reader(std::move(table), std::move(files), std::move(splits), context);
}

}  // namespace

const Format kCsvFormat = {
    .name = "csv",
    .extensions = {".csv", ".tsv"},
    .open = open_csv,
    .check_schema = &check_csv_schema,
    .create = &create_csv,
};

}  // namespace headrace
