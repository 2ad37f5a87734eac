// From a pipeline to something that can run: sources opened, tables built and checked, features bound, plan optimised.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/exec/run_context.h"
#include "headrace/feature/feature_set.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/source.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// The format of sources that are no files: what reads them is given to a run by name.
inline constexpr std::string_view kMemoryFormat = "memory";
using MemorySources = std::map<std::string, std::shared_ptr<const SourceReader>>;

/// Everything about a pipeline that is known before rows are read. Reads headers, footers and, for a text source
/// without declared columns, its first MiB.
class PreparedPipeline {
 public:
  /// Throws Error that says file, line, column, table, step or feature of the first mistake. `pipeline` and `context`
  /// outlive this.
  PreparedPipeline(const Pipeline& pipeline, std::shared_ptr<FileSystem> fs, const RunContext& context,
                   const MemorySources& memory_sources = {});
  /// The same for rows that another engine made up to there: the last table of `pipeline` has the columns of
  /// `unoptimized_root`'s schema, with those that features precompute; they are made of a table of the schema `table`,
  /// which is not here.
  PreparedPipeline(const Pipeline& pipeline, const Schema& table, std::shared_ptr<FileSystem> fs,
                   const RunContext& context, const MemorySources& memory_sources);

  const Pipeline& pipeline;
  std::map<std::string, std::shared_ptr<const SourceReader>> readers;
  /// The plans of all tables as written, in order of definition.
  std::vector<std::pair<std::string, NodePtr>> tables;
  /// The feature table cut to what features, split and contract read; optimised. Null when the pipeline has neither
  /// outputs nor features.
  NodePtr feature_root;
  /// The contract's table, when it is another than the feature table; optimised. Else null.
  NodePtr contract_root;
  /// The two as they were before: for engines with rules of their own.
  NodePtr unoptimized_root;
  NodePtr unoptimized_contract_root;
  /// The columns of the table that features are made from.
  Schema feature_table;
  /// Null when the pipeline has neither outputs nor features.
  std::unique_ptr<FeatureSet> features;

  std::map<std::string, const SourceReader*> reader_map() const;
  /// The plan of a table or, as a bare scan, of a source. Throws Error(kNotFound) with the nearest name.
  NodePtr table(const std::string& name) const;
  /// The roots that a run evaluates.
  std::vector<NodePtr> roots() const;
  /// The same; of a pipeline that has nothing to run, the last table, optimised.
  std::vector<NodePtr> shown_roots() const;

 private:
  void open_sources(std::shared_ptr<FileSystem> fs, const RunContext& context, const MemorySources& memory_sources);
  /// `ready_root` as in the second constructor; null: to be made.
  void make_roots(const Schema& table_schema, const NodePtr& ready_root);
  /// Lets the feature table carry what features make of wide columns, instead of these. Returns what it has to have:
  /// `others`, what features read, and what is made.
  std::vector<NamedExpr> precompute_reductions(const std::vector<std::string>& others);
  void check_outputs() const;
};

/// How the files of an output are written.
DataSetOptions data_set_options(const OutputSpec& output);

/// The features of a pipeline over rows of `table`: those that it names, or else all columns as they are. Throws as
/// FeatureSet() does.
FeatureSet feature_set_of(const Pipeline& pipeline, const Schema& table);

/// Features that pass every column of `table` through unchanged: what a pipeline without features writes.
std::vector<FeatureSpec> pass_through_features(const Schema& table);

}  // namespace headrace
