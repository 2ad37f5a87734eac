// The suite that every transform passes, and what its tests are written with; for tests only.
//
// check_conformance() fits a transform on training rows and asserts what holds for all of them: rows in any order,
// cut and merged in any way, give the same state to the bit; the state survives its JSON text; the expressions
// survive theirs; what they give on known and on unseen rows has the type, the nulls and the ids that
// output_columns() promises, row by row as in one batch; rows without values, and no rows, either fit or are refused
// with a clear error.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/parse.h"
#include "headrace/feature/feature_set.h"

namespace headrace {

MemoryBudget& test_memory();

template <typename T>
Column test_column(Type type, const std::vector<std::optional<T>>& values) {
  ColumnBuilder builder(test_memory(), std::move(type));
  for (const std::optional<T>& value : values) {
    if (value) {
      builder.append(*value);
    } else {
      builder.append_null();
    }
  }
  return builder.finish();
}

Column doubles(const std::vector<std::optional<double>>& values);
Column integers(const std::vector<std::optional<std::int64_t>>& values);
Column strings(const std::vector<std::optional<std::string>>& values);
/// Lists of so many elements each, one after another; std::nullopt is null.
Column lists(const Column& elements, const std::vector<std::optional<int>>& lengths);
/// Timestamps from whole seconds since 1970.
Column timestamps(const std::vector<std::optional<std::int64_t>>& seconds);

/// The columns as rows of a table with the columns a, b, c, …
Batch test_batch(const std::vector<Column>& columns);
Value number_list(const std::vector<double>& values);
TransformSpec transform_spec(std::string name, std::vector<std::pair<std::string, Value>> parameters = {});

/// A set of one feature, "f", of all columns of `rows`.
FeatureSet one_feature(const std::vector<TransformSpec>& transforms, const Batch& rows);
std::vector<Column> evaluate_all(const std::vector<Expr>& exprs, const Batch& rows);
/// Fits all stages on `parts`, one accumulator a part, merged in the order that `random` gives.
void fit(FeatureSet& set, const std::vector<Batch>& parts, std::mt19937& random);
/// one_feature(), fitted on `rows`.
FeatureSet fitted(const std::vector<TransformSpec>& transforms, const Batch& rows);
/// The cells of the first feature for `rows`, as text.
std::vector<std::string> cells(const FeatureSet& set, const Batch& rows);

/// `train` and `unseen` are columns of the same types.
void check_conformance(const std::vector<TransformSpec>& transforms, const std::vector<Column>& train,
                       const std::vector<Column>& unseen);

}  // namespace headrace
