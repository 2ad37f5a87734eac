// See explode.h.
#include "headrace/exec/explode.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/element_range.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

class Explode : public Operator {
 public:
  Explode(std::vector<std::size_t> columns, bool keep_empty, std::shared_ptr<const Schema> schema,
          std::shared_ptr<MemoryBudget> memory, std::int64_t batch_rows)
      : columns_(std::move(columns)),
        keep_empty_(keep_empty),
        schema_(std::move(schema)),
        memory_(std::move(memory)),
        batch_rows_(static_cast<std::size_t>(batch_rows)),
        elements_(columns_.size()) {}

  void push(const Batch& batch, std::vector<Batch>& out) override {
    std::vector<Column> lists;
    for (std::size_t index : columns_) lists.push_back(flatten(*memory_, batch.columns[index]));
    std::vector<ElementRange> ranges(lists.size());
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      for (std::size_t i = 0; i < lists.size(); ++i) {
        ranges[i] = lists[i].is_null(row) ? ElementRange{0, 0} : elements_of(lists[i], row);
      }
      require_equal_lengths(ranges);
      std::int64_t count = ranges[0].count();
      std::int64_t rows = count == 0 && keep_empty_ ? 1 : count;
      for (std::int64_t element = 0; element < rows; ++element) {
        rows_.push_back(static_cast<std::int32_t>(row));
        for (std::size_t i = 0; i < ranges.size(); ++i) {
          elements_[i].push_back(count == 0 ? -1 : static_cast<std::int32_t>(ranges[i].first + element));
        }
        if (rows_.size() >= batch_rows_) flush(batch, lists, out);
      }
    }
    flush(batch, lists, out);
  }

 private:
  void require_equal_lengths(const std::vector<ElementRange>& ranges) const {
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      if (ranges[i].count() == ranges[0].count()) continue;
      throw Error(ErrorCode::kBadData,
                  fmt::format("a row has {} elements in '{}' and {} in '{}'", ranges[0].count(),
                              (*schema_)[columns_[0]].name, ranges[i].count(), (*schema_)[columns_[i]].name),
                  "lists that are exploded together must be of equal length; explode one column after another, or "
                  "filter by list_length()");
    }
  }

  void flush(const Batch& batch, const std::vector<Column>& lists, std::vector<Batch>& out) {
    if (rows_.empty()) return;
    // Columns that share their codes are gathered together, so that they do so afterwards.
    Batch others{schema_, {}, batch.row_count};
    for (std::size_t i = 0; i < batch.columns.size(); ++i) {
      if (std::ranges::find(columns_, i) == columns_.end()) others.columns.push_back(batch.columns[i]);
    }
    others = gather(*memory_, others, rows_);
    Batch result{schema_, {}, static_cast<std::int64_t>(rows_.size())};
    auto other = others.columns.begin();
    for (std::size_t i = 0; i < batch.columns.size(); ++i) {
      auto exploded = std::ranges::find(columns_, i);
      if (exploded == columns_.end()) {
        result.columns.push_back(std::move(*other++));
        continue;
      }
      auto at = static_cast<std::size_t>(exploded - columns_.begin());
      result.columns.push_back(gather(*memory_, lists[at].child(0), elements_[at]));
      elements_[at].clear();
    }
    rows_.clear();
    out.push_back(std::move(result));
  }

  std::vector<std::size_t> columns_;
  bool keep_empty_;
  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<MemoryBudget> memory_;
  std::size_t batch_rows_;
  // Of the batch that is being made: its rows in the input, and its elements by exploded column.
  std::vector<std::int32_t> rows_;
  std::vector<std::vector<std::int32_t>> elements_;
};

}  // namespace

MakeOperator explode_operator(const ExplodeNode& node, const Schema& input, const std::shared_ptr<const Schema>& output,
                              const RunContext& context) {
  std::vector<std::size_t> columns;
  for (const std::string& name : node.columns) columns.push_back(input.index_of(name));
  return [columns, keep_empty = node.keep_empty, output, memory = context.memory, batch_rows = context.batch_rows] {
    return std::make_unique<Explode>(columns, keep_empty, output, memory, batch_rows);
  };
}

}  // namespace headrace
