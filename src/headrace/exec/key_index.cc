// See key_index.h. Rows are looked up in two steps: hash all, then probe with the slots of rows ahead prefetched.
#include "headrace/exec/key_index.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

constexpr std::size_t kPrefetchRows = 16;

std::uint64_t float_word(double value) {
  if (std::isnan(value)) return 0x7ff8000000000000U;
  return std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
}

/// Mixes all bits of a word; a bijection, so different words never share a hash.
std::uint64_t hash_word(std::uint64_t word) {
  word ^= word >> 32;
  word *= 0xd6e8feb86659fd93U;
  word ^= word >> 32;
  word *= 0xd6e8feb86659fd93U;
  return word ^ (word >> 32);
}

template <typename T, typename ToWord>
void copy_words(const Column& column, std::vector<std::uint64_t>& words, ToWord to_word) {
  std::span<const T> values = column.values<T>();
  for (std::size_t i = 0; i < values.size(); ++i) words[i] = to_word(values[i]);
}

/// The values of a column of at most 8 bytes as words; a null's word is 0.
void encode_words(const Column& column, std::vector<std::uint64_t>& words) {
  auto signed_word = [](auto value) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); };
  words.resize(static_cast<std::size_t>(column.length()));
  switch (column.type().kind()) {
    case TypeKind::kBool: copy_words<std::uint8_t>(column, words, signed_word); break;
    case TypeKind::kInt8: copy_words<std::int8_t>(column, words, signed_word); break;
    case TypeKind::kInt16: copy_words<std::int16_t>(column, words, signed_word); break;
    case TypeKind::kInt32:
    case TypeKind::kDate: copy_words<std::int32_t>(column, words, signed_word); break;
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: copy_words<std::int64_t>(column, words, signed_word); break;
    case TypeKind::kFloat32:
      copy_words<float>(column, words, [](float value) { return float_word(static_cast<double>(value)); });
      break;
    case TypeKind::kFloat64: copy_words<double>(column, words, float_word); break;
    default: HEADRACE_CHECK(false);
  }
  if (column.validity() == nullptr) return;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = column.validity()[i] != 0 ? words[i] : 0;
}

bool is_word_type(const Type& type) { return type.value_bytes() > 0 && type.value_bytes() <= 8; }

void append_raw(std::string& bytes, const void* data, std::size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}

void append_key(std::string& bytes, const Column& column, const std::vector<std::uint64_t>& words, std::size_t row) {
  std::int64_t at = static_cast<std::int64_t>(row);
  bool valid = !column.is_null(at);
  bytes += valid ? '\1' : '\0';
  if (!valid) return;
  if (is_word_type(column.type())) {
    append_raw(bytes, &words[row], sizeof(std::uint64_t));
  } else if (column.type().kind() == TypeKind::kDecimal128) {
    append_raw(bytes, column.raw_values() + row * 16, 16);
  } else {
    std::string_view text = column.string_at(at);
    std::uint32_t size = static_cast<std::uint32_t>(text.size());
    append_raw(bytes, &size, sizeof(size));
    bytes.append(text);
  }
}

}  // namespace

KeyIndex::KeyIndex(const std::vector<Type>& types, MemoryBudget& memory)
    : is_word_(types.size() == 1 && is_word_type(types[0])), reservation_(memory, 0, "a hash table") {
  for (const Type& type : types) {
    if (type.is_nested() || type.kind() == TypeKind::kNull) {
      throw Error(ErrorCode::kUnsupported, fmt::format("a column of type {} cannot be a key", type.to_string()),
                  "join and group by columns of numbers, strings, dates or timestamps");
    }
  }
  grow_slots(0);
}

KeyIndex::Encoded KeyIndex::encode(std::span<const Column> keys, std::size_t row_count) const {
  Encoded rows;
  for (const Column& key : keys) {
    if (key.validity() == nullptr) continue;
    rows.has_null.resize(row_count);
    for (std::size_t i = 0; i < row_count; ++i) {
      rows.has_null[i] = static_cast<std::uint8_t>(rows.has_null[i] | (key.validity()[i] ^ 1));
    }
  }
  rows.hashes.resize(row_count);
  if (is_word_) {
    encode_words(keys[0], rows.words);
    for (std::size_t i = 0; i < row_count; ++i) {
      bool is_null = !rows.has_null.empty() && rows.has_null[i] != 0;
      rows.hashes[i] = is_null ? kNullHash : hash_word(rows.words[i]);
    }
    return rows;
  }
  std::vector<std::vector<std::uint64_t>> words(keys.size());
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (is_word_type(keys[k].type())) encode_words(keys[k], words[k]);
  }
  rows.offsets.reserve(row_count + 1);
  rows.offsets.push_back(0);
  for (std::size_t i = 0; i < row_count; ++i) {
    for (std::size_t k = 0; k < keys.size(); ++k) append_key(rows.bytes, keys[k], words[k], i);
    rows.offsets.push_back(rows.bytes.size());
    rows.hashes[i] = hash_bytes({rows.bytes.data() + rows.offsets[i], rows.offsets[i + 1] - rows.offsets[i]});
  }
  return rows;
}

