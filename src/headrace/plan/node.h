// The relational plan: a closed set of nodes, each with its schema, checked as it is built.
//
// A plan is a value: immutable, shared, printable. It holds no pointer to an operator, no file and no thread. A node
// that is reached by two parents is one node: engines evaluate it once. Adding a kind of node means adding it to
// Node::kind; every place that must answer then fails to compile.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "headrace/column/type.h"
#include "headrace/expr/expr.h"
#include "headrace/plan/sort_column.h"

namespace headrace {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct NamedExpr {
  std::string name;
  Expr expr;
};

/// Reads the columns of node.schema, maybe none, from a source. `bounds` are conjuncts that the scan may use to skip
/// rows early; the filter they came from stays in the plan. The last columns of the schema may be hash64() of texts of
/// the source: `hashes` says of which column, by name.
struct ScanNode {
  std::string source;
  std::vector<Expr> bounds;
  std::map<std::string, std::string> hashes;
};

/// Keeps the rows for which the predicate is true. Keeps the order of rows.
struct FilterNode {
  NodePtr input;
  Expr predicate;
};

/// Computes the columns of node.schema, in order. Keeps the order of rows.
struct ProjectNode {
  NodePtr input;
  std::vector<NamedExpr> columns;
};

enum class JoinKind { kInner, kLeft, kSemi, kAnti };

/// Joins each left row with the right rows of equal keys; a null key equals nothing. Rows come in the order of the left
/// input, matches of one row in the order of the right input. Columns: the left ones, then (inner, left) the right ones
/// without their keys; a right name that the left has too gets `suffix`. The types of left_on and right_on are equal.
struct JoinNode {
  NodePtr left;
  NodePtr right;
  JoinKind how = JoinKind::kLeft;
  std::vector<std::string> left_on;
  std::vector<std::string> right_on;
  std::string suffix = "_right";
  /// The right keys must be unique ("validate: m:1"): a duplicate that a left row meets, or that exists at all, is an
  /// error naming the key, so that the join never multiplies rows.
  bool right_unique = false;
};

/// One row a group of equal keys (null equals null here), in order of first appearance: key columns, then aggregates.
/// Without keys: exactly one row.
struct AggregateNode {
  NodePtr input;
  std::vector<std::string> keys;
  std::vector<NamedExpr> aggregates;  // each a single aggregate call
};

enum class Keep { kFirst, kLast };

/// Keeps one row of each group of equal keys (null equals null here), in order of first appearance of the keys: the
/// first or the last when the group is put in ascending order of `order_by`, and, where that ties, of `ties`
/// (kernel/row_order.h). Ties are all columns of the input, so that the row depends on nothing but the set of rows; or
/// none, where rows that tie differ in no column of node.schema, which may have fewer columns than the input.
struct DeduplicateNode {
  NodePtr input;
  std::vector<std::string> keys;
  std::vector<std::string> order_by;
  std::vector<std::string> ties;
  Keep keep = Keep::kFirst;
  /// Instead of order_by: any row will do. This engine takes the first or last of the input.
  bool any_order = false;
};

/// Puts rows in order; those that are equal in all columns of `order` stay in the order of the input.
struct SortNode {
  NodePtr input;
  std::vector<SortColumn> order;
};

/// Keeps `rows` rows of the input, after the first `offset`, in order.
struct LimitNode {
  NodePtr input;
  std::int64_t rows = 0;
  std::int64_t offset = 0;
};

/// The rows of all inputs, one after another. Their columns are the same, in names, order and types.
struct ConcatNode {
  std::vector<NodePtr> inputs;
};

/// A row for each element of a list, in order: the element in the column's place, all other columns as they are. Lists
/// of several columns are taken together, and must be of equal length in each row.
struct ExplodeNode {
  NodePtr input;
  std::vector<std::string> columns;
  /// Whether a row whose list is null or empty stays, as one with a null.
  bool keep_empty = true;
};

struct Node {
  std::variant<ScanNode, FilterNode, ProjectNode, JoinNode, AggregateNode, DeduplicateNode, SortNode, LimitNode,
               ConcatNode, ExplodeNode>
      kind;
  Schema schema;
  /// What the user calls this step, for reports and messages: "training_rows: join planes", "training_rows: filter
  /// arrived".
  std::string label;
};

/// Build and check one node. All throw Error(kInvalidPipeline) or Error(kNotFound) with names, types and nearest names.
NodePtr make_scan(std::string source, Schema schema, std::string label);
NodePtr make_filter(NodePtr input, Expr predicate, std::string label);
NodePtr make_project(NodePtr input, std::vector<NamedExpr> columns, std::string label);
/// All columns of the input, with `columns` added or replacing those of the same name; later ones see only the input.
NodePtr make_with_columns(NodePtr input, std::vector<NamedExpr> columns, std::string label);
NodePtr make_join(JoinNode join, std::string label);
NodePtr make_aggregate(NodePtr input, std::vector<std::string> keys, std::vector<NamedExpr> aggregates,
                       std::string label);
/// `ties` are set here.
NodePtr make_deduplicate(DeduplicateNode deduplicate, std::string label);

NodePtr make_sort(NodePtr input, std::vector<SortColumn> order, std::string label);
NodePtr make_limit(NodePtr input, std::int64_t rows, std::int64_t offset, std::string label);
/// Columns come in the order of the first input, found by name in the others, in the common type of all. With
/// `fill_missing`, a column that some lack is null there; else that is an error.
NodePtr make_concat(std::vector<NodePtr> inputs, bool fill_missing, std::string label);
NodePtr make_explode(NodePtr input, std::vector<std::string> columns, bool keep_empty, std::string label);

/// The direct inputs of a node: none for a scan, two for a join (left, right).
std::vector<NodePtr> inputs_of(const Node& node);
/// The name of a node's kind: "scan", "filter", "project" and so on.
std::string_view kind_name(const Node& node);

/// What a node does, in a line: "join left rows on tailnum = tailnum".
std::string node_text(const Node& node);

/// The plan as an indented tree, one node a line, root first, with schema columns counted, expressions, keys and pushed
/// bounds; a node met a second time is named, not repeated.
std::string explain_tree(const NodePtr& root);

/// Whether `expr` over columns of `schema` reads strings or lists only, gives a value of fixed width, and cannot fail:
/// what optimize() computes as early as it can.
bool is_reduction(const Expr& expr, const Schema& schema);

/// The plan with the rules of plan/optimize/ applied: same rows, same order, as `roots` give. Sources in
/// `sources_by_column` are cheap to read once more by column: each of their readers gets a scan of its own. Returns the
/// new roots in the order of `roots`; other sharing between and within them is kept.
std::vector<NodePtr> optimize(const std::vector<NodePtr>& roots, const std::set<std::string>& sources_by_column = {});
/// The same with the rules that do not depend on what reads the sources.
std::vector<NodePtr> optimize_for_engines(const std::vector<NodePtr>& roots, const std::set<std::string>& sources);

}  // namespace headrace
