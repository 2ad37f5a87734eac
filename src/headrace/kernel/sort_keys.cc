// See sort_keys.h.
#include "headrace/kernel/sort_keys.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

constexpr char kNullFirst = 0;
constexpr char kValue = 1;
constexpr char kNullLast = 2;
constexpr std::size_t kTextEndBytes = 2;

char* put_big_endian(char* out, std::uint64_t value) {
  static_assert(std::endian::native == std::endian::little);
  value = __builtin_bswap64(value);
  std::memcpy(out, &value, sizeof(value));
  return out + sizeof(value);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(value)));
  return __builtin_bswap64(value);
}

/// Bytes of the value itself; of texts without their end.
std::size_t value_bytes(const Type& type) { return type.kind() == TypeKind::kDecimal128 ? 16 : 8; }

std::size_t text_bytes(std::string_view text) {
  return text.size() + static_cast<std::size_t>(std::ranges::count(text, '\0')) + kTextEndBytes;
}

char* put_text(char* out, std::string_view text) {
  for (char c : text) {
    *out++ = c;
    if (c == '\0') *out++ = '\xff';
  }
  std::memset(out, 0, kTextEndBytes);
  return out + kTextEndBytes;
}

template <typename T>
char* put_int(char* out, const Column& column, std::size_t row) {
  return put_big_endian(out, order_key_int64(static_cast<std::int64_t>(column.values<T>()[row])));
}

char* put_value(char* out, const Column& column, std::size_t row) {
  switch (column.type().kind()) {
    case TypeKind::kBool: return put_int<std::uint8_t>(out, column, row);
    case TypeKind::kInt8: return put_int<std::int8_t>(out, column, row);
    case TypeKind::kInt16: return put_int<std::int16_t>(out, column, row);
    case TypeKind::kInt32:
    case TypeKind::kDate: return put_int<std::int32_t>(out, column, row);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return put_int<std::int64_t>(out, column, row);
    case TypeKind::kFloat32: return put_big_endian(out, order_key_float64(double{column.values<float>()[row]}));
    case TypeKind::kFloat64: return put_big_endian(out, order_key_float64(column.values<double>()[row]));
    case TypeKind::kDecimal128: {
      Int128 value = column.values<Int128>()[row];
      out = put_big_endian(out, order_key_int64(static_cast<std::int64_t>(value >> 64)));
      return put_big_endian(out, static_cast<std::uint64_t>(value));
    }
    default: return put_text(out, column.string_at(static_cast<std::int64_t>(row)));
  }
}

}  // namespace

bool has_sort_key(const Type& type) { return !type.is_nested() && type.kind() != TypeKind::kNull; }

void SortKeys::make(std::span<const Column> columns, std::span<const SortOrder> orders,
                    std::span<const std::uint64_t> ties) {
  HEADRACE_CHECK(columns.size() == orders.size());
  std::size_t rows = columns.empty() ? ties.size() : static_cast<std::size_t>(columns[0].length());
  HEADRACE_CHECK(ties.empty() || ties.size() == rows);
  std::vector<Column> plain;
  for (const Column& column : columns) {
    HEADRACE_CHECK(has_sort_key(column.type()));
    plain.push_back(flatten(*memory_, column));
  }
  reservation_ = Reservation(*memory_, rows * sizeof(std::size_t), "sort keys");
  ends_.assign(rows, ties.empty() ? 0 : sizeof(std::uint64_t));
  for (const Column& column : plain) {
    bool is_text = column.type().is_binary_like();
    for (std::size_t row = 0; row < rows; ++row) {
      std::int64_t at = static_cast<std::int64_t>(row);
      ends_[row] += 1;
      if (column.is_null(at)) continue;
      ends_[row] += is_text ? text_bytes(column.string_at(at)) : value_bytes(column.type());
    }
  }
  std::size_t total = 0;
  for (std::size_t& end : ends_) end = total += end;
  reservation_.resize(rows * sizeof(std::size_t) + total, "sort keys");
  bytes_.resize(total);
  char* out = bytes_.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < plain.size(); ++i) {
      bool is_null = plain[i].is_null(static_cast<std::int64_t>(row));
      *out++ = !is_null ? kValue : orders[i].nulls_last ? kNullLast : kNullFirst;
      if (is_null) continue;
      char* start = out;
      out = put_value(out, plain[i], row);
      if (!orders[i].descending) continue;
      for (char* byte = start; byte < out; ++byte) *byte = static_cast<char>(~*byte);
    }
    if (!ties.empty()) out = put_big_endian(out, ties[row]);
    HEADRACE_CHECK(out == bytes_.data() + ends_[row]);
  }
}

std::vector<std::int32_t> SortKeys::order() const {
  // The first bytes as an integer decide most comparisons.
  struct Entry {
    std::uint64_t first_bytes;
    std::int32_t row;
  };
  Reservation reservation(*memory_, size() * sizeof(Entry), "rows being sorted");
  std::vector<Entry> entries(size());
  for (std::size_t row = 0; row < size(); ++row) {
    entries[row] = {big_endian((*this)[row].substr(0, sizeof(std::uint64_t))), static_cast<std::int32_t>(row)};
  }
  std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
    if (a.first_bytes != b.first_bytes) return a.first_bytes < b.first_bytes;
    int compared = (*this)[static_cast<std::size_t>(a.row)].compare((*this)[static_cast<std::size_t>(b.row)]);
    return compared != 0 ? compared < 0 : a.row < b.row;
  });
  std::vector<std::int32_t> rows(size());
  std::ranges::transform(entries, rows.begin(), &Entry::row);
  return rows;
}

}  // namespace headrace
