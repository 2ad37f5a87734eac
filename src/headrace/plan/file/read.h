// From the checked tree of a pipeline file to the pipeline's parts, one function a section.
//
// All take nodes that check_section() has passed: keys are known, required ones are there, values have the kinds that
// the table of keys gives. What is left to find here is what a kind cannot say: an expression that does not parse, a
// value outside its range, keys that exclude each other.
#pragma once

#include <string>
#include <vector>

#include "headrace/plan/file/config.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// The file that is being read, as messages and relative paths need it.
struct ReadFile {
  std::string name;

  [[noreturn]] void fail(FilePlace place, std::string_view message, std::string hint = {}) const;
  /// `path` joined to the folder of the file; absolute paths and those with a scheme (s3://…) as known_path() of
  /// base/path_scheme.h gives them. Fails at `place` for a path that it refuses.
  std::string join_path(const std::string& path, FilePlace place) const;
};

/// `name` in the folder that holds the folder of an output.
std::string sibling_path(const std::string& output_path, std::string_view name);

/// Parses the expression of a scalar; errors have its place, and `what` ("column 'late'") if that is not empty.
Expr read_expr(const ReadFile& file, const ConfigNode& node, const std::string& what);
/// The string at `key`, or `fallback`.
std::string read_string(const ConfigNode& map, std::string_view key, std::string_view fallback = {});
bool read_bool(const ConfigNode& map, std::string_view key, bool fallback);
/// The string or the list of strings at `key`; empty when there is none.
std::vector<std::string> read_strings(const ConfigNode& map, std::string_view key);
std::vector<NamedExpr> read_named_exprs(const ReadFile& file, const ConfigNode& map);

/// Checks a name that may become part of a path: letters, digits, _ - and . (not first).
void check_name(const ReadFile& file, const std::string& name, FilePlace place, std::string_view what);

/// The rules nullable, min, max and allowed of a column; values are made values of `type` when it is given.
ColumnRule read_rule(const ReadFile& file, const std::string& column, const ConfigNode& map,
                     const std::optional<Type>& type);

SourceSpec read_source(const ReadFile& file, const std::string& name, const ConfigNode& node);
Step read_step(const ReadFile& file, const ConfigNode& node);
TableSpec read_table(const ReadFile& file, const ConfigEntry& entry);
ContractSpec read_contract(const ReadFile& file, const ConfigNode& node);
FeatureSpec read_feature(const ReadFile& file, const ConfigNode& node);
SplitSpec read_split(const ReadFile& file, const ConfigNode& node);
OutputSpec read_output(const ReadFile& file, const ConfigNode& node);
StorageOptions read_store(const ReadFile& file, const ConfigNode& node);
/// Fails where `root`, which need not be checked yet, gives credentials of a store.
void refuse_secrets(const ReadFile& file, const ConfigNode& root);

/// The words of the file for what has an enumeration in the pipeline.
std::string_view on_error_name(OnError on_error);
std::string_view join_kind_name(JoinKind how);
std::string_view write_mode_name(WriteMode mode);

}  // namespace headrace
