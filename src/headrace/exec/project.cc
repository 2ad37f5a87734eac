// See project.h.
#include "headrace/exec/project.h"

#include "headrace/expr/dictionary_cache.h"
#include "headrace/expr/shared_parts.h"

namespace headrace {
namespace {

class Project : public Operator {
 public:
  Project(std::shared_ptr<const std::vector<BoundExprPtr>> columns, std::shared_ptr<const Schema> schema,
          std::shared_ptr<DictionaryCache> dictionaries, MemoryBudget& memory)
      : columns_(std::move(columns)),
        schema_(std::move(schema)),
        dictionaries_(std::move(dictionaries)),
        memory_(memory) {}

  void push(const Batch& batch, std::vector<Batch>& out) override {
    EvalContext context(memory_, dictionaries_.get());
    context.share_results_of(batch);
    Batch result{schema_, {}, batch.row_count};
    result.columns.reserve(columns_->size());
    for (const BoundExprPtr& column : *columns_) result.columns.push_back(evaluate_coded(*column, batch, context));
    out.push_back(std::move(result));
  }

 private:
  std::shared_ptr<const std::vector<BoundExprPtr>> columns_;
  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<DictionaryCache> dictionaries_;
  MemoryBudget& memory_;
};

}  // namespace

MakeOperator project_operator(const std::vector<NamedExpr>& columns, const Schema& input,
                              const std::shared_ptr<const Schema>& output, const RunContext& context) {
  std::vector<BoundExprPtr> exprs;
  for (const NamedExpr& column : columns) exprs.push_back(bind(column.expr, input));
  auto bound = std::make_shared<const std::vector<BoundExprPtr>>(share_equal_parts(exprs));
  return [bound, output, dictionaries = std::make_shared<DictionaryCache>(), memory = context.memory] {
    return std::make_unique<Project>(bound, output, dictionaries, *memory);
  };
}

}  // namespace headrace
