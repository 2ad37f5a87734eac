// See row_order.h.
#include "headrace/kernel/row_order.h"

#include <algorithm>
#include <bit>

#include "headrace/base/error.h"
#include "headrace/column/element_range.h"
#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

std::strong_ordering compare_lists(const Column& a, std::int64_t row_a, const Column& b, std::int64_t row_b,
                                   FloatTies float_ties) {
  ElementRange in_a = elements_of(a, row_a), in_b = elements_of(b, row_b);
  for (std::int64_t i = 0; i < std::min(in_a.count(), in_b.count()); ++i) {
    auto order = compare_rows(a.child(0), in_a.first + i, b.child(0), in_b.first + i, float_ties);
    if (order != std::strong_ordering::equal) return order;
  }
  return in_a.count() <=> in_b.count();
}

std::strong_ordering compare_structs(const Column& a, std::int64_t row_a, const Column& b, std::int64_t row_b,
                                     FloatTies float_ties) {
  for (std::size_t i = 0; i < a.children().size(); ++i) {
    auto order = compare_rows(a.child(i), row_a, b.child(i), row_b, float_ties);
    if (order != std::strong_ordering::equal) return order;
  }
  return std::strong_ordering::equal;
}

template <typename T>
std::strong_ordering compare_fixed(const Column& a, std::int64_t row_a, const Column& b, std::int64_t row_b) {
  T x = a.values<T>()[static_cast<std::size_t>(row_a)];
  T y = b.values<T>()[static_cast<std::size_t>(row_b)];
  return x < y ? std::strong_ordering::less : y < x ? std::strong_ordering::greater : std::strong_ordering::equal;
}

template <typename T, typename Bits>
std::strong_ordering compare_floats(const Column& a, std::int64_t row_a, const Column& b, std::int64_t row_b,
                                    FloatTies float_ties) {
  T x = a.values<T>()[static_cast<std::size_t>(row_a)];
  T y = b.values<T>()[static_cast<std::size_t>(row_b)];
  auto order = order_key_float64(static_cast<double>(x)) <=> order_key_float64(static_cast<double>(y));
  if (order != std::strong_ordering::equal || float_ties == FloatTies::kEqual) return order;
  // The sign bit flipped: -0.0 before 0.0.
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  return (std::bit_cast<Bits>(x) ^ kSign) <=> (std::bit_cast<Bits>(y) ^ kSign);
}

}  // namespace

std::strong_ordering compare_rows(const Column& a, std::int64_t row_a, const Column& b, std::int64_t row_b,
                                  FloatTies float_ties) {
  bool null_a = a.is_null(row_a), null_b = b.is_null(row_b);
  if (null_a || null_b) return static_cast<int>(!null_a) <=> static_cast<int>(!null_b);
  if (a.is_dictionary()) {
    return compare_rows(*a.dictionary(), a.codes()[static_cast<std::size_t>(row_a)], b, row_b, float_ties);
  }
  if (b.is_dictionary()) {
    return compare_rows(a, row_a, *b.dictionary(), b.codes()[static_cast<std::size_t>(row_b)], float_ties);
  }
  switch (a.type().kind()) {
    case TypeKind::kNull: break;
    case TypeKind::kBool: return compare_fixed<std::uint8_t>(a, row_a, b, row_b);
    case TypeKind::kInt8: return compare_fixed<std::int8_t>(a, row_a, b, row_b);
    case TypeKind::kInt16: return compare_fixed<std::int16_t>(a, row_a, b, row_b);
    case TypeKind::kInt32:
    case TypeKind::kDate: return compare_fixed<std::int32_t>(a, row_a, b, row_b);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return compare_fixed<std::int64_t>(a, row_a, b, row_b);
    case TypeKind::kFloat32: return compare_floats<float, std::uint32_t>(a, row_a, b, row_b, float_ties);
    case TypeKind::kFloat64: return compare_floats<double, std::uint64_t>(a, row_a, b, row_b, float_ties);
    case TypeKind::kDecimal128: return compare_fixed<Int128>(a, row_a, b, row_b);
    case TypeKind::kString:
    case TypeKind::kBinary: return a.string_at(row_a) <=> b.string_at(row_b);
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return compare_lists(a, row_a, b, row_b, float_ties);
    case TypeKind::kStruct: return compare_structs(a, row_a, b, row_b, float_ties);
  }
  HEADRACE_CHECK(false && "a column of no type has nulls only");
}

}  // namespace headrace
