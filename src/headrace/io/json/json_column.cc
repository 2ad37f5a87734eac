// See json_column.h.
#include "headrace/io/json/json_column.h"

#include <cstring>
#include <emmintrin.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/text/cast_text.h"

namespace headrace {
namespace {

/// Texts are copied in steps of this many bytes, a step too far included.
constexpr std::size_t kCopyBytes = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether a number that the readers of parse_value.h take is one of JSON too: no "05", ".5" or "5.".
[[gnu::always_inline]] inline bool has_json_form(std::string_view number) {
  std::size_t sign = number.front() == '-' ? 1 : 0;
  bool has_superfluous_zero = number.size() > sign + 1 && number[sign] == '0' && is_digit(number[sign + 1]);
  return is_digit(number[sign]) && is_digit(number.back()) && !has_superfluous_zero;
}

/// Copies a text that has no escapes; false when it has. 16 bytes more are read and written.
bool copy_plain(std::string_view text, std::byte* out) {
  for (std::size_t i = 0; i < text.size(); i += kCopyBytes) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
    unsigned escapes = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    if (text.size() - i < kCopyBytes) escapes &= (1u << (text.size() - i)) - 1;
    if (escapes != 0) return false;
  }
  return true;
}

std::string_view inner_text(std::string_view token) { return token.substr(1, token.size() - 2); }

/// What the value is, for messages.
std::string describe_value(std::string_view token) {
  if (token.starts_with('{')) return "an object";
  if (token.starts_with('[')) return "a list";
  return excerpt(token);
}

}  // namespace

JsonColumn::JsonColumn(Type type, MemoryBudget& memory)
    : type_(std::move(type)), memory_(memory), validity_(memory), values_(memory), offsets_(memory) {
  if (type_.kind() == TypeKind::kStruct) {
    object_ = std::make_unique<JsonObject>(type_.fields(), memory);
  } else if (type_.is_nested()) {
    element_ = std::make_unique<JsonColumn>(type_.element(), memory);
  }
}

JsonColumn::JsonColumn(JsonColumn&&) noexcept = default;
JsonColumn::~JsonColumn() = default;

void JsonColumn::begin(std::size_t rows_max) {
  row_count_ = 0;
  has_nulls_ = false;
  validity_.resize(0);
  values_.resize(0);
  offsets_.resize(0);
  values_.reserve(type_.is_binary_like() ? values_hint_ : rows_max * type_.value_bytes());
  if (type_.is_binary_like() || type_.kind() == TypeKind::kList) {
    offsets_.reserve((rows_max + 1) * sizeof(std::int32_t));
    offsets_.append_value(std::int32_t{0});
  }
  if (element_) element_->begin(values_hint_);
  if (object_) {
    for (JsonColumn& column : object_->columns()) column.begin(rows_max);
  }
}

JsonOutcome JsonColumn::read(JsonCursor& cursor, BadJsonValue& bad) {
  switch (type_.kind()) {
    case TypeKind::kBool: return read_bool(cursor, bad);
    case TypeKind::kInt8: return read_integer_value<std::int8_t>(cursor, bad);
    case TypeKind::kInt16: return read_integer_value<std::int16_t>(cursor, bad);
    case TypeKind::kInt32: return read_integer_value<std::int32_t>(cursor, bad);
    case TypeKind::kInt64: return read_integer_value<std::int64_t>(cursor, bad);
    case TypeKind::kFloat32: return read_float_value<float>(cursor, bad);
    case TypeKind::kFloat64: return read_float_value<double>(cursor, bad);
    case TypeKind::kDecimal128: return read_unusual(cursor, bad);
    case TypeKind::kString: return read_string(cursor, bad);
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return read_time(cursor, bad);
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return read_list(cursor, bad);
    case TypeKind::kStruct: return read_struct(cursor, bad);
    case TypeKind::kBinary:
    case TypeKind::kNull: break;
  }
  HEADRACE_CHECK(false && "a type that JSON lines cannot hold");
  return JsonOutcome::kBroken;
}

JsonOutcome JsonColumn::read_bool(JsonCursor& cursor, BadJsonValue& bad) {
  std::string_view token = cursor.token();
  bool is_true = token == "true";
  if (!is_true && token != "false") return read_unusual(cursor, bad);
  return append(cursor, static_cast<std::uint8_t>(is_true ? 1 : 0));
}

template <typename T>
JsonOutcome JsonColumn::read_integer_value(JsonCursor& cursor, BadJsonValue& bad) {
  std::string_view token = cursor.token();
  T value;
  bool is_read = read_integer(token.data(), token.size(), value) && has_json_form(token);
  if (!is_read) [[unlikely]]
    return read_unusual(cursor, bad);
  return append(cursor, value);
}

