// See convert.h.
#include "headrace/io/csv/convert.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/decimal.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/text/parse_value.h"

namespace headrace {
namespace {

/// Strings are copied in steps of this many bytes, a step too far included.
constexpr std::size_t kCopyBytes = 16;

/// A decimal whose digits behind the point fit the scale.
bool read_decimal(const char* at, std::size_t size, const Type& type, Int128& value) {
  std::size_t sign_bytes = size > 0 && *at == '-' ? 1 : 0;
  std::uint64_t digits;
  unsigned scale;
  if (!read_digits(at + sign_bytes, size - sign_bytes, digits, scale)) return false;
  int shift = type.scale() - static_cast<int>(scale);
  if (shift < 0 || shift > 20) return false;
  value = static_cast<Int128>(digits) * power_of_ten(shift);
  if (sign_bytes != 0) value = -value;
  return fits_precision(value, type.precision());
}

}  // namespace

/// Where the values of one column begin and end in a block.
struct ColumnParser::Rows {
  Rows(const RowBlock& block, std::size_t column)
      : text(block.text),
        begins(column == 0 ? block.row_begins.data() : block.value_ends.data() + column - 1),
        begin_stride(column == 0 ? 1 : block.column_count),
        begin_shift(column == 0 ? 0 : 1),
        ends(block.value_ends.data() + column),
        end_stride(block.column_count) {}

  std::uint32_t begin(std::size_t row) const { return begins[row * begin_stride] + begin_shift; }
  std::uint32_t end(std::size_t row) const { return ends[row * end_stride]; }

