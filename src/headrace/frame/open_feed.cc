// See open_feed.h.
#include "headrace/frame/open_feed.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/frame/load.h"
#include "headrace/io/fs/routed_file_system.h"
#include "headrace/plan/node.h"

namespace headrace {
namespace {

/// Adds the column of weights that make up for rows that are left out.
void add_weights(const RowChoice& choice, const Schema& schema, FeedOptions& options) {
  if (choice.sampled == nullptr || choice.weight_name.empty()) return;
  if (options.exprs.empty()) {
    for (const Field& field : schema) options.exprs.push_back({field.name, column(field.name)});
  }
  Expr weight = call("if_else", {choice.sampled, literal(Value::float64(1 / choice.rate)), literal(Value::float64(1))});
  options.exprs.push_back({choice.weight_name, cast(weight, TypeKind::kFloat32)});
  if (!options.columns.empty()) options.columns.push_back(choice.weight_name);
}

OpenFeed open(FeedSource source, RowChoice choice, FeedOptions options, std::shared_ptr<MemoryBudget> memory) {
  add_weights(choice, source.reader->schema(), options);
  std::size_t threads = options.threads > 0 ? options.threads : default_thread_count();
  auto data = std::make_shared<const FeedData>(std::move(source), std::move(choice), memory, threads);
  return {std::make_shared<const FeedPlan>(std::move(data), std::move(options)), std::move(memory)};
}

/// The steps of a plan over one source, folded into one filter and one list of columns.
class RowSteps {
 public:
  /// Throws Error(kUnsupported) for a step that needs more than a row.
  explicit RowSteps(const Node& root) { add(root); }

  const std::string& source() const { return source_; }
  Expr where() const { return where_; }
  std::vector<FeedExpr> columns(const Schema& schema) const {
    std::vector<FeedExpr> columns;
    for (const Field& field : schema) columns.push_back({field.name, columns_.at(field.name)});
    return columns;
  }
  /// `expr` over the frame's columns as one over the source's.
  Expr of_source(const Expr& expr) const {
    if (expr == nullptr) return nullptr;
    return replace_columns(expr, [&](const std::string& name) {
      auto found = columns_.find(name);
      if (found == columns_.end()) {
        throw Error(ErrorCode::kNotFound, fmt::format("the frame has no column '{}'", name), "");
      }
      return found->second;
    });
  }

 private:
  void add(const Node& node) {
    if (const auto* scan = std::get_if<ScanNode>(&node.kind)) {
      source_ = scan->source;
      for (const Field& field : node.schema) columns_[field.name] = column(field.name);
    } else if (const auto* filter = std::get_if<FilterNode>(&node.kind)) {
      add(*filter->input);
      Expr predicate = of_source(filter->predicate);
      where_ = where_ == nullptr ? predicate : call("and", {where_, predicate});
    } else if (const auto* project = std::get_if<ProjectNode>(&node.kind)) {
      add(*project->input);
      std::map<std::string, Expr> computed;
      for (const NamedExpr& each : project->columns) computed[each.name] = of_source(each.expr);
      columns_ = std::move(computed);
    } else {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("a feed takes rows one by one, and '{}' needs more: {}", node.label, kind_name(node)),
                  "write the rows with a pipeline, and feed what it wrote");
    }
  }

  std::string source_;
  Expr where_;
  std::map<std::string, Expr> columns_;  // over those of the source
};

}  // namespace

OpenFeed open_feed(const FeedFiles& files, RowChoice choice, FeedOptions options, std::shared_ptr<MemoryBudget> memory,
                   const StorageOptions& storage, const FetchOptions& fetch) {
  SourceContext context;
  context.fs = routed_file_system(storage);
  context.memory = memory;
  return open(open_feed_files(files, fetch, context), std::move(choice), std::move(options), std::move(memory));
}

OpenFeed open_feed(const LazyFrame& frame, RowChoice choice, FeedOptions options, std::shared_ptr<MemoryBudget> memory,
                   const FetchOptions& fetch) {
  LazyFrame::Definition definition = frame.definition("frame");
  RunOptions run;
  run.context.memory = memory;
  std::shared_ptr<FileSystem> fs = routed_file_system(definition.pipeline.storage);
  PreparedPipeline prepared(definition.pipeline, fs, run.context, definition.memory);
  NodePtr root = prepared.table("frame");
  RowSteps steps(*root);
  options.exprs = steps.columns(root->schema);
  choice.where = choice.where == nullptr    ? steps.where()
                 : steps.where() == nullptr ? steps.of_source(choice.where)
                                            : call("and", {steps.where(), steps.of_source(choice.where)});
  choice.sampled = steps.of_source(choice.sampled);
  choice.weight = steps.of_source(choice.weight);
  SourceContext context;
  context.fs = fs;
  context.memory = memory;
  FeedSource source;
  auto in_memory = definition.memory.find(steps.source());
  if (in_memory != definition.memory.end()) {
    source = {in_memory->second, std::nullopt, fmt::format("'{}'", steps.source()), std::make_shared<ReadClock>()};
  } else {
    source = open_feed_source(definition.pipeline.sources.at(0), std::nullopt, fetch, context);
  }
  return open(std::move(source), std::move(choice), std::move(options), std::move(memory));
}

}  // namespace headrace