bool KeyIndex::equals(std::uint32_t id, const Encoded& rows, std::size_t row) const {
  if (hashes_[id] != rows.hashes[row]) return false;
  if (is_word_) {
    std::uint8_t is_null = rows.has_null.empty() ? std::uint8_t{0} : rows.has_null[row];
    return words_[id] == rows.words[row] && is_null_word_[id] == is_null;
  }
  std::size_t size = rows.offsets[row + 1] - rows.offsets[row];
  return offsets_[id + 1] - offsets_[id] == size &&
         std::memcmp(bytes_.data() + offsets_[id], rows.bytes.data() + rows.offsets[row], size) == 0;
}

void KeyIndex::add(const Encoded& rows, std::size_t row) {
  if (hashes_.size() >= std::numeric_limits<std::uint32_t>::max() - 1) {
    throw Error(ErrorCode::kUnsupported, "a join or group_by meets more than 4 billion different keys");
  }
  hashes_.push_back(rows.hashes[row]);
  if (is_word_) {
    words_.push_back(rows.words[row]);
    is_null_word_.push_back(rows.has_null.empty() ? std::uint8_t{0} : rows.has_null[row]);
    return;
  }
  bytes_.append(rows.bytes, rows.offsets[row], rows.offsets[row + 1] - rows.offsets[row]);
  offsets_.push_back(bytes_.size());
}

void KeyIndex::grow_slots(std::size_t id_count) {
  std::size_t wanted = std::bit_ceil(std::max<std::size_t>(64, id_count * 2));
  if (wanted <= slots_.size()) return;
  reservation_.resize(reservation_.bytes() + wanted * sizeof(std::uint32_t), "a hash table");
  slots_.assign(wanted, 0);
  for (std::size_t id = 0; id < hashes_.size(); ++id) {
    std::size_t slot = hashes_[id] & (wanted - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (wanted - 1);
    slots_[slot] = static_cast<std::uint32_t>(id) + 1;
  }
  charge();
}

void KeyIndex::charge() {
  std::size_t bytes = slots_.capacity() * sizeof(std::uint32_t) + hashes_.capacity() * sizeof(std::uint64_t) +
                      words_.capacity() * sizeof(std::uint64_t) + is_null_word_.capacity() +
                      offsets_.capacity() * sizeof(std::size_t) + bytes_.capacity();
  reservation_.resize(bytes, "a hash table");
}

void KeyIndex::insert(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint32_t>& ids) {
  Encoded rows = encode(keys, row_count);
  ids.resize(row_count);
  grow_slots(size() + row_count);
  std::size_t mask = slots_.size() - 1;
  for (std::size_t row = 0; row < row_count; ++row) {
    if (row + kPrefetchRows < row_count) __builtin_prefetch(&slots_[rows.hashes[row + kPrefetchRows] & mask]);
    std::size_t slot = rows.hashes[row] & mask;
    while (slots_[slot] != 0 && !equals(slots_[slot] - 1, rows, row)) slot = (slot + 1) & mask;
    if (slots_[slot] == 0) {
      add(rows, row);
      slots_[slot] = static_cast<std::uint32_t>(hashes_.size());
    }
    ids[row] = slots_[slot] - 1;
  }
  charge();
}

void KeyIndex::find(std::span<const Column> keys, std::size_t row_count, std::vector<std::int32_t>& ids) const {
  Encoded rows = encode(keys, row_count);
  ids.resize(row_count);
  std::size_t mask = slots_.size() - 1;
  for (std::size_t row = 0; row < row_count; ++row) {
    if (row + kPrefetchRows < row_count) __builtin_prefetch(&slots_[rows.hashes[row + kPrefetchRows] & mask]);
    ids[row] = -1;
    if (!rows.has_null.empty() && rows.has_null[row] != 0) continue;
    std::size_t slot = rows.hashes[row] & mask;
    while (slots_[slot] != 0 && !equals(slots_[slot] - 1, rows, row)) slot = (slot + 1) & mask;
    if (slots_[slot] != 0) ids[row] = static_cast<std::int32_t>(slots_[slot] - 1);
  }
}

}  // namespace headrace
