// Plans as graphs, for programs and for drawings.
#pragma once

#include <string>
#include <vector>

#include "headrace/plan/node.h"

namespace headrace {

enum class GraphFormat { kJson, kDot, kMermaid };

/// "json", "dot", "mermaid". Throws Error(kInvalidArgument) with these names.
GraphFormat graph_format_named(const std::string& name);

/// The plans of `roots`, each node once, inputs before the nodes that read them.
///
///   json      {"engine": "native", "roots": [ids], "nodes": [{"id", "kind", "text", "label", "inputs": [ids],
///             "columns": [{"name", "type", "nullable"}]}]}
///   dot       a digraph for Graphviz
///   mermaid   a flowchart, as Markdown renders it
std::string plan_graph(const std::vector<NodePtr>& roots, GraphFormat format);

}  // namespace headrace
