// For tests: columns from text, expressions evaluated to text, messages of what fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/bind.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/parse.h"
#include "headrace/kernel/gather.h"

namespace headrace {

using Cells = std::vector<std::string>;

inline MemoryBudget& check_memory() {
  static const std::shared_ptr<MemoryBudget> kMemory = MemoryBudget::create();
  return *kMemory;
}

/// A column of a scalar type; the cell "null" is null, others are read as a literal of the type is.
inline Column column_of(const std::string& type_text, const Cells& cells) {
  Type type = *Type::parse(type_text);
  ColumnBuilder builder(check_memory(), type);
  for (const std::string& cell : cells) {
    if (cell == "null") {
      builder.append_null();
    } else if (type.is_binary_like()) {
      builder.append_string(cell);
    } else {
      append_value(builder, std::get<Literal>(parse_expr(type_text + " '" + cell + "'")->kind).value);
    }
  }
  return builder.finish();
}

struct NamedColumn {
  std::string name;
  std::string type;
  Cells cells;
};

inline Batch batch_of(const std::vector<NamedColumn>& columns) {
  std::vector<Field> fields;
  Batch batch;
  for (const NamedColumn& column : columns) {
    batch.columns.push_back(column_of(column.type, column.cells));
    fields.push_back({column.name, batch.columns.back().type()});
    batch.row_count = batch.columns.back().length();
  }
  batch.schema = std::make_shared<const Schema>(std::move(fields));
  return batch;
}

/// A batch of one row without columns.
inline Batch no_columns() { return {std::make_shared<const Schema>(), {}, 1}; }

inline Cells cells_of_column(const Column& column) {
  Cells cells;
  for (std::int64_t i = 0; i < column.length(); ++i) cells.push_back(format_cell(column, i));
  return cells;
}

inline Column evaluate_text(std::string_view text, const Batch& batch) {
  EvalContext context{check_memory()};
  return evaluate(*bind(parse_expr(text), *batch.schema), batch, context);
}

/// The same rows in dictionary layout: the values stand in reverse order, nulls are negative codes if `null_codes`,
/// else null values. Columns share their codes if `shared`, which takes null values.
inline Batch coded(const Batch& batch, bool shared, bool null_codes) {
  std::vector<std::int32_t> reversed;
  for (std::int64_t i = batch.row_count - 1; i >= 0; --i) reversed.push_back(static_cast<std::int32_t>(i));
  auto codes_of = [&](const Column* nulls_of) {
    auto buffer = Buffer::allocate(check_memory(), reversed.size() * sizeof(std::int32_t));
    for (std::size_t i = 0; i < reversed.size(); ++i) {
      bool is_null = nulls_of != nullptr && nulls_of->is_null(static_cast<std::int64_t>(i));
      buffer->mutable_as<std::int32_t>()[i] = is_null ? -1 : reversed[i];
    }
    return buffer;
  };
  std::shared_ptr<const Buffer> shared_codes = codes_of(nullptr);
  Batch result{batch.schema, {}, batch.row_count};
  for (const Column& column : batch.columns) {
    auto values = std::make_shared<const Column>(gather(check_memory(), column, reversed));
    std::shared_ptr<const Buffer> codes = shared ? shared_codes : codes_of(null_codes ? &column : nullptr);
    result.columns.push_back(Column::dictionary(batch.row_count, codes, values));
  }
  return result;
}

/// The cells of the result; that they are the same for rows in dictionary layout is required on the way.
inline Cells cells(std::string_view text, const Batch& batch) {
  Cells plain = cells_of_column(evaluate_text(text, batch));
  CHECK(cells_of_column(evaluate_text(text, coded(batch, true, false))) == plain);
  CHECK(cells_of_column(evaluate_text(text, coded(batch, false, false))) == plain);
  CHECK(cells_of_column(evaluate_text(text, coded(batch, false, true))) == plain);
  return plain;
}

/// The value of an expression without columns.
inline std::string cell(std::string_view text) { return cells(text, no_columns())[0]; }

inline std::string type_of(std::string_view text, const Batch& batch = no_columns()) {
  return bind(parse_expr(text), *batch.schema)->type.to_string();
}

/// The whole text of the Error that `run` throws, or "no error".
template <typename Run>
std::string error_of(const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

inline std::string parse_error(std::string_view text) {
  return error_of([&] { parse_expr(text); });
}
inline std::string bind_error(std::string_view text, const Batch& batch = no_columns()) {
  return error_of([&] { bind(parse_expr(text), *batch.schema); });
}
inline std::string eval_error(std::string_view text, const Batch& batch = no_columns()) {
  return error_of([&] { evaluate_text(text, batch); });
}

}  // namespace headrace
