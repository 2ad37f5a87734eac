// See filter.h.
#include "headrace/exec/filter.h"

#include "headrace/expr/dictionary_cache.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

class Filter : public Operator {
 public:
  Filter(BoundExprPtr predicate, std::shared_ptr<DictionaryCache> dictionaries, MemoryBudget& memory)
      : predicate_(std::move(predicate)), dictionaries_(std::move(dictionaries)), memory_(memory) {}

  void push(const Batch& batch, std::vector<Batch>& out) override {
    EvalContext context(memory_, dictionaries_.get());
    evaluate_filter(*predicate_, batch, context, selected_rows_);
    if (selected_rows_.empty()) return;
    bool all = static_cast<std::int64_t>(selected_rows_.size()) == batch.row_count;
    out.push_back(all ? batch : gather(memory_, batch, selected_rows_));
  }

 private:
  BoundExprPtr predicate_;
  std::shared_ptr<DictionaryCache> dictionaries_;
  MemoryBudget& memory_;
  std::vector<std::int32_t> selected_rows_;
};

}  // namespace

MakeOperator filter_operator(const FilterNode& node, const Schema& input, const RunContext& context) {
  return [predicate = bind(node.predicate, input), dictionaries = std::make_shared<DictionaryCache>(),
          memory = context.memory] { return std::make_unique<Filter>(predicate, dictionaries, *memory); };
}

}  // namespace headrace
