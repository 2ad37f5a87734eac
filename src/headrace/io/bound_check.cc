// See bound_check.h.
#include "headrace/io/bound_check.h"

#include <cmath>
#include <cstdint>
#include <variant>

namespace headrace {
namespace {

/// a < b for values of one storage.
bool is_less(const Value& a, const Value& b) {
  if (std::holds_alternative<std::int64_t>(a.data)) return a.as_int() < b.as_int();
  if (std::holds_alternative<double>(a.data)) return a.as_double() < b.as_double();
  if (std::holds_alternative<Int128>(a.data)) return std::get<Int128>(a.data) < std::get<Int128>(b.data);
  if (std::holds_alternative<bool>(a.data)) return !a.as_bool() && b.as_bool();
  return a.as_string() < b.as_string();
}

}  // namespace

bool is_comparable(const Value& bound, const Type& type) {
  if (bound.is_null()) return false;
  if (bound.type.is_integer() && type.is_integer()) return true;
  if (bound.type.is_floating() && type.is_floating()) return !std::isnan(bound.as_double());
  return bound.type == type && !type.is_nested();
}

bool is_outside(const Value& min, const Value& max, const ScanBound& bound) {
  using Op = ScanBound::Op;
  // Statistics of floats leave NaN out, which is greater than all that they show.
  bool may_hold_nan = min.type.is_floating();
  switch (bound.op) {
    case Op::kEq: return is_less(bound.value, min) || is_less(max, bound.value);
    case Op::kLt: return !is_less(min, bound.value);
    case Op::kLe: return is_less(bound.value, min);
    case Op::kGt: return !may_hold_nan && !is_less(bound.value, max);
    case Op::kGe: return !may_hold_nan && is_less(max, bound.value);
    case Op::kIsNotNull: return false;
  }
  return false;
}

}  // namespace headrace
