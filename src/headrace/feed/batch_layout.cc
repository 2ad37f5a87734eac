// See batch_layout.h.
#include "headrace/feed/batch_layout.h"

#include <algorithm>
#include <utility>

namespace headrace {
namespace {

constexpr std::size_t kAlignment = 64;

}  // namespace

BatchLayout::BatchLayout(std::vector<TensorColumn> columns, std::int64_t rows_max)
    : columns_(std::move(columns)), rows_max_(rows_max) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    TensorColumn& column = columns_[i];
    if (column.is_ragged) continue;
    auto group = std::ranges::find_if(groups_, [&](const TensorGroup& each) {
      return each.type == column.type && each.width == column.width && each.is_vector == column.is_vector;
    });
    if (group == groups_.end()) {
      groups_.push_back({column.type, column.width, column.is_vector, {}, 0});
      group = std::prev(groups_.end());
    }
    column.group = static_cast<std::size_t>(group - groups_.begin());
    column.place = group->columns.size();
    group->columns.push_back(i);
  }
  for (TensorGroup& group : groups_) {
    group.offset_bytes = size_bytes_;
    std::size_t row_bytes = static_cast<std::size_t>(group.width) * group.type.value_bytes();
    std::size_t bytes = group.columns.size() * static_cast<std::size_t>(rows_max_) * row_bytes;
    size_bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
}

}  // namespace headrace
