// For tests of functions: an expression over the columns a, b, c, …, evaluated on everything that a batch can look
// like.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/column/calendar.h"
#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/expr/bind.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/parse.h"

namespace headrace {

inline MemoryBudget& test_memory() {
  static const std::shared_ptr<MemoryBudget> kMemory = MemoryBudget::create();
  return *kMemory;
}

/// A column of the given type; std::nullopt is null. Dates and timestamps are given as text.
inline Column texts(std::initializer_list<std::optional<std::string_view>> rows, TypeKind kind = TypeKind::kString) {
  ColumnBuilder builder(test_memory(), kind);
  for (const auto& row : rows) {
    if (!row) {
      builder.append_null();
    } else if (kind == TypeKind::kDate) {
      builder.append(parse_date(*row).value());
    } else if (kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampNtz) {
      builder.append(parse_timestamp(*row).value().micros);
    } else {
      builder.append_string(*row);
    }
  }
  return builder.finish();
}
inline Column dates(std::initializer_list<std::optional<std::string_view>> rows) {
  return texts(rows, TypeKind::kDate);
}
inline Column timestamps(std::initializer_list<std::optional<std::string_view>> rows) {
  return texts(rows, TypeKind::kTimestamp);
}
template <typename T = std::int64_t>
Column numbers(Type type, std::initializer_list<std::optional<T>> rows) {
  ColumnBuilder builder(test_memory(), std::move(type));
  for (const auto& row : rows) {
    if (row) {
      builder.append(*row);
    } else {
      builder.append_null();
    }
  }
  return builder.finish();
}
inline Column int64s(std::initializer_list<std::optional<std::int64_t>> rows) {
  return numbers<std::int64_t>(TypeKind::kInt64, rows);
}

/// The columns as a batch with the names a, b, c, …
inline Batch batch_of(const std::vector<Column>& columns) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    fields.push_back({std::string(1, static_cast<char>('a' + i)), columns[i].type(), true});
  }
  return {std::make_shared<const Schema>(std::move(fields)), columns, columns.empty() ? 1 : columns[0].length()};
}

inline std::vector<std::string> cells_of(const Column& column) {
  std::vector<std::string> cells;
  for (std::int64_t row = 0; row < column.length(); ++row) cells.push_back(format_cell(column, row));
  return cells;
}

inline std::vector<std::string> evaluate_cells(std::string_view expression, const Batch& batch) {
  EvalContext context{test_memory()};
  Column result = evaluate(*bind(parse_expr(expression), *batch.schema), batch, context);
  CHECK(result.length() == batch.row_count);
  return cells_of(result);
}

/// Rows `rows` of a column, as a new one.
inline Column take_rows(const Column& column, const std::vector<std::int64_t>& rows) {
  ColumnBuilder builder(test_memory(), column.type());
  for (std::int64_t row : rows) builder.append_from(column, row);
  return builder.finish();
}

/// Checks the cells of the result: on the rows as they are, repeated to 65 rows, as slices at an odd offset with other
/// rows around them, one row at a time (null-free columns among them), and on no rows at all.
inline void check_rows(std::string_view expression, const std::vector<Column>& columns,
                       const std::vector<std::string>& expected) {
  CAPTURE(expression);
  auto count = static_cast<std::int64_t>(expected.size());
  Batch batch = batch_of(columns);
  CHECK(evaluate_cells(expression, batch) == expected);
  CHECK(evaluate_cells(expression, batch.slice(0, 0)).empty());
  for (std::int64_t row = 0; row < count; ++row) {
    CAPTURE(row);
    std::vector<Column> one;
    for (const Column& column : columns) one.push_back(take_rows(column, {row}));
    CHECK(evaluate_cells(expression, batch_of(one)) ==
          std::vector<std::string>{expected[static_cast<std::size_t>(row)]});
  }
  constexpr std::int64_t kRepeated = 65;
  constexpr std::int64_t kOffset = 3;
  std::vector<std::int64_t> rows;
  std::vector<std::string> repeated;
  for (std::int64_t i = 0; i < kOffset + kRepeated + 1; ++i) rows.push_back((i + count * kOffset - kOffset) % count);
  for (std::int64_t i = 0; i < kRepeated; ++i) repeated.push_back(expected[static_cast<std::size_t>(i % count)]);
  std::vector<Column> padded;
  for (const Column& column : columns) padded.push_back(take_rows(column, rows));
  CHECK(evaluate_cells(expression, batch_of(padded).slice(kOffset, kRepeated)) == repeated);
}

/// The whole text of the error that parsing, binding or evaluating ends in.
inline std::string error_of(std::string_view expression, const std::vector<Column>& columns = {}) {
  try {
    evaluate_cells(expression, batch_of(columns));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

inline void check_fails(std::string_view expression, const std::vector<Column>& columns, std::string_view part) {
  CAPTURE(expression);
  std::string text = error_of(expression, columns);
  CHECK_MESSAGE(text.find(part) != std::string::npos, text);
}

}  // namespace headrace
