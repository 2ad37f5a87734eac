// See key_part.h.
#include "headrace/exec/key_part.h"

#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

template <typename T, typename ToWord>
void copy_words(const Column& column, std::vector<std::uint64_t>& words, ToWord to_word) {
  const T* values = column.values<T>().data();
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = to_word(values[i]);
}

}  // namespace

bool is_word_type(const Type& type) { return type.value_bytes() > 0 && type.value_bytes() <= 8; }

void key_words(const Column& column, PartRows& rows) {
  auto signed_word = [](auto value) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); };
  auto float_word = [](auto value) { return canonical_float64_bits(static_cast<double>(value)); };
  rows.words.resize(static_cast<std::size_t>(column.length()));
  rows.valid = column.validity();
  switch (column.type().kind()) {
    case TypeKind::kBool: copy_words<std::uint8_t>(column, rows.words, signed_word); break;
    case TypeKind::kInt8: copy_words<std::int8_t>(column, rows.words, signed_word); break;
    case TypeKind::kInt16: copy_words<std::int16_t>(column, rows.words, signed_word); break;
    case TypeKind::kInt32:
    case TypeKind::kDate: copy_words<std::int32_t>(column, rows.words, signed_word); break;
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: copy_words<std::int64_t>(column, rows.words, signed_word); break;
    case TypeKind::kFloat32: copy_words<float>(column, rows.words, float_word); break;
    case TypeKind::kFloat64: copy_words<double>(column, rows.words, float_word); break;
    default: HEADRACE_CHECK(false);
  }
}

TextRows key_texts(const Column& column, PartRows& rows) {
  rows.valid = column.validity();
  if (column.type().is_binary_like()) return {column.bytes(), column.offsets()};
  HEADRACE_CHECK(column.type().kind() == TypeKind::kDecimal128);
  rows.offsets.resize(static_cast<std::size_t>(column.length()) + 1);
  for (std::size_t i = 0; i < rows.offsets.size(); ++i) rows.offsets[i] = static_cast<std::int32_t>(i * sizeof(Int128));
  return {reinterpret_cast<const char*>(column.raw_values()), rows.offsets};
}

KeyPart::KeyPart(Type type, MemoryBudget& memory)
    : type_(std::move(type)), is_text_(!is_word_type(type_)), texts_(&memory), numbers_(&memory) {}

void KeyPart::insert(const Column& column, PartRows& rows) {
  auto no_number = [](std::size_t) { return -1; };
  if (!is_text_) {
    key_words(column, rows);
    if (is_numbered_) start_numbers(rows);
    return;
  }
  TextRows texts = key_texts(column, rows);
  rows.ids.resize(texts.size());
  texts_.insert(
      texts, rows.valid, rows.hashes, rows.ids, [&](std::size_t) { return static_cast<std::int32_t>(texts_.size()); },
      no_number);
  rows.words.assign(rows.ids.begin(), rows.ids.end());
}

void KeyPart::start_numbers(PartRows& rows) {
  is_numbered_ = true;
  rows.ids.resize(rows.words.size());
  numbers_.insert(
      rows.words, rows.valid, rows.ids, [&](std::size_t) { return static_cast<std::int32_t>(numbers_.size()); },
      [](std::size_t) { return -1; });
  rows.words.assign(rows.ids.begin(), rows.ids.end());
}

void KeyPart::find(const Column& column, PartRows& rows) const {
  if (!is_text_) {
    key_words(column, rows);
    if (!is_numbered_) return;
    rows.ids.resize(rows.words.size());
    numbers_.find(rows.words, rows.valid, rows.ids);
  } else {
    TextRows texts = key_texts(column, rows);
    rows.ids.resize(texts.size());
    texts_.find(texts, rows.valid, rows.hashes, rows.ids);
  }
  rows.words.assign(rows.ids.begin(), rows.ids.end());
  rows.valid_bytes.resize(rows.ids.size());
  for (std::size_t i = 0; i < rows.ids.size(); ++i) rows.valid_bytes[i] = rows.ids[i] >= 0 ? 1 : 0;
  rows.valid = rows.valid_bytes.data();
}

}  // namespace headrace
