// A pipeline as its file says it: sources, tables, contract, features, split, outputs.
//
// Plain data, made by read_pipeline() from YAML (pipeline_file.h) or by the Python API, and printed back by to_yaml().
// Relative paths have been joined to the folder of the file. Everything that can be checked without opening a source
// has been checked; build_tables() does the rest once the schemas of the sources are known.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "headrace/column/source_spec.h"
#include "headrace/column/storage_options.h"
#include "headrace/column/write_mode.h"
#include "headrace/plan/node.h"
#include "headrace/plan/shard_layout.h"

namespace headrace {

/// Where something stands in the pipeline file; line 0 when it did not come from a file.
struct FilePlace {
  int line = 0;
  int column = 0;
};

struct FilterStep {
  Expr predicate;
  std::string name;  // "arrived"; shown in the report. Empty: the predicate's text
};
struct WithColumnsStep {
  std::vector<NamedExpr> columns;
};
/// Keeps and computes exactly these columns.
struct SelectStep {
  std::vector<NamedExpr> columns;
};
struct DropStep {
  std::vector<std::string> columns;
};
struct RenameStep {
  std::vector<std::pair<std::string, std::string>> names;  // from, to
};
struct JoinStep {
  std::string right;  // a table or source
  JoinKind how = JoinKind::kLeft;
  std::vector<std::string> left_on;
  std::vector<std::string> right_on;
  std::string suffix = "_right";
  bool right_unique = false;  // validate: m:1
};
struct GroupByStep {
  std::vector<std::string> keys;
  std::vector<NamedExpr> aggregates;
};

struct DeduplicateStep {
  std::vector<std::string> keys;
  std::vector<std::string> order_by;
  Keep keep = Keep::kFirst;
  bool any_order = false;
};

struct SortStep {
  std::vector<SortColumn> order;
};

struct LimitStep {
  std::int64_t rows = 0;
  std::int64_t offset = 0;
};

struct ConcatStep {
  std::vector<std::string> tables;  // tables or sources, whose rows come behind
  bool fill_missing = false;
};

struct ExplodeStep {
  std::vector<std::string> columns;
  bool keep_empty = true;
};

struct Step {
  std::variant<FilterStep, WithColumnsStep, SelectStep, DropStep, RenameStep, JoinStep, GroupByStep, DeduplicateStep,
               SortStep, LimitStep, ConcatStep, ExplodeStep>
      kind;
  FilePlace place;
};

struct TableSpec {
  std::string name;
  std::string from;  // a source, or a table defined before this one
  std::vector<Step> steps;
  FilePlace place;
};

/// Promises about the rows of one table, checked while they pass. Column rules are those of sources.
struct ContractSpec {
  std::string table;
  struct ColumnPromise {
    ColumnRule rule;
    std::optional<Type> type;  // the exact type the column must have
  };
  std::vector<ColumnPromise> columns;
  struct RowPromise {
    std::string name;
    Expr predicate;  // must be true; null breaks it
  };
  std::vector<RowPromise> rows;
  FilePlace place;
};

/// A parameter of a transform: a value, or a list of values (boundaries, allowed words).
using TransformParameter = Value;

struct TransformSpec {
  std::string name;
  std::vector<std::pair<std::string, TransformParameter>> parameters;
  FilePlace place;
};

struct FeatureSpec {
  std::string name;
  std::vector<Expr> inputs;      // "from"; default: the column of the feature's own name
  std::string role = "feature";  // feature, label, weight, key, time, pass_through
  std::vector<TransformSpec> transforms;
  std::optional<Type> dtype;  // default: float32 for floats, as computed for the rest
  FilePlace place;
};

/// How rows are dealt to parts. Exactly one of the three forms.
struct SplitSpec {
  /// The first part whose predicate over the table's rows is true takes the row; "rest" is a literal true, and last.
  struct ByPredicate {
    std::vector<std::pair<std::string, Expr>> parts;
  };
  /// By XXH3-64 of the value of `key` and a salt: rows of equal keys land in the same part, shares are fractions of the
  /// hash range, in the order given. This is the split by hash of a key; a group is a key that many rows share.
  struct ByHash {
    Expr key;
    std::string salt;
    std::vector<std::pair<std::string, double>> shares;  // sum to 1
  };
  std::variant<ByPredicate, ByHash> kind;
  std::string fit_part = "train";  // features are fitted on this part only
  FilePlace place;
};

struct OutputSpec {
  std::string path;
  std::string format;
  std::string compression;
  WriteMode mode = WriteMode::kOverwrite;
  ShardLayout layout;
  std::int64_t row_group_rows = 131072;       // parquet
  bool index = false;                         // tfrecord: with an index that makes files splittable
  bool petastorm = false;                     // parquet: that Petastorm reads
  std::map<std::string, std::string> images;  // with petastorm: binary columns of image files, png or jpeg
  FilePlace place;
};

struct Pipeline {
  std::string name;
  std::string file;  // where it was read from; for messages
  std::map<std::string, Value> parameters;
  StorageOptions storage;
  std::vector<SourceSpec> sources;
  std::vector<TableSpec> tables;
  std::optional<ContractSpec> contract;
  std::string
      feature_table;  // the table that features are made from: the last one unless `features.table` says otherwise
  std::vector<FeatureSpec> features;
  std::optional<SplitSpec> split;
  std::vector<OutputSpec> outputs;
  std::string state_path;       // where the fitted state goes
  std::string quarantine_path;  // where bad rows go
  std::string report_path;      // run.json
};

/// Checks that the names of tables and sources are unique, and that those which tables read exist before them. Both
/// parse_pipeline() and build_tables() do it. Throws Error(kInvalidPipeline) with the place and the nearest name.
void check_table_names(const Pipeline& pipeline);

/// The name of a step's kind, as the pipeline file writes it: "filter".
std::string_view step_kind(const Step& step);
/// What tells a step from others of its kind, for labels and messages: "filter arrived", "join planes".
std::string step_text(const Step& step);

/// The names of the tables that a step reads beside its input: of a join one, of a concat some, else none.
std::span<std::string> other_tables(Step& step);
std::span<const std::string> other_tables(const Step& step);

/// The checked plan of `input` with one step on top. `others` are the plans of its other_tables(). Throws Error that
/// says what is wrong with the step, but not where it stands.
NodePtr apply_step(const NodePtr& input, const Step& step, const std::vector<NodePtr>& others, std::string label);

/// Builds the checked plan of every table, in order of definition, each sharing the nodes of the tables and sources it
/// is made of. `source_schema` gives the columns of a source. Errors say file, line, table, step and the trail of
/// steps.
std::vector<std::pair<std::string, NodePtr>> build_tables(
    const Pipeline& pipeline, const std::function<Schema(const std::string& source)>& source_schema);

}  // namespace headrace