template <typename T>
JsonOutcome JsonColumn::read_float_value(JsonCursor& cursor, BadJsonValue& bad) {
  std::string_view token = cursor.token();
  T value;
  bool is_read = read_float(token.data(), token.size(), value) && has_json_form(token);
  if (!is_read) [[unlikely]]
    return read_unusual(cursor, bad);
  return append(cursor, value);
}

JsonOutcome JsonColumn::read_string(JsonCursor& cursor, BadJsonValue& bad) {
  if (cursor.first() != '"') return read_unusual(cursor, bad);
  std::string_view inner = inner_text(cursor.token());
  std::size_t begin = values_.size_bytes();
  values_.reserve(inner.size() + kCopyBytes);
  std::size_t size = inner.size();
  if (!copy_plain(inner, values_.data() + begin)) [[unlikely]] {
    size = unescape_json(inner, reinterpret_cast<char*>(values_.data() + begin));
    if (size == kNoText) return cursor.fail("an escape in a text is none");
  }
  values_.resize(begin + size);
  offsets_.append_value(static_cast<std::int32_t>(begin + size));
  append_valid();
  cursor.advance();
  return JsonOutcome::kGood;
}

JsonOutcome JsonColumn::read_time(JsonCursor& cursor, BadJsonValue& bad) {
  if (cursor.first() != '"') return read_unusual(cursor, bad);
  std::string_view text = inner_text(cursor.token());
  if (type_.kind() == TypeKind::kDate) {
    const char* at = text.data();  // Ten bytes, looked at no further.
    std::int32_t days;
    if (text.size() == 10 && read_date(at, days)) [[likely]]
      return append(cursor, days);
  } else {
    std::int64_t micros;
    if (timestamps_.read(text.data(), text.size(), type_.kind() == TypeKind::kTimestamp, micros)) [[likely]]
      return append(cursor, micros);
  }
  if (text.find('\\') != std::string_view::npos) {
    scratch_.resize(text.size());
    std::size_t size = unescape_json(text, scratch_.data());
    if (size == kNoText) return cursor.fail("an escape in a text is none");
    text = std::string_view(scratch_).substr(0, size);
  }
  cursor.advance();
  std::byte value[sizeof(std::int64_t)];
  if (!parse_text(type_, text, value)) return refuse_text(bad, text);
  values_.append(value, type_.value_bytes());
  append_valid();
  return JsonOutcome::kGood;
}

JsonOutcome JsonColumn::read_list(JsonCursor& cursor, BadJsonValue& bad) {
  if (cursor.first() != '[') return read_unusual(cursor, bad);
  std::size_t before = element_->row_count();
  bool is_bad = false;
  if (read_elements(cursor, bad, is_bad) == JsonOutcome::kBroken) return JsonOutcome::kBroken;
  std::size_t count = element_->row_count() - before;
  bool is_fixed = type_.kind() == TypeKind::kFixedSizeList;
  if (is_fixed && count != static_cast<std::size_t>(type_.list_size()) && !is_bad) {
    is_bad = true;
    if (bad.message.empty()) {
      bad.message = fmt::format("a list of {} value{} is no {}", count, count == 1 ? "" : "s", type_.to_string());
    }
  }
  if (is_bad) {
    element_->truncate(before);
    append_null();
    return JsonOutcome::kBad;
  }
  if (!is_fixed) offsets_.append_value(static_cast<std::int32_t>(element_->row_count()));
  append_valid();
  return JsonOutcome::kGood;
}

JsonOutcome JsonColumn::read_elements(JsonCursor& cursor, BadJsonValue& bad, bool& is_bad) {
  cursor.advance();
  if (cursor.first() == ']') {
    cursor.advance();
    return JsonOutcome::kGood;
  }
  for (std::size_t i = 0;; ++i) {
    bool was_empty = bad.message.empty();
    JsonOutcome outcome = element_->read(cursor, bad);
    if (outcome == JsonOutcome::kBroken) return outcome;
    if (outcome == JsonOutcome::kBad) {
      is_bad = true;
      if (was_empty) bad.path = fmt::format("[{}]{}", i, bad.path);
    }
    char next = cursor.first();
    if (next != ',' && next != ']') return cursor.fail("a ',' or ']' is missing");
    cursor.advance();
    if (next == ']') return JsonOutcome::kGood;
  }
}