  const char* text;
  const std::uint32_t* begins;
  std::size_t begin_stride;
  std::uint32_t begin_shift;
  const std::uint32_t* ends;
  std::size_t end_stride;
};

ColumnParser::ColumnParser(Type type, std::size_t file_column, bool keeps_values, const NullValues& nulls,
                           TextDialect dialect, MemoryBudget& memory)
    : type_(std::move(type)),
      file_column_(file_column),
      keeps_values_(keeps_values),
      nulls_(nulls),
      dialect_(dialect),
      memory_(memory) {
  if (type_.is_binary_like()) return;
  std::byte ignored[sizeof(Int128)];
  for (const std::string& text : nulls.texts()) asks_nulls_first_ |= parse_text(type_, text, ignored);
}

void ColumnParser::begin_batch(std::size_t rows_max) {
  rows_max_ = rows_max;
  row_count_ = 0;
  byte_count_hint_ = byte_count_;
  byte_count_ = 0;
  validity_ = nullptr;
  if (!keeps_values_) return;
  if (!type_.is_binary_like()) {
    values_ = Buffer::allocate(memory_, rows_max * type_.value_bytes());
    return;
  }
  offsets_ = Buffer::allocate(memory_, (rows_max + 1) * sizeof(std::int32_t));
  offsets_->mutable_as<std::int32_t>()[0] = 0;
  std::size_t hint = byte_count_hint_ == 0 ? rows_max * 4 : byte_count_hint_ + byte_count_hint_ / 8;
  values_ = Buffer::allocate(memory_, hint + kCopyBytes);
}

void ColumnParser::parse(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad) {
  row_count_ = first_row + block.row_count;
  // Lambdas rather than pointers to the functions, so that they become part of the loop.
  auto integer = [](const char* at, std::size_t size, auto& value) { return read_integer(at, size, value); };
  auto floating = [](const char* at, std::size_t size, auto& value) { return read_float(at, size, value); };
  switch (type_.kind()) {
    case TypeKind::kBool: return parse_fixed<std::uint8_t>(block, first_row, bad, read_bool);
    case TypeKind::kInt8: return parse_fixed<std::int8_t>(block, first_row, bad, integer);
    case TypeKind::kInt16: return parse_fixed<std::int16_t>(block, first_row, bad, integer);
    case TypeKind::kInt32: return parse_fixed<std::int32_t>(block, first_row, bad, integer);
    case TypeKind::kInt64: return parse_fixed<std::int64_t>(block, first_row, bad, integer);
    case TypeKind::kFloat32: return parse_fixed<float>(block, first_row, bad, floating);
    case TypeKind::kFloat64: return parse_fixed<double>(block, first_row, bad, floating);
    case TypeKind::kDecimal128:
      return parse_fixed<Int128>(block, first_row, bad, [this](const char* at, std::size_t size, Int128& value) {
        return read_decimal(at, size, type_, value);
      });
    case TypeKind::kDate:
      return parse_fixed<std::int32_t>(block, first_row, bad, [](const char* at, std::size_t size, std::int32_t& days) {
        return size == 10 && read_date(at, days);
      });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return parse_times(block, first_row, bad);
    case TypeKind::kString:
    case TypeKind::kBinary: return parse_strings(block, first_row, bad);
    default: HEADRACE_CHECK(false && "a type that CSV cannot hold");
  }
}

template <typename T, typename Read>
void ColumnParser::parse_fixed(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad, Read read) {
  Rows rows(block, file_column_);
  T checked_only{};
  T* out = keeps_values_ ? values_->mutable_as<T>() + first_row : &checked_only;
  std::size_t out_stride = keeps_values_ ? 1 : 0;
  for (std::size_t i = 0; i < block.row_count; ++i) {
    std::uint32_t begin = rows.begin(i);
    T value;
    T* slot = out + i * out_stride;
    if (!asks_nulls_first_ && read(rows.text + begin, rows.end(i) - begin, value)) [[likely]] {
      *slot = value;
    } else {
      *slot = T{};
      parse_unusual(block, i, first_row + i, reinterpret_cast<std::byte*>(slot), bad);
    }
  }
}

void ColumnParser::parse_times(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad) {
  bool has_zone = type_.kind() == TypeKind::kTimestamp;
  TimestampReader reader;
  parse_fixed<std::int64_t>(block, first_row, bad, [&](const char* at, std::size_t size, std::int64_t& micros) {
    return reader.read(at, size, has_zone, micros);
  });
}

/// A value that is quoted, null, of a rare form, or bad.
void ColumnParser::parse_unusual(const RowBlock& block, std::size_t block_row, std::size_t row, std::byte* out,
                                 std::vector<BadValue>& bad) {
  std::string_view text = block.value(block_row, file_column_);
  bool is_null = false;
  if (dialect_.has_quotes() && !text.empty() && text.front() == dialect_.quote) {
    scratch_ = unquote(text, dialect_.quote);
    text = scratch_;
    for (const std::string& null : nulls_.texts()) is_null |= text == null;
  } else {
    is_null = nulls_.match(text.data(), text.size());
  }
  if (!is_null && parse_text(type_, text, out)) return;
  if (!is_null) {
    bad.push_back({.row = static_cast<std::uint32_t>(row),
                   .begin = block.value_begin(block_row, file_column_),
                   .end = block.value_end(block_row, file_column_)});
  }
  set_null(row);
}

void ColumnParser::parse_strings(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad) {
  bool checks_utf8 = type_.kind() == TypeKind::kString;
  bool checks_all = checks_utf8 && !block.is_ascii;
  if (!keeps_values_ && !checks_all && !(checks_utf8 && block.has_quotes)) return;
  Rows rows(block, file_column_);
  for (std::size_t i = 0; i < block.row_count; ++i) {
    std::uint32_t begin = rows.begin(i);
    std::string_view text(rows.text + begin, rows.end(i) - begin);
    bool is_quoted = dialect_.has_quotes() && !text.empty() && text.front() == dialect_.quote;
    bool is_null = false;
    if (is_quoted) [[unlikely]] {
      std::string_view inner = text.substr(1, text.size() - 2);
      if (inner.find(dialect_.quote) != std::string_view::npos) {
        scratch_ = unquote(text, dialect_.quote);
        text = scratch_;
      } else {
        text = inner;
      }
    } else {
      is_null = nulls_.match(text.data(), text.size());
    }
    if ((checks_all || (is_quoted && checks_utf8)) && valid_utf8_bytes(text) != text.size()) {
      bad.push_back({.row = static_cast<std::uint32_t>(first_row + i), .begin = begin, .end = rows.end(i)});
      is_null = true;
    }
    if (!keeps_values_) continue;
    if (is_null) {
      set_null(first_row + i);
    } else {
      append_bytes(text);
    }
    offsets_->mutable_as<std::int32_t>()[first_row + i + 1] = static_cast<std::int32_t>(byte_count_);
  }
}

void ColumnParser::append_bytes(std::string_view value) {
  if (byte_count_ + value.size() + kCopyBytes > values_->size_bytes()) [[unlikely]]
    grow_bytes(value.size());
  std::byte* out = values_->mutable_data() + byte_count_;
  // A copy of known size is two instructions; scratch_ alone has no bytes behind it.
  if (value.size() <= kCopyBytes && value.data() != scratch_.data()) {
    std::memcpy(out, value.data(), kCopyBytes);
  } else {
    std::memcpy(out, value.data(), value.size());
  }
  byte_count_ += value.size();
}

void ColumnParser::grow_bytes(std::size_t additional_bytes) {
  std::size_t wanted = std::max(byte_count_ + additional_bytes, values_->size_bytes() * 2) + kCopyBytes;
  std::shared_ptr<Buffer> larger = Buffer::allocate(memory_, wanted);
  std::memcpy(larger->mutable_data(), values_->data(), byte_count_);
  values_ = std::move(larger);
}

void ColumnParser::set_null(std::size_t row) {
  if (!keeps_values_) return;
  if (!validity_) {
    validity_ = Buffer::allocate(memory_, rows_max_);
    std::memset(validity_->mutable_data(), 1, rows_max_);
  }
  validity_->mutable_data()[row] = std::byte{0};
  std::size_t value_bytes = type_.value_bytes();
  if (value_bytes > 0) std::memset(values_->mutable_data() + row * value_bytes, 0, value_bytes);
}

Column ColumnParser::view(std::size_t row_count) const {
  std::int64_t length = static_cast<std::int64_t>(row_count);
  if (type_.is_binary_like()) return Column::binary(type_, length, offsets_, values_, validity_);
  return Column::fixed(type_, length, values_, validity_);
}

void ColumnParser::keep_rows(const std::vector<std::uint8_t>& keeps) {
  if (!keeps_values_) return;
  if (type_.is_binary_like()) keep_strings(keeps);
  std::size_t value_bytes = type_.value_bytes();
  std::size_t kept = 0;
  // Few rows go, so that long runs of rows move at once.
  for (std::size_t row = 0; row < row_count_;) {
    const void* gap = std::memchr(keeps.data() + row, 0, row_count_ - row);
    std::size_t end =
        gap == nullptr ? row_count_ : static_cast<std::size_t>(static_cast<const std::uint8_t*>(gap) - keeps.data());
    std::size_t count = end - row;
    if (count > 0 && kept != row) {
      std::byte* values = values_->mutable_data();
      if (value_bytes > 0) std::memmove(values + kept * value_bytes, values + row * value_bytes, count * value_bytes);
      if (validity_) std::memmove(validity_->mutable_data() + kept, validity_->data() + row, count);
    }
    kept += count;
    row = end + 1;
  }
  row_count_ = kept;
}

void ColumnParser::keep_strings(const std::vector<std::uint8_t>& keeps) {
  std::int32_t* offsets = offsets_->mutable_as<std::int32_t>();
  std::byte* bytes = values_->mutable_data();
  std::size_t kept = 0;
  std::int32_t at = 0;
  std::int32_t begin = 0;
  for (std::size_t row = 0; row < row_count_; ++row) {
    std::int32_t end = offsets[row + 1];
    if (keeps[row] != 0) {
      bool is_null = validity_ && validity_->data()[row] == std::byte{0};
      std::int32_t size = is_null ? 0 : end - begin;
      std::memmove(bytes + at, bytes + begin, static_cast<std::size_t>(size));
      at += size;
      offsets[++kept] = at;
    }
    begin = end;
  }
  byte_count_ = static_cast<std::size_t>(at);
}

}  // namespace headrace
