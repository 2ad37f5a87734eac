// See declared_cast.h.
#include "headrace/io/declared_cast.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/ascii.h"
#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/column/decimal.h"
#include "headrace/column/value.h"
#include "headrace/io/excerpt.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

CastFit fit_of_numbers(const Type& from, const Type& to) {
  bool to_decimal = to.kind() == TypeKind::kDecimal128;
  if (from.is_integer() && to.is_integer()) {
    return from.value_bytes() <= to.value_bytes() ? CastFit::kAlways : CastFit::kByValue;
  }
  if (from.is_integer() && to.is_floating()) {
    return from.value_bytes() < to.value_bytes() ? CastFit::kAlways : CastFit::kByValue;
  }
  if (from.is_integer() && to_decimal) return CastFit::kByValue;
  if (from.is_floating() && to.is_floating()) {
    return from.value_bytes() <= to.value_bytes() ? CastFit::kAlways : CastFit::kNever;
  }
  if (from.kind() != TypeKind::kDecimal128) return CastFit::kNever;
  if (to.is_integer()) return from.scale() == 0 ? CastFit::kByValue : CastFit::kNever;
  if (!to_decimal || to.scale() < from.scale()) return CastFit::kNever;
  return from.precision() - from.scale() <= to.precision() - to.scale() ? CastFit::kAlways : CastFit::kByValue;
}

CastFit fit_of_structs(const Type& from, const Type& to) {
  if (from.fields().size() != to.fields().size()) return CastFit::kNever;
  CastFit worst = CastFit::kAlways;
  for (std::size_t i = 0; i < from.fields().size(); ++i) {
    if (from.fields()[i].name != to.fields()[i].name) return CastFit::kNever;
    worst = std::min(worst, declared_cast_fit(from.fields()[i].type, to.fields()[i].type));
  }
  return worst;
}

std::shared_ptr<const Buffer> shared_validity(const Column& column) {
  if (column.validity() == nullptr) return nullptr;
  return Buffer::wrap(column.validity(), static_cast<std::size_t>(column.length()), column.validity_buffer());
}

/// A fixed-width column whose valid values `convert(value, out)` turns; false reports the value as not fitting.
template <typename From, typename To, typename Convert>
Column cast_fixed(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report, Convert convert) {
  std::size_t rows = static_cast<std::size_t>(column.length());
  std::shared_ptr<Buffer> values = Buffer::allocate(memory, rows * sizeof(To));
  std::shared_ptr<Buffer> validity;
  const From* in = column.values<From>().data();
  To* out = values->mutable_as<To>();
  for (std::size_t row = 0; row < rows; ++row) {
    if (convert(in[row], out[row])) continue;
    out[row] = To{};
    std::int64_t at = static_cast<std::int64_t>(row);
    if (column.is_null(at)) continue;
    if (!validity) {
      validity = Buffer::allocate(memory, rows);
      if (column.validity() != nullptr) std::memcpy(validity->mutable_data(), column.validity(), rows);
      if (column.validity() == nullptr) std::memset(validity->mutable_data(), 1, rows);
    }
    validity->mutable_data()[row] = std::byte{0};
    report(at, "cast", fmt::format("{} does not fit {}", format_cell(column, at), to.to_string()));
  }
  std::shared_ptr<const Buffer> valid = validity;
  return Column::fixed(to, column.length(), std::move(values), validity ? valid : shared_validity(column));
}

template <typename From, typename To>
Column cast_number(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  return cast_fixed<From, To>(column, to, memory, report, [](From value, To& out) {
    if constexpr (std::is_floating_point_v<To> && std::is_integral_v<From>) {
      // The greatest integers round up to 2^31 or 2^63, which must not be cast back.
      constexpr To kLimit = static_cast<To>(std::uint64_t{1} << (sizeof(From) * 8 - 1));
      out = static_cast<To>(value);
      return out < kLimit && static_cast<From>(out) == value;
    } else {
      out = static_cast<To>(value);
      return std::is_floating_point_v<From> || static_cast<From>(out) == value;
    }
  });
}