JsonOutcome JsonColumn::read_struct(JsonCursor& cursor, BadJsonValue& bad) {
  if (cursor.first() != '{') return read_unusual(cursor, bad);
  JsonOutcome outcome = object_->read(cursor);
  if (outcome == JsonOutcome::kGood) {
    append_valid();
  } else if (outcome == JsonOutcome::kBad) {
    const JsonObject::Bad& first = object_->bad().front();
    if (bad.message.empty()) {
      bad.message = first.value.message;
      bad.path = fmt::format(".{}{}", type_.fields()[first.field].name, first.value.path);
    }
    for (JsonColumn& column : object_->columns()) column.truncate(row_count_);
    append_null();
  }
  return outcome;
}

/// A value that is null, of a rare form, or bad.
JsonOutcome JsonColumn::read_unusual(JsonCursor& cursor, BadJsonValue& bad) {
  std::string_view token = cursor.token();
  if (token == "null") {
    append_null();
    cursor.advance();
    return JsonOutcome::kGood;
  }
  if (type_.is_numeric() && is_json_number(token)) {
    std::byte value[sizeof(Int128)];
    if (!parse_text(type_, token, value)) return refuse(cursor, bad, describe_bad_text(type_, token));
    values_.append(value, type_.value_bytes());
    append_valid();
    cursor.advance();
    return JsonOutcome::kGood;
  }
  return refuse(cursor, bad, fmt::format("{} is no {}", describe_value(token), type_.to_string()));
}

/// A sound value of another kind, unless the line breaks in it.
JsonOutcome JsonColumn::refuse(JsonCursor& cursor, BadJsonValue& bad, std::string message) {
  if (skip_json_value(cursor) == JsonOutcome::kBroken) return JsonOutcome::kBroken;
  if (bad.message.empty()) bad.message = std::move(message);
  append_null();
  return JsonOutcome::kBad;
}

JsonOutcome JsonColumn::refuse_text(BadJsonValue& bad, std::string_view text) {
  if (bad.message.empty()) bad.message = describe_bad_text(type_, text);
  append_null();
  return JsonOutcome::kBad;
}

void JsonColumn::append_null() {
  if (!has_nulls_) {
    has_nulls_ = true;
    validity_.append_fill(1, row_count_);
  }
  validity_.append_value(std::uint8_t{0});
  ++row_count_;
  if (type_.is_binary_like()) offsets_.append_value(static_cast<std::int32_t>(values_.size_bytes()));
  if (type_.kind() == TypeKind::kList) offsets_.append_value(static_cast<std::int32_t>(element_->row_count()));
  if (type_.value_bytes() > 0) values_.append_fill(0, type_.value_bytes());
  if (type_.kind() == TypeKind::kFixedSizeList) {
    for (std::int32_t i = 0; i < type_.list_size(); ++i) element_->append_null();
  }
  if (object_) {
    for (JsonColumn& column : object_->columns()) column.append_null();
  }
}

void JsonColumn::truncate(std::size_t row_count) {
  if (has_nulls_) validity_.resize(std::min(row_count, validity_.size_bytes()));
  auto last_offset = [&] {
    offsets_.resize((row_count + 1) * sizeof(std::int32_t));
    std::int32_t offset;
    std::memcpy(&offset, offsets_.data() + row_count * sizeof(offset), sizeof(offset));
    return static_cast<std::size_t>(offset);
  };
  switch (type_.kind()) {
    case TypeKind::kString: values_.resize(last_offset()); break;
    case TypeKind::kList: element_->truncate(last_offset()); break;
    case TypeKind::kFixedSizeList: element_->truncate(row_count * static_cast<std::size_t>(type_.list_size())); break;
    case TypeKind::kStruct:
      for (JsonColumn& column : object_->columns()) column.truncate(row_count);
      break;
    default: values_.resize(row_count * type_.value_bytes());
  }
  row_count_ = row_count;
}

Column JsonColumn::finish() {
  std::int64_t length = static_cast<std::int64_t>(row_count_);
  std::shared_ptr<const Buffer> validity = has_nulls_ ? validity_.take() : nullptr;
  switch (type_.kind()) {
    case TypeKind::kString:
      values_hint_ = values_.size_bytes() + values_.size_bytes() / 8 + kCopyBytes;
      return Column::binary(type_, length, offsets_.take(), values_.take(), std::move(validity));
    case TypeKind::kList:
      values_hint_ = element_->row_count() + element_->row_count() / 8;
      return Column::list(type_, length, offsets_.take(), element_->finish(), std::move(validity));
    case TypeKind::kFixedSizeList:
      values_hint_ = element_->row_count();
      return Column::fixed_size_list(type_, length, element_->finish(), std::move(validity));
    case TypeKind::kStruct: {
      std::vector<Column> children;
      for (JsonColumn& column : object_->columns()) children.push_back(column.finish());
      return Column::structure(type_, length, std::move(children), std::move(validity));
    }
    default: return Column::fixed(type_, length, values_.take(), std::move(validity));
  }
}

}  // namespace headrace
