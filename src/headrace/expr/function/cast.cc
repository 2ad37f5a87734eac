// See cast.h.
#include "headrace/expr/function/cast.h"

#include <cstring>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/bind.h"
#include "headrace/expr/function/cast_targets.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

bool is_moment(const Type& type) { return type.kind() == TypeKind::kDate || type.is_timestamp(); }

/// The elements cast, the rows left as they are. A row with an element that fails is not told apart, so try_cast of
/// lists makes such elements null.
Column cast_list(const FunctionCall& call) {
  const Column& lists = call.args[0];
  const Type& element = call.expr.type.element();
  BoundExpr child_cast = call.expr;
  child_cast.type = element;
  if (lists.child(0).type() == element) return lists;
  if (lists.child(0).type().kind() == TypeKind::kNull) {
    Column nulls = Column::nulls(call.context.memory, element, lists.child(0).length());
    return lists.type().kind() == TypeKind::kList
               ? Column::list(
                     call.expr.type, lists.length(),
                     Buffer::wrap(lists.offsets().data(), lists.offsets().size_bytes(), lists.offsets_buffer()), nulls)
               : Column::fixed_size_list(call.expr.type, lists.length(), nulls);
  }
  // The child is evaluated as a batch of one column of its own.
  auto input = std::make_shared<BoundExpr>();
  input->kind = BoundExpr::Kind::kColumn;
  input->type = lists.child(0).type();
  input->source = call.expr.args[0]->source;
  child_cast.args = {input};
  Batch batch{nullptr, {lists.child(0)}, lists.child(0).length()};
  Column child = evaluate(child_cast, batch, call.context);
  if (lists.type().kind() == TypeKind::kFixedSizeList) {
    return Column::fixed_size_list(call.expr.type, lists.length(), std::move(child));
  }
  std::shared_ptr<const Buffer> offsets =
      Buffer::wrap(lists.offsets().data(), lists.offsets().size_bytes(), lists.offsets_buffer());
  return Column::list(call.expr.type, lists.length(), std::move(offsets), std::move(child));
}

Column cast_column(const FunctionCall& call) {
  switch (call.expr.type.kind()) {
    case TypeKind::kBool: return cast_to_bool(call);
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64: return cast_to_integer(call);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: return cast_to_float(call);
    case TypeKind::kDecimal128: return cast_to_decimal(call);
    case TypeKind::kString:
    case TypeKind::kBinary: return cast_to_text(call);
    case TypeKind::kDate: return cast_to_date(call);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return cast_to_timestamp(call);
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return cast_list(call);
    case TypeKind::kNull:
    case TypeKind::kStruct: break;
  }
  HEADRACE_CHECK(false && "no such cast");
  return {};
}

Resolved resolve_nothing(std::span<const Type>) {
  throw Error(ErrorCode::kInvalidPipeline, "a cast is written with a type", "write cast(x as int64)");
}

}  // namespace

CastFailures::CastFailures(const FunctionCall& call) : call_(call), is_try_(call.expr.function == &kTryCast) {}

void CastFailures::add(std::int64_t row) {
  if (!is_try_) {
    std::string type = call_.expr.type.to_string();
    bool is_text = call_.args[0].type().is_binary_like();
    call_.fail(row, is_text ? fmt::format("the text is no {}", type) : fmt::format("the value does not fit {}", type),
               fmt::format("try_cast(… as {}) gives null instead", type));
  }
  if (!validity_) {
    validity_ = Buffer::allocate(call_.context.memory, static_cast<std::size_t>(call_.row_count));
    std::memset(validity_->mutable_data(), 1, validity_->size_bytes());
  }
  validity_->mutable_as<std::uint8_t>()[row] = 0;
}

bool is_cast_allowed(const Type& from, const Type& to) {
  if (from == to || from.kind() == TypeKind::kNull) return true;
  if (from.is_list() && to.is_list()) {
    return from.kind() == to.kind() && from.list_size() == to.list_size() &&
           is_cast_allowed(from.element(), to.element());
  }
  if (from.is_nested() || to.is_nested() || to.kind() == TypeKind::kNull) return false;
  switch (to.kind()) {
    case TypeKind::kString: return true;
    case TypeKind::kBinary: return from.kind() == TypeKind::kString;
    case TypeKind::kBool: return from.is_numeric() || from.kind() == TypeKind::kString;
    case TypeKind::kDate: return from.is_timestamp() || from.kind() == TypeKind::kString;
    case TypeKind::kTimestamp:
      return is_moment(from) || from.is_integer() || from.is_floating() || from.kind() == TypeKind::kString;
    case TypeKind::kTimestampNtz: return is_moment(from) || from.kind() == TypeKind::kString;
    default: break;
  }
  bool seconds = from.kind() == TypeKind::kTimestamp && (to.is_integer() || to.is_floating());
  return from.is_numeric() || from.kind() == TypeKind::kBool || from.kind() == TypeKind::kString || seconds;
}

bool can_cast_fail(const Type& from, const Type& to) {
  if (from == to || from.kind() == TypeKind::kNull) return false;
  switch (to.kind()) {
    case TypeKind::kString: return from.kind() == TypeKind::kBinary;
    case TypeKind::kBinary: return false;
    case TypeKind::kBool:
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: return from.kind() == TypeKind::kString;
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64: return from.kind() != TypeKind::kBool && !can_coerce(from, to);
    case TypeKind::kDecimal128: return !can_coerce(from, to);
    case TypeKind::kDate: return from.kind() == TypeKind::kString;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return !from.is_timestamp();
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return can_cast_fail(from.element(), to.element());
    default: return true;
  }
}

std::string cast_hint(const Type& from, const Type& to) {
  if (from.kind() == TypeKind::kStruct || to.kind() == TypeKind::kStruct) return "cast the fields one by one";
  if (from.is_list() != to.is_list()) return "a list is cast to a list of the same kind only";
  if (to.kind() == TypeKind::kDate && from.is_integer())
    return "date_add(date '1970-01-01', x) counts days from a date";
  if (from.kind() == TypeKind::kDate && to.is_numeric())
    return "date_diff(x, date '1970-01-01') counts days between dates";
  if (from.kind() == TypeKind::kBinary) return "binary is cast to string only";
  return fmt::format("cast to string first if the text of the value is what is meant: cast(cast(x as string) as {})",
                     to.to_string());
}

const Function kCast = {
    .name = "cast",
    .group = "conversion",
    .signature = "cast(x as type) -> type",
    .summary =
        "The value as another type; an error when the type cannot hold it. Floats are cut to integers, decimals "
        "rounded "
        "half away from zero; text is read as a literal of the type is written; numbers and timestamps convert by "
        "seconds since 1970.",
    .examples = {{"cast('12' as int64)", "12"},
                 {"cast(-2.9 as int8)", "-2"},
                 {"cast(2.345 as decimal(3, 2))", "2.35"},
                 {"cast(1.0 as string)", "1.0"},
                 {"cast('2013-01-31 05:00' as timestamp)", "2013-01-31T05:00:00Z"}},
    .resolve = resolve_nothing,
    .eval = cast_column,
};

const Function kTryCast = {
    .name = "try_cast",
    .group = "conversion",
    .signature = "try_cast(x as type) -> type",
    .summary = "As cast, but null when the type cannot hold the value.",
    .examples = {{"try_cast('x' as int64)", "null"}, {"try_cast('7' as int8)", "7"}, {"try_cast(300 as int8)", "null"}},
    .resolve = resolve_nothing,
    .eval = cast_column,
    .may_make_null = true,
    .fails = Fails::kNever,
};

}  // namespace headrace
