// The loops that most functions share: one result a row, nothing under a null.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/function.h"

namespace headrace {

/// A string column in the making: parts appended to the current row, rows ended one after another.
class StringRows {
 public:
  /// Expects about `bytes_expected` bytes in all; more is allowed.
  StringRows(MemoryBudget& memory, std::int64_t row_count, std::size_t bytes_expected)
      : row_count_(row_count),
        bytes_(memory),
        offsets_(Buffer::allocate(memory, static_cast<std::size_t>(row_count + 1) * sizeof(std::int32_t))),
        next_(offsets_->mutable_as<std::int32_t>()) {
    bytes_.reserve(bytes_expected);
    *next_++ = 0;
  }

  void append(std::string_view part) { bytes_.append(part.data(), part.size()); }

  void end_row() {
    if (bytes_.size_bytes() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      throw Error(ErrorCode::kUnsupported, "a column of strings holds more than 2 GiB in one batch",
                  "make the strings shorter, or use smaller batches");
    }
    *next_++ = static_cast<std::int32_t>(bytes_.size_bytes());
  }

  Column finish(std::shared_ptr<const Buffer> validity = nullptr) {
    return Column::binary(TypeKind::kString, row_count_, std::move(offsets_), bytes_.take(), std::move(validity));
  }

 private:
  std::int64_t row_count_;
  BufferBuilder bytes_;
  std::shared_ptr<Buffer> offsets_;
  std::int32_t* next_;
};

inline bool is_valid_row(const FunctionCall& call, std::int64_t row) {
  return call.valid == nullptr || call.valid[row] != 0;
}

/// A string column whose row i is what row(i, StringRows&) appends; rows under a null are empty.
template <typename Row>
Column make_strings(const FunctionCall& call, std::size_t bytes_expected, const Row& row) {
  StringRows out(call.context.memory, call.row_count, bytes_expected);
  for (std::int64_t i = 0; i < call.row_count; ++i) {
    if (is_valid_row(call, i)) row(i, out);
    out.end_row();
  }
  return out.finish();
}

/// A fixed-width column of storage T whose row i is value(i); rows under a null are zero.
template <typename T, typename ValueOf>
Column make_values(const FunctionCall& call, const ValueOf& value) {
  auto buffer = Buffer::allocate(call.context.memory, static_cast<std::size_t>(call.row_count) * sizeof(T));
  T* to = buffer->mutable_as<T>();
  if (call.valid == nullptr) {
    for (std::int64_t i = 0; i < call.row_count; ++i) to[i] = static_cast<T>(value(i));
  } else {
    for (std::int64_t i = 0; i < call.row_count; ++i) to[i] = call.valid[i] != 0 ? static_cast<T>(value(i)) : T{0};
  }
  return Column::fixed(call.expr.type, call.row_count, std::move(buffer));
}

/// The value of argument `index` when it is a literal that is not null, else nullptr: for Function::prepare.
inline const Value* literal_argument(const BoundExpr& call, std::size_t index) {
  const BoundExpr& arg = *call.args[index];
  return arg.kind == BoundExpr::Kind::kLiteral && !arg.literal.is_null() ? &arg.literal : nullptr;
}

/// A string argument: a column, or one literal for every row (Function::reads_literals).
class StringArgument {
 public:
  StringArgument(const FunctionCall& call, std::size_t index) {
    if (const Value* value = call.literal(index)) {
      literal_ = value->as_string();
    } else {
      column_ = &call.args[index];
    }
  }

  std::string_view operator[](std::int64_t row) const {
    return column_ != nullptr ? column_->string_at(row) : literal_;
  }
  bool is_literal() const { return column_ == nullptr; }
  /// The bytes of all rows, one after another; a literal's only once.
  std::string_view bytes() const {
    if (column_ == nullptr) return literal_;
    std::int32_t begin = column_->offsets().front();
    return {column_->bytes() + begin, static_cast<std::size_t>(column_->offsets().back() - begin)};
  }
  /// How many bytes all of `row_count` rows take.
  std::size_t total_bytes(std::int64_t row_count) const {
    return bytes().size() * (is_literal() ? static_cast<std::size_t>(row_count) : 1);
  }

 private:
  const Column* column_ = nullptr;
  std::string_view literal_;
};

/// An int64 argument: a column, or one literal for every row.
class IntArgument {
 public:
  IntArgument(const FunctionCall& call, std::size_t index) {
    if (const Value* value = call.literal(index)) {
      literal_ = value->as_int();
      values_ = &literal_;
    } else {
      values_ = call.args[index].values<std::int64_t>().data();
      step_ = 1;
    }
  }
  IntArgument(const IntArgument&) = delete;
  IntArgument& operator=(const IntArgument&) = delete;

  std::int64_t operator[](std::int64_t row) const { return values_[row * step_]; }

 private:
  const std::int64_t* values_;
  std::int64_t step_ = 0;
  std::int64_t literal_ = 0;
};

}  // namespace headrace
