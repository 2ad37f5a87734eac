// Loops over the values of one or two fixed-width arguments: no call, branch or allocation a row.
//
// An argument may be a literal (Function::reads_literals). Values are computed under nulls, too, unless they would be
// seen there: slots under a null become zero.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/expr/function.h"

namespace headrace {

/// Calls `visit` with std::type_identity of the storage type of a numeric kind.
template <typename Visit>
decltype(auto) visit_number(TypeKind kind, const Visit& visit) {
  switch (kind) {
    case TypeKind::kInt8: return visit(std::type_identity<std::int8_t>());
    case TypeKind::kInt16: return visit(std::type_identity<std::int16_t>());
    case TypeKind::kInt32: return visit(std::type_identity<std::int32_t>());
    case TypeKind::kInt64: return visit(std::type_identity<std::int64_t>());
    case TypeKind::kFloat32: return visit(std::type_identity<float>());
    case TypeKind::kFloat64: return visit(std::type_identity<double>());
    default: break;
  }
  HEADRACE_CHECK(kind == TypeKind::kDecimal128);
  return visit(std::type_identity<Int128>());
}

/// Calls `visit` with std::type_identity of the storage type of any fixed-width kind.
template <typename Visit>
decltype(auto) visit_fixed(TypeKind kind, const Visit& visit) {
  switch (kind) {
    case TypeKind::kBool: return visit(std::type_identity<std::uint8_t>());
    case TypeKind::kDate: return visit(std::type_identity<std::int32_t>());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return visit(std::type_identity<std::int64_t>());
    default: return visit_number(kind, visit);
  }
}

/// The value as the storage type of its column.
template <typename T>
T stored_value(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return static_cast<T>(*number);
  if (const auto* number = std::get_if<double>(&value.data)) return static_cast<T>(*number);
  if (const auto* number = std::get_if<Int128>(&value.data)) return static_cast<T>(*number);
  return static_cast<T>(value.as_bool() ? 1 : 0);
}

template <typename T>
std::shared_ptr<Buffer> allocate_values(const FunctionCall& call) {
  return Buffer::allocate(call.context.memory, static_cast<std::size_t>(call.row_count) * sizeof(T));
}

/// out[i] = at(i), or zero under a null.
template <typename Out, typename At>
void fill_values(const FunctionCall& call, Out* out, const At& at) {
  if (call.valid == nullptr) {
    for (std::int64_t i = 0; i < call.row_count; ++i) out[i] = at(i);
  } else {
    for (std::int64_t i = 0; i < call.row_count; ++i) {
      Out value = at(i);
      out[i] = call.valid[i] != 0 ? value : Out{};
    }
  }
}

/// Calls `loop` with two functions from row to value, one for each argument; each is a column or a literal.
template <typename A, typename B, typename Loop>
void with_operands(const FunctionCall& call, const Loop& loop) {
  const Value* literal_a = call.literal(0);
  const Value* literal_b = call.literal(1);
  if (literal_b != nullptr) {
    const A* a = call.args[0].values<A>().data();
    B b = stored_value<B>(*literal_b);
    loop([a](std::int64_t i) { return a[i]; }, [b](std::int64_t) { return b; });
  } else if (literal_a != nullptr) {
    A a = stored_value<A>(*literal_a);
    const B* b = call.args[1].values<B>().data();
    loop([a](std::int64_t) { return a; }, [b](std::int64_t i) { return b[i]; });
  } else {
    const A* a = call.args[0].values<A>().data();
    const B* b = call.args[1].values<B>().data();
    loop([a](std::int64_t i) { return a[i]; }, [b](std::int64_t i) { return b[i]; });
  }
}

/// A column of f(a) of the only argument; f takes every value.
template <typename Out, typename A, typename F>
Column map_values(const FunctionCall& call, const F& f) {
  std::shared_ptr<Buffer> buffer = allocate_values<Out>(call);
  const A* a = call.args[0].values<A>().data();
  fill_values(call, buffer->mutable_as<Out>(), [&](std::int64_t i) -> Out { return f(a[i]); });
  return Column::fixed(call.expr.type, call.row_count, std::move(buffer));
}

/// A column of f(a, b); f takes every pair of values.
template <typename Out, typename A, typename B, typename F>
Column map_pairs(const FunctionCall& call, const F& f) {
  std::shared_ptr<Buffer> buffer = allocate_values<Out>(call);
  with_operands<A, B>(call, [&](const auto& a, const auto& b) {
    fill_values(call, buffer->mutable_as<Out>(), [&](std::int64_t i) -> Out { return f(a(i), b(i)); });
  });
  return Column::fixed(call.expr.type, call.row_count, std::move(buffer));
}

/// Runs `row_fails(i, out)` for all rows, and then `fail(i)` for the first valid one that failed. Failures are looked
/// for only after the loop, which so stays free of branches.
template <typename Out, typename RowFails, typename Fail>
void fill_checked(const FunctionCall& call, Out* out, const RowFails& row_fails, const Fail& fail) {
  bool failed = false;
  for (std::int64_t i = 0; i < call.row_count; ++i) failed |= row_fails(i, out[i]);
  if (failed) {
    for (std::int64_t i = 0; i < call.row_count; ++i) {
      Out ignored;
      bool valid = call.valid == nullptr || call.valid[i] != 0;
      if (valid && row_fails(i, ignored)) fail(i);
    }
  }
  if (call.valid == nullptr) return;
  for (std::int64_t i = 0; i < call.row_count; ++i) out[i] = call.valid[i] != 0 ? out[i] : Out{};
}

/// A column of what `fails(a, out)` puts into out; where it returns true, fail(row) throws.
template <typename Out, typename A, typename TryValue, typename Fail>
Column map_values_checked(const FunctionCall& call, const TryValue& fails, const Fail& fail) {
  std::shared_ptr<Buffer> buffer = allocate_values<Out>(call);
  const A* a = call.args[0].values<A>().data();
  fill_checked(
      call, buffer->mutable_as<Out>(), [&](std::int64_t i, Out& out) -> bool { return fails(a[i], out); }, fail);
  return Column::fixed(call.expr.type, call.row_count, std::move(buffer));
}

/// A column of what `fails(a, b, out)` puts into out; where it returns true, fail(row) throws.
template <typename Out, typename A, typename B, typename TryValue, typename Fail>
Column map_pairs_checked(const FunctionCall& call, const TryValue& fails, const Fail& fail) {
  std::shared_ptr<Buffer> buffer = allocate_values<Out>(call);
  with_operands<A, B>(call, [&](const auto& a, const auto& b) {
    fill_checked(
        call, buffer->mutable_as<Out>(), [&](std::int64_t i, Out& out) -> bool { return fails(a(i), b(i), out); },
        fail);
  });
  return Column::fixed(call.expr.type, call.row_count, std::move(buffer));
}

}  // namespace headrace
