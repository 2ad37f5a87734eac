// From columns of the data to columns of tensors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "headrace/expr/bind.h"
#include "headrace/feed/batch_layout.h"
#include "headrace/feed/feed_options.h"

namespace headrace {

/// How a column gets into the batches.
struct FeedColumn {
  std::size_t tensor = 0;           // of the layout
  std::optional<std::size_t> mask;  // the tensor that says which rows are not null
  NullPolicy nulls = NullPolicy::kError;
  BoundExprPtr expr;  // over the rows of its unit
  std::optional<Augmentation> augmentation;
};

/// What is read together, by one task.
struct FeedUnit {
  std::vector<std::string> source_columns;
  std::vector<FeedColumn> columns;
  bool is_computed = false;  // some of them are not as they are stored
};

struct FeedColumns {
  std::vector<TensorColumn> tensors;
  std::vector<FeedUnit> units;
  std::optional<std::size_t> padding_mask;  // the tensor that says which rows are real, under Remainder::kPad
  double row_bytes_of_fixed = 0;            // of tensors that are not ragged
};

/// The name of the column of bools beside `column`, under NullPolicy::kMask.
std::string mask_name(const std::string& column);
inline constexpr const char* kPaddingMask = "is_row";

/// Settles the columns that `options` wants of rows of `schema`: a unit a column where `by_column`, else one for all.
/// Throws Error(kNotFound) for a column that is not there, Error(kUnsupported) for one that is no tensor,
/// Error(kInvalidArgument) for options that do not go with a column.
FeedColumns feed_columns(const Schema& schema, const FeedOptions& options, bool by_column);

}  // namespace headrace
