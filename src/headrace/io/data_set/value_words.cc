// See value_words.h.
#include "headrace/io/data_set/value_words.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

template <typename T>
std::uint64_t word_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return canonical_float64_bits(static_cast<double>(value));
  } else if constexpr (sizeof(T) == sizeof(Int128)) {
    return hash_decimal128(static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64));
  } else {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
}

template <typename T>
void put_fixed_words(const RowRange& rows, std::uint64_t* words) {
  const T* values = rows.values->values<T>().data();
  if (rows.codes == nullptr && rows.values->validity() == nullptr) {
    for (std::int64_t row = rows.begin; row < rows.end; ++row) *words++ = word_of(values[row]);
    return;
  }
  const std::int32_t* codes = rows.codes;
  const std::uint8_t* validity = rows.values->validity();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = codes == nullptr ? row : codes[row];
    bool is_null = at < 0 || (validity != nullptr && validity[at] == 0);
    *words++ = is_null ? kNullHash : word_of(values[at]);
  }
}

void put_text_words(const RowRange& rows, std::uint64_t* words) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    *words++ = at < 0 ? kNullHash : hash_bytes(rows.values->string_at(at));
  }
}

void put_list_words(const RowRange& rows, std::uint64_t* words) {
  std::vector<std::uint64_t> parts;
  for_each_leaf_range(rows, [&](const RowRange& elements) {
    std::size_t start = parts.size();
    parts.resize(start + static_cast<std::size_t>(elements.count()));
    put_words(elements, parts.data() + start);
  });
  std::span<const std::uint64_t> rest = parts;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    if (at < 0) {
      *words++ = kNullHash;
      continue;
    }
    ElementRange elements = elements_of(*rows.values, at);
    std::size_t count = static_cast<std::size_t>(elements.last - elements.first);
    *words++ = hash_combine(rest.first(count));
    rest = rest.subspan(count);
  }
}

void put_struct_words(const RowRange& rows, std::uint64_t* words) {
  std::size_t width = rows.values->children().size();
  std::size_t count = static_cast<std::size_t>(rows.count());
  std::vector<std::uint64_t> field(count);
  std::vector<std::uint64_t> parts(count * width);
  for (std::size_t i = 0; i < width; ++i) {
    put_words({&rows.values->child(i), rows.codes, rows.begin, rows.end}, field.data());
    for (std::size_t row = 0; row < count; ++row) parts[row * width + i] = field[row];
  }
  for (std::size_t row = 0; row < count; ++row) {
    bool is_null = rows.source(rows.begin + static_cast<std::int64_t>(row)) < 0;
    words[row] = is_null ? kNullHash : hash_combine(std::span(parts).subspan(row * width, width));
  }
}

/// Rows of a column that is in dictionary layout itself: as those of its dictionary.
void put_coded_words(const RowRange& rows, std::uint64_t* words) {
  std::span<const std::int32_t> inner = rows.values->codes();
  std::vector<std::int32_t> codes;
  codes.reserve(static_cast<std::size_t>(rows.count()));
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.codes == nullptr ? row : rows.codes[row];
    codes.push_back(at < 0 ? -1 : inner[static_cast<std::size_t>(at)]);
  }
  put_words({rows.values->dictionary().get(), codes.data(), 0, rows.count()}, words);
}

/// Texts of a dictionary that is smaller than the rows: each is hashed once.
void put_words_by_dictionary(const RowRange& rows, std::uint64_t* words) {
  std::vector<std::uint64_t> known(static_cast<std::size_t>(rows.values->length()));
  put_words({rows.values, nullptr, 0, rows.values->length()}, known.data());
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int32_t code = rows.codes[row];
    *words++ = code < 0 ? kNullHash : known[static_cast<std::size_t>(code)];
  }
}

}  // namespace

void put_words(const RowRange& rows, std::uint64_t* words) {
  if (rows.values->is_dictionary()) return put_coded_words(rows, words);
  const Type& type = rows.values->type();
  bool is_hashed = type.is_nested() || type.is_binary_like();
  if (is_hashed && rows.codes != nullptr && rows.values->length() <= rows.count()) {
    return put_words_by_dictionary(rows, words);
  }
  switch (type.kind()) {
    case TypeKind::kNull: std::fill(words, words + rows.count(), kNullHash); return;
    case TypeKind::kBool: return put_fixed_words<std::uint8_t>(rows, words);
    case TypeKind::kInt8: return put_fixed_words<std::int8_t>(rows, words);
    case TypeKind::kInt16: return put_fixed_words<std::int16_t>(rows, words);
    case TypeKind::kDate:
    case TypeKind::kInt32: return put_fixed_words<std::int32_t>(rows, words);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return put_fixed_words<std::int64_t>(rows, words);
    case TypeKind::kFloat32: return put_fixed_words<float>(rows, words);
    case TypeKind::kFloat64: return put_fixed_words<double>(rows, words);
    case TypeKind::kDecimal128: return put_fixed_words<Int128>(rows, words);
    case TypeKind::kString:
    case TypeKind::kBinary: return put_text_words(rows, words);
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return put_list_words(rows, words);
    case TypeKind::kStruct: return put_struct_words(rows, words);
  }
}

}  // namespace headrace
