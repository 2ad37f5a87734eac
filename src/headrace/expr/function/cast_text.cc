// Casts to string and binary. Numbers are written as Spark writes them; timestamps "2013-01-31 05:00:00", in UTC.
#include <fmt/format.h>

#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/expr/function/cast_targets.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/rows.h"

namespace headrace {
namespace {

/// Whether `bytes` are well-formed UTF-8: no stray or missing continuation, no overlong form, no surrogate.
bool is_utf8(std::string_view bytes) {
  auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
  auto continues = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
  for (std::size_t i = 0; i < bytes.size();) {
    unsigned lead = byte(i);
    std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (size > 1 && (lead < 0xc2 || lead > 0xf4 || !continues(i + 1, low, high))) return false;
    for (std::size_t k = 2; k < size; ++k) {
      if (!continues(i + k, 0x80, 0xbf)) return false;
    }
    i += size;
  }
  return true;
}

/// `text(row)` for every valid row.
template <typename Text>
Column write_texts(const FunctionCall& call, const Text& text) {
  return make_strings(call, static_cast<std::size_t>(call.row_count) * 8,
                      [&](std::int64_t row, StringRows& out) { out.append(text(row)); });
}

Column check_utf8(const FunctionCall& call) {
  const Column& from = call.args[0];
  CastFailures failures(call);
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    bool valid = call.valid == nullptr || call.valid[row] != 0;
    if (valid && !is_utf8(from.string_at(row))) failures.add(row);
  }
  std::shared_ptr<const Buffer> validity = failures.take_validity();
  return validity ? from.with_type(TypeKind::kString).with_validity(std::move(validity))
                  : from.with_type(TypeKind::kString);
}

}  // namespace

Column cast_to_text(const FunctionCall& call) {
  const Column& from = call.args[0];
  const Type& type = from.type();
  switch (type.kind()) {
    case TypeKind::kString: return from.with_type(TypeKind::kBinary);
    case TypeKind::kBinary: return check_utf8(call);
    case TypeKind::kBool:
      return write_texts(call, [values = from.values<std::uint8_t>().data()](std::int64_t row) -> std::string_view {
        return values[row] != 0 ? "true" : "false";
      });
    case TypeKind::kFloat32:
      return write_texts(call, [v = from.values<float>().data()](std::int64_t row) { return format_float32(v[row]); });
    case TypeKind::kFloat64:
      return write_texts(call, [v = from.values<double>().data()](std::int64_t row) { return format_float64(v[row]); });
    case TypeKind::kDecimal128:
      return write_texts(call, [v = from.values<Int128>().data(), scale = type.scale()](std::int64_t row) {
        return format_decimal(v[row], scale);
      });
    case TypeKind::kDate:
      return write_texts(call,
                         [v = from.values<std::int32_t>().data()](std::int64_t row) { return format_date(v[row]); });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return write_texts(
          call, [v = from.values<std::int64_t>().data()](std::int64_t row) { return format_timestamp(v[row], ' '); });
    default: break;
  }
  return visit_number(type.kind(), [&](auto tag) -> Column {
    using From = typename decltype(tag)::type;
    const From* values = from.values<From>().data();
    return write_texts(
        call, [values](std::int64_t row) { return fmt::format_int(static_cast<std::int64_t>(values[row])).str(); });
  });
}

}  // namespace headrace
