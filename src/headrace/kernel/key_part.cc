// See key_part.h.
#include "headrace/kernel/key_part.h"

#include <algorithm>
#include <array>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

constexpr std::int32_t kUnknown = -2;

/// Sets words[i] from row i of a plain column or, with codes, from row codes[i].
template <typename T, typename ToWord>
void copy_words(const Column& column, const std::int32_t* codes, std::vector<std::uint64_t>& words, ToWord to_word) {
  const T* values = column.values<T>().data();
  if (codes == nullptr) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = to_word(values[i]);
  } else {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = codes[i] < 0 ? 0 : to_word(values[codes[i]]);
  }
}

/// The plain values under a dictionary column, and `codes` of the rows into them.
std::shared_ptr<const Column> peel(const Column& column, std::vector<std::int32_t>& codes) {
  codes.assign(column.codes().begin(), column.codes().end());
  std::shared_ptr<const Column> values = column.dictionary();
  while (values->is_dictionary()) {
    const std::int32_t* inner = values->codes().data();
    for (std::int32_t& code : codes) code = code < 0 ? -1 : inner[code];
    values = values->dictionary();
  }
  return values;
}

TextRows plain_texts(const Column& column, PartRows& rows) {
  if (column.type().is_binary_like()) return {column.bytes(), column.offsets()};
  HEADRACE_CHECK(column.type().kind() == TypeKind::kDecimal128);
  rows.offsets.resize(static_cast<std::size_t>(column.length()) + 1);
  for (std::size_t i = 0; i < rows.offsets.size(); ++i) {
    rows.offsets[i] = static_cast<std::int32_t>(i * sizeof(Int128));
  }
  return {reinterpret_cast<const char*>(column.raw_values()), rows.offsets};
}

/// Makes rows.words the numbers in rows.ids, of which those below 0 are not valid.
void set_numbers(PartRows& rows) {
  rows.words.assign(rows.ids.begin(), rows.ids.end());
  rows.valid_bytes.resize(rows.ids.size());
  for (std::size_t i = 0; i < rows.ids.size(); ++i) rows.valid_bytes[i] = rows.ids[i] >= 0 ? 1 : 0;
  rows.valid = rows.valid_bytes.data();
}

}  // namespace

bool is_word_type(const Type& type) { return type.value_bytes() > 0 && type.value_bytes() <= 8; }

void key_words(const Column& column, PartRows& rows) {
  auto signed_word = [](auto value) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); };
  auto float_word = [](auto value) { return canonical_float64_bits(static_cast<double>(value)); };
  std::shared_ptr<const Column> peeled;
  if (column.is_dictionary()) peeled = peel(column, rows.codes);
  const Column& values = peeled ? *peeled : column;
  const std::int32_t* codes = peeled ? rows.codes.data() : nullptr;
  std::vector<std::uint64_t>& words = rows.words;
  words.resize(static_cast<std::size_t>(column.length()));
  switch (values.type().kind()) {
    case TypeKind::kBool: copy_words<std::uint8_t>(values, codes, words, signed_word); break;
    case TypeKind::kInt8: copy_words<std::int8_t>(values, codes, words, signed_word); break;
    case TypeKind::kInt16: copy_words<std::int16_t>(values, codes, words, signed_word); break;
    case TypeKind::kInt32:
    case TypeKind::kDate: copy_words<std::int32_t>(values, codes, words, signed_word); break;
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: copy_words<std::int64_t>(values, codes, words, signed_word); break;
    case TypeKind::kFloat32: copy_words<float>(values, codes, words, float_word); break;
    case TypeKind::kFloat64: copy_words<double>(values, codes, words, float_word); break;
    default: HEADRACE_CHECK(false);
  }
  rows.valid = values.validity();
  if (codes == nullptr) return;
  rows.valid_bytes.resize(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    rows.valid_bytes[i] = codes[i] >= 0 && (rows.valid == nullptr || rows.valid[codes[i]] != 0) ? 1 : 0;
  }
  rows.valid = rows.valid_bytes.data();
}