template <typename From>
Column cast_from(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  switch (to.kind()) {
    case TypeKind::kInt8: return cast_number<From, std::int8_t>(column, to, memory, report);
    case TypeKind::kInt16: return cast_number<From, std::int16_t>(column, to, memory, report);
    case TypeKind::kInt32: return cast_number<From, std::int32_t>(column, to, memory, report);
    case TypeKind::kInt64: return cast_number<From, std::int64_t>(column, to, memory, report);
    case TypeKind::kFloat32: return cast_number<From, float>(column, to, memory, report);
    case TypeKind::kFloat64: return cast_number<From, double>(column, to, memory, report);
    case TypeKind::kDecimal128: {
      Int128 factor = power_of_ten(to.scale() - column.type().scale());
      return cast_fixed<From, Int128>(column, to, memory, report, [&](From value, Int128& out) {
        return !__builtin_mul_overflow(static_cast<Int128>(value), factor, &out) && fits_precision(out, to.precision());
      });
    }
    default: HEADRACE_CHECK(false && "no such cast");
  }
}

Column cast_numbers(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  switch (column.type().kind()) {
    case TypeKind::kInt8: return cast_from<std::int8_t>(column, to, memory, report);
    case TypeKind::kInt16: return cast_from<std::int16_t>(column, to, memory, report);
    case TypeKind::kInt32: return cast_from<std::int32_t>(column, to, memory, report);
    case TypeKind::kInt64: return cast_from<std::int64_t>(column, to, memory, report);
    case TypeKind::kFloat32: return cast_from<float>(column, to, memory, report);
    case TypeKind::kDecimal128: return cast_from<Int128>(column, to, memory, report);
    default: HEADRACE_CHECK(false && "no such cast");
  }
}

