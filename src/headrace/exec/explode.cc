// See explode.h.
#include "headrace/exec/explode.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Where the elements of a row's list are in the child.
struct Elements {
  std::int32_t first;
  std::int32_t count;
};

Elements elements_of(const Column& lists, std::int64_t row) {
  if (lists.is_null(row)) return {0, 0};
  if (lists.type().kind() == TypeKind::kFixedSizeList) {
    std::int32_t size = lists.type().list_size();
    return {static_cast<std::int32_t>(row * size), size};
  }
  auto at = static_cast<std::size_t>(row);
  return {lists.offsets()[at], lists.offsets()[at + 1] - lists.offsets()[at]};
}

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
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      std::int32_t count = count_of(lists, row);
      if (count == 0 && keep_empty_) add_row(row, {}, 0, batch, lists, out);
      for (std::int32_t i = 0; i < count; ++i) add_row(row, lists, i, batch, lists, out);
    }
    flush(batch, lists, out);
  }

 private:
  /// How many elements the lists of a row have, each of them.
  std::int32_t count_of(const std::vector<Column>& lists, std::int64_t row) const {
    std::int32_t count = elements_of(lists[0], row).count;
    for (std::size_t i = 1; i < lists.size(); ++i) {
      std::int32_t other = elements_of(lists[i], row).count;
      if (other == count) continue;
      throw Error(
          ErrorCode::kBadData,
          fmt::format("a row has {} elements in '{}' and {} in '{}'", count, (*schema_)[columns_[0]].name, other,
                      (*schema_)[columns_[i]].name),
          "lists that are exploded together must be of equal length; explode one column after another, or filter "
          "by size()");
    }
    return count;
  }

  /// Adds the row with the elements `index` of its lists, or with nulls for no lists.
  void add_row(std::int64_t row, const std::vector<Column>& with, std::int32_t index, const Batch& batch,
               const std::vector<Column>& lists, std::vector<Batch>& out) {
    rows_.push_back(static_cast<std::int32_t>(row));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      elements_[i].push_back(with.empty() ? -1 : elements_of(lists[i], row).first + index);
    }
    if (rows_.size() >= batch_rows_) flush(batch, lists, out);
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