void key_texts(const Column& column, MemoryBudget& memory, PartRows& rows, std::span<std::int32_t> ids,
               const NumberTexts& number_texts) {
  if (!column.is_dictionary()) return number_texts(plain_texts(column, rows), column.validity(), ids);
  std::shared_ptr<const Column> values = peel(column, rows.codes);
  if (rows.dictionary != values) {
    std::size_t count = static_cast<std::size_t>(values->length()) + 1;
    if (!rows.dictionary) rows.reservation = Reservation(memory, 0, "a hash table");
    rows.reservation.resize(count * sizeof(std::int32_t), "a hash table");
    rows.number_of_code.assign(count, kUnknown);
    rows.dictionary = values;
  }
  std::int32_t* number_of = rows.number_of_code.data() + 1;
  rows.new_codes.clear();
  for (std::int32_t code : rows.codes) {
    code = std::max(code, -1);
    if (number_of[code] != kUnknown) continue;
    rows.new_codes.push_back(code);
    number_of[code] = -1;
  }
  if (!rows.new_codes.empty()) {
    Column new_values = gather(memory, *values, rows.new_codes);
    rows.new_numbers.resize(rows.new_codes.size());
    number_texts(plain_texts(new_values, rows), new_values.validity(), rows.new_numbers);
    for (std::size_t i = 0; i < rows.new_codes.size(); ++i) number_of[rows.new_codes[i]] = rows.new_numbers[i];
  }
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = number_of[std::max(rows.codes[i], -1)];
}

KeyPart::KeyPart(Type type, MemoryBudget& memory)
    : memory_(&memory), type_(std::move(type)), is_text_(!is_word_type(type_)), texts_(&memory), numbers_(&memory) {}

void KeyPart::insert(const Column& column, PartRows& rows) {
  if (!is_text_) {
    key_words(column, rows);
    if (is_numbered_) start_numbers(rows);
    return;
  }
  rows.ids.resize(static_cast<std::size_t>(column.length()));
  key_texts(column, *memory_, rows, rows.ids,
            [&](const TextRows& texts, const std::uint8_t* valid, std::span<std::int32_t> ids) {
              auto next_number = [&](std::size_t) { return static_cast<std::int32_t>(texts_.size()); };
              texts_.insert(texts, valid, rows.hashes, ids, next_number, [](std::size_t) { return -1; });
            });
  set_numbers(rows);
}

void KeyPart::start_numbers(PartRows& rows) {
  is_numbered_ = true;
  rows.ids.resize(rows.words.size());
  numbers_.insert(
      rows.words, rows.valid, rows.ids, [&](std::size_t) { return static_cast<std::int32_t>(numbers_.size()); },
      [](std::size_t) { return -1; });
  set_numbers(rows);
}

std::vector<std::uint64_t> KeyPart::translate(const KeyPart& other) {
  HEADRACE_CHECK(!is_numbered_ && !other.is_numbered_);
  std::vector<std::uint64_t> numbers;
  if (!is_text_) return numbers;
  std::vector<std::uint64_t> hashes;
  for (std::size_t n = 0; n < other.texts_.size(); ++n) {
    std::string_view text = other.texts_.text(n);
    std::array<std::int32_t, 2> offsets = {0, static_cast<std::int32_t>(text.size())};
    std::int32_t number = -1;
    auto next_number = [&](std::size_t) { return static_cast<std::int32_t>(texts_.size()); };
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the offsets say where it ends.
    texts_.insert({text.data(), offsets}, nullptr, hashes, {&number, 1}, next_number, next_number);
    numbers.push_back(static_cast<std::uint64_t>(number));
  }
  return numbers;
}

void KeyPart::find(const Column& column, PartRows& rows) const {
  rows.ids.resize(static_cast<std::size_t>(column.length()));
  if (is_text_) {
    key_texts(column, *memory_, rows, rows.ids,
              [&](const TextRows& texts, const std::uint8_t* valid, std::span<std::int32_t> ids) {
                texts_.find(texts, valid, rows.hashes, ids);
              });
  } else {
    key_words(column, rows);
    if (!is_numbered_) return;
    numbers_.find(rows.words, rows.valid, rows.ids);
  }
  set_numbers(rows);
}

}  // namespace headrace
