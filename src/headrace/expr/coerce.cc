// The implicit casts: which type can stand for which, and what two types have in common. The rules are those of Spark's
// ANSI mode, except that text is never a number.
#include <algorithm>

#include "headrace/column/decimal.h"
#include "headrace/expr/bind.h"

namespace headrace {
namespace {

/// Digits that every value of an integer type fits.
int integer_digits(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt8: return 3;
    case TypeKind::kInt16: return 5;
    case TypeKind::kInt32: return 10;
    default: return 20;
  }
}

Type as_decimal(const Type& type) {
  return type.kind() == TypeKind::kDecimal128 ? type : Type::decimal(integer_digits(type.kind()), 0);
}

Type common_decimal(const Type& a, const Type& b) {
  int scale = std::max(a.scale(), b.scale());
  int whole = std::max(a.precision() - a.scale(), b.precision() - b.scale());
  return Type::decimal(std::min(whole + scale, kDecimalDigitsMax), scale);
}

}  // namespace

bool can_coerce(const Type& from, const Type& to) {
  if (from == to || from.kind() == TypeKind::kNull) return true;
  if (from.is_list() && to.kind() == from.kind() && from.list_size() == to.list_size()) {
    return can_coerce(from.element(), to.element());
  }
  switch (to.kind()) {
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64: return from.is_integer() && from.kind() < to.kind();
    case TypeKind::kDecimal128: {
      if (!from.is_integer() && from.kind() != TypeKind::kDecimal128) return false;
      Type decimal = as_decimal(from);
      return to.scale() >= decimal.scale() && to.precision() - to.scale() >= decimal.precision() - decimal.scale();
    }
    case TypeKind::kFloat64: return from.is_numeric();
    case TypeKind::kTimestamp: return from.kind() == TypeKind::kDate || from.kind() == TypeKind::kTimestampNtz;
    case TypeKind::kTimestampNtz: return from.kind() == TypeKind::kDate;
    default: return false;
  }
}

Type common_type(const Type& a, const Type& b) {
  if (can_coerce(a, b)) return b;
  if (can_coerce(b, a)) return a;
  if (a.is_numeric() && b.is_numeric()) {
    if (a.is_floating() || b.is_floating()) return TypeKind::kFloat64;
    return common_decimal(as_decimal(a), as_decimal(b));
  }
  if (a.is_list() && a.kind() == b.kind() && a.list_size() == b.list_size()) {
    Type element = common_type(a.element(), b.element());
    if (element.kind() == TypeKind::kNull) return TypeKind::kNull;
    return a.kind() == TypeKind::kList ? Type::list(element) : Type::fixed_size_list(element, a.list_size());
  }
  return TypeKind::kNull;
}

}  // namespace headrace
