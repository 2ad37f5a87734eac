// The plan of a pipeline for an engine outside this process: typed nodes as JSON.
//
// An engine such as Spark does what it knows and hands the rest back: chains of scans, filters and projects,
// "fragments", which any process with this library runs on its part of the rows (python/headrace/spark/). Names and
// types are checked and casts inserted here, so that an engine maps one function at a time and decides nothing about
// types.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/expr/bind_fold.h"
#include "headrace/frame/prepare.h"
#include "headrace/frame/run.h"

namespace headrace {

class EnginePlan {
 public:
  /// The rules of optimize() that hold for any engine are applied to the plans of `roots`. With Fold::kLists, calls
  /// of literals stay calls, but for lists.
  EnginePlan(const std::vector<NodePtr>& roots, const PreparedPipeline& prepared, SourceContext context,
             Fold fold = Fold::kConstants);

  /// {"nodes": [{"id", "kind", "label", "inputs", "columns": [{"name", "type", "nullable"}], …}], "roots": [id],
  ///  "sources": {name: {"format", "files": [[path, bytes]], "files_digest", "splits", "rows", "columns",
  ///  "is_plain_parquet", "yaml"}}}. Paths are absolute. A plain Parquet source has just what its files have.
  /// Nodes come after their inputs. What else a node has is called as in plan/node.h. Expressions are {"column"},
  /// {"literal", "type"} or {"call", "args", "type", "fails"}; filters and projects have their `step`, too, as a
  /// pipeline file writes it.
  std::string to_json() const;

 private:
  std::vector<NodePtr> roots_;
  const PreparedPipeline& prepared_;
  SourceContext context_;
  Fold fold_;
};

}  // namespace headrace
