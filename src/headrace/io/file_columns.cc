// See file_columns.h.
#include "headrace/io/file_columns.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/row_gate.h"

namespace headrace {
namespace {

[[noreturn]] void missing(const SourceSpec& spec, const FileColumns& file, const FileColumns& first,
                          const std::string& name) {
  std::vector<std::string> names;
  for (const FileColumn& column : file.columns) names.push_back(column.name);
  if (spec.declared.empty()) {
    throw Error(
        ErrorCode::kBadData,
        fmt::format("the files of one source differ: '{}' has no column '{}', '{}' has", file.path, name, first.path),
        "declare the columns that all files share in the source's schema");
  }
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("'{}' has no column '{}'", file.path, name),
              name_hint(name, names, "columns"));
}

[[noreturn]] void surplus(const FileColumns& file, const FileColumns& first, const std::string& name) {
  throw Error(
      ErrorCode::kBadData,
      fmt::format("the files of one source differ: '{}' has a column '{}', '{}' has not", file.path, name, first.path),
      "declare the columns that all files share in the source's schema");
}

[[noreturn]] void mismatched(const SourceSpec& spec, const FileColumns& file, const FileColumns& first,
                             const FileColumn& column, const Field& field) {
  std::string type = column.type ? column.type->to_string() : column.type_text;
  if (spec.declared.empty()) {
    throw Error(ErrorCode::kBadData,
                fmt::format("the files of one source differ: column '{}' is {} in '{}', {} in '{}'", field.name, type,
                            file.path, field.type.to_string(), first.path),
                "declare a type for the column that holds both");
  }
  throw Error(ErrorCode::kInvalidPipeline,
              fmt::format("column '{}' of '{}' is {}, which cannot be read as {}", field.name, file.path, type,
                          field.type.to_string()),
              column.type ? fmt::format("declare it as {} and cast it in a step", type) : "leave the column out");
}

/// Throws Error(kUnsupported) when a column cannot be read.
Schema source_schema(const SourceSpec& spec, const FileColumns& first) {
  if (!spec.declared.empty()) return Schema(spec.declared);
  std::vector<Field> fields;
  for (const FileColumn& column : first.columns) {
    if (!column.type || column.type->kind() == TypeKind::kNull) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("cannot read '{}': column '{}' has a type that is not read: {}", first.path, column.name,
                              column.type_text),
                  "declare the columns to read in the source's schema, without this one");
    }
    fields.push_back({column.name, *column.type, column.nullable});
  }
  return Schema(std::move(fields));
}

std::vector<Type> checked_file_types(const Schema& schema, const SourceSpec& spec, const FileColumns& file,
                                     const FileColumns& first) {
  std::vector<Type> types;
  for (const Field& field : schema) {
    const FileColumn* column = file.find(field.name);
    if (column == nullptr) missing(spec, file, first, field.name);
    bool fits =
        column->type && (spec.declared.empty() ? *column->type == field.type
                                               : declared_cast_fit(*column->type, field.type) != CastFit::kNever);
    if (!fits) mismatched(spec, file, first, *column, field);
    types.push_back(*column->type);
  }
  if (spec.declared.empty() && file.columns.size() > schema.size()) {
    for (const FileColumn& column : file.columns) {
      if (!schema.find(column.name)) surplus(file, first, column.name);
    }
  }
  return types;
}

std::vector<ColumnRule> needed_rules(const SourceSpec& spec, std::span<const FileColumns> files) {
  std::vector<ColumnRule> rules = rules_with_nullability(Schema(spec.declared), spec.rules);
  if (spec.on_error == OnError::kNull) return rules;  // a null may also come from a bad value
  std::erase_if(rules, [&](const ColumnRule& rule) {
    bool only_null = !rule.min && !rule.max && rule.allowed.empty();
    bool never_null = std::all_of(files.begin(), files.end(), [&](const FileColumns& file) {
      const FileColumn* column = file.find(rule.column);
      return column != nullptr && !column->nullable;
    });
    return only_null && (rule.nullable || never_null);
  });
  return rules;
}

}  // namespace

const FileColumn* FileColumns::find(std::string_view name) const {
  auto found = std::find_if(columns.begin(), columns.end(), [&](const FileColumn& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

SourceColumns settle_columns(const SourceSpec& spec, std::span<const FileColumns> files) {
  SourceColumns columns{source_schema(spec, files.front()), {}, needed_rules(spec, files)};
  for (const FileColumns& file : files) {
    columns.file_types.push_back(checked_file_types(columns.schema, spec, file, files.front()));
  }
  static_cast<void>(RuleCheck(columns.schema, spec.rules));  // Throws when a rule does not go with its column.
  return columns;
}

}  // namespace headrace