/// The column with nulls at the given rows, which ascend.
Column with_nulls(const Column& column, const std::vector<std::int32_t>& null_rows, MemoryBudget& memory) {
  std::vector<std::int32_t> rows(static_cast<std::size_t>(column.length()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int32_t>(i);
  for (std::int32_t row : null_rows) rows[static_cast<std::size_t>(row)] = -1;
  return gather(memory, column, rows);
}

Column cast_text(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  Column text = column.with_type(to);
  if (to.kind() == TypeKind::kBinary || all_texts_valid(column)) return text;
  std::vector<std::int32_t> bad;
  for (std::int64_t row = 0; row < column.length(); ++row) {
    std::string_view value = column.string_at(row);
    if (valid_utf8_bytes(value) == value.size()) continue;
    report(row, "invalid_encoding", bad_utf8_message(value));
    bad.push_back(static_cast<std::int32_t>(row));
  }
  return bad.empty() ? text : with_nulls(text, bad, memory);
}

/// Lists: the child's bad values belong to the rows that hold them.
Column cast_list(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  std::span<const std::int32_t> offsets = column.offsets();
  std::int32_t start = offsets[0];
  std::int32_t end = offsets[static_cast<std::size_t>(column.length())];
  Column used = column.child(0).slice(start, end - start);
  Column child = declared_cast(used, to.element(), memory, [&](std::int64_t at, const char* kind, std::string message) {
    auto after = std::upper_bound(offsets.begin(), offsets.end(), static_cast<std::int32_t>(at + start));
    report(after - offsets.begin() - 1, kind, std::move(message));
  });
  std::shared_ptr<Buffer> rebased = Buffer::allocate(memory, offsets.size() * sizeof(std::int32_t));
  for (std::size_t i = 0; i < offsets.size(); ++i) rebased->mutable_as<std::int32_t>()[i] = offsets[i] - start;
  std::shared_ptr<const Buffer> valid = shared_validity(column);
  return Column::list(to, column.length(), std::move(rebased), std::move(child), std::move(valid));
}

Column cast_fixed_size_list(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  std::int64_t size = to.list_size();
  Column child =
      declared_cast(column.child(0), to.element(), memory, [&](std::int64_t at, const char* kind, std::string message) {
        if (!column.is_null(at / size)) report(at / size, kind, std::move(message));
      });
  std::shared_ptr<const Buffer> valid = shared_validity(column);
  return Column::fixed_size_list(to, column.length(), std::move(child), std::move(valid));
}

/// Lists of any length as lists of one length; another length is a bad value.
Column cast_to_fixed_size(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  Column list = cast_list(column, Type::list(to.element()), memory, report);
  std::int32_t size = to.list_size();
  std::vector<std::int32_t> rows;
  std::shared_ptr<Buffer> validity = Buffer::allocate(memory, static_cast<std::size_t>(list.length()));
  bool has_nulls = false;
  for (std::int64_t row = 0; row < list.length(); ++row) {
    std::int32_t start = list.offsets()[static_cast<std::size_t>(row)];
    std::int32_t count = list.offsets()[static_cast<std::size_t>(row) + 1] - start;
    bool valid = !list.is_null(row) && count == size;
    if (!valid && !list.is_null(row)) {
      report(row, "shape", fmt::format("{} values where {} takes {}", count, to.to_string(), size));
    }
    validity->mutable_data()[row] = valid ? std::byte{1} : std::byte{0};
    has_nulls = has_nulls || !valid;
    for (std::int32_t i = 0; i < size; ++i) rows.push_back(valid ? start + i : -1);
  }
  Column child = gather(memory, list.child(0), rows);
  if (!has_nulls) validity.reset();
  return Column::fixed_size_list(to, list.length(), std::move(child), std::move(validity));
}

Column cast_struct(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  std::vector<Column> children;
  for (std::size_t i = 0; i < to.fields().size(); ++i) {
    auto report_valid = [&](std::int64_t row, const char* kind, std::string message) {
      if (!column.is_null(row)) report(row, kind, std::move(message));
    };
    children.push_back(declared_cast(column.child(i), to.fields()[i].type, memory, report_valid));
  }
  std::shared_ptr<const Buffer> valid = shared_validity(column);
  return Column::structure(to, column.length(), std::move(children), std::move(valid));
}

}  // namespace

/// The bytes as a whole are valid, and no text starts inside a character.
bool all_texts_valid(const Column& column) {
  std::int64_t length = column.length();
  if (length == 0) return true;
  std::span<const std::int32_t> offsets = column.offsets();
  std::size_t start = static_cast<std::size_t>(offsets[0]);
  std::size_t end = static_cast<std::size_t>(offsets[static_cast<std::size_t>(length)]);
  std::string_view bytes(column.bytes() + start, end - start);
  if (is_ascii(bytes)) return true;
  if (valid_utf8_bytes(bytes) != bytes.size()) return false;
  unsigned inside = 0;
  for (std::int32_t offset : offsets.first(static_cast<std::size_t>(length))) {
    if (static_cast<std::size_t>(offset) < end) inside |= (column.bytes()[offset] & 0xC0) == 0x80 ? 1U : 0U;
  }
  return inside == 0;
}

CastFit declared_cast_fit(const Type& from, const Type& to) {
  if (from.is_binary_like() && to.is_binary_like()) {
    return to.kind() == TypeKind::kString ? CastFit::kByValue : CastFit::kAlways;
  }
  if (from.is_nested() && to.is_nested()) {
    if (from.kind() == TypeKind::kStruct || to.kind() == TypeKind::kStruct) {
      return from.kind() == to.kind() ? fit_of_structs(from, to) : CastFit::kNever;
    }
    CastFit elements = declared_cast_fit(from.element(), to.element());
    bool same_shape = from.kind() == to.kind() && from.list_size() == to.list_size();
    if (same_shape) return elements;
    bool to_fixed = from.kind() == TypeKind::kList && to.kind() == TypeKind::kFixedSizeList;
    return to_fixed ? std::min(elements, CastFit::kByValue) : CastFit::kNever;
  }
  if (from == to || from.kind() == TypeKind::kNull) return CastFit::kAlways;
  if (from.is_timestamp() && to.is_timestamp()) return CastFit::kAlways;
  if (from.is_numeric() && to.is_numeric()) return fit_of_numbers(from, to);
  return CastFit::kNever;
}

Column declared_cast(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report) {
  const Type& from = column.type();
  if (from.is_binary_like()) return cast_text(column, to, memory, report);
  if (declared_cast_fit(from, to) == CastFit::kAlways && from == to) return column;
  if (from.kind() == TypeKind::kNull) return Column::nulls(memory, to, column.length());
  if (from.is_timestamp()) return column.with_type(to);
  switch (from.kind()) {
    case TypeKind::kList:
      return to.kind() == TypeKind::kList ? cast_list(column, to, memory, report)
                                          : cast_to_fixed_size(column, to, memory, report);
    case TypeKind::kFixedSizeList: return cast_fixed_size_list(column, to, memory, report);
    case TypeKind::kStruct: return cast_struct(column, to, memory, report);
    default: return cast_numbers(column, to, memory, report);
  }
}

}  // namespace headrace
