// See key_index.h.
#include "headrace/exec/key_index.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Rows that insert_rows() takes at once, so that its buffers stay small.
constexpr std::size_t kInsertRows = 16384;

}  // namespace

KeyIndex::KeyIndex(const std::vector<Type>& types, MemoryBudget& memory) : memory_(&memory) {
  for (const Type& type : types) {
    if (type.is_nested() || type.kind() == TypeKind::kNull) {
      throw Error(ErrorCode::kUnsupported, fmt::format("a column of type {} cannot be a key", type.to_string()),
                  "join and group by columns of numbers, strings, dates or timestamps");
    }
    parts_.emplace_back(type, memory);
  }
  form_ = types.empty()                           ? Form::kNone
          : types.size() > 1                      ? Form::kPacked
          : parts_[0].is_numbered() /* no word */ ? Form::kText
                                                  : Form::kWord;
  if (form_ == Form::kText) texts_ = std::make_unique<TextTable>(&memory);
  if (form_ == Form::kWord || form_ == Form::kPacked) words_ = std::make_unique<WordTable>(&memory);
  inserts_.parts.resize(parts_.size());
}

void KeyIndex::insert(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint32_t>& ids) {
  ids.resize(row_count);
  auto new_id = [&](std::size_t) { return static_cast<std::int32_t>(count_++); };
  auto null_id = [&](std::size_t row) { return null_id_ < 0 ? null_id_ = new_id(row) : null_id_; };
  std::span<std::int32_t> signed_ids(reinterpret_cast<std::int32_t*>(ids.data()), row_count);
  insert_rows_of_form(keys, row_count, signed_ids, true, new_id, null_id);
}

void KeyIndex::insert_rows(std::span<const Column> keys, std::size_t row_count, std::span<std::int32_t> first_rows) {
  HEADRACE_CHECK(count_ == 0);
  if (words_) words_->expect(row_count);
  if (form_ == Form::kWord && row_count > 0) expect_range_of(keys[0], row_count);
  std::vector<Column> chunk(keys.size());
  for (std::size_t start = 0; start < row_count; start += kInsertRows) {
    std::size_t rows = std::min(kInsertRows, row_count - start);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      chunk[k] = keys[k].slice(static_cast<std::int64_t>(start), static_cast<std::int64_t>(rows));
      if (form_ == Form::kText) chunk[k] = flatten(*memory_, chunk[k]);  // each row may be the first of its key
    }
    auto new_id = [&](std::size_t row) {
      ++count_;
      return static_cast<std::int32_t>(start + row);
    };
    insert_rows_of_form(chunk, rows, first_rows.subspan(start, rows), false, new_id, [](std::size_t) { return -1; });
  }
  if (words_) words_->seal();
}

/// A table that grows with the range of its words is laid out anew each time.
void KeyIndex::expect_range_of(const Column& key, std::size_t row_count) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t greatest = std::numeric_limits<std::int64_t>::min();
  for (std::size_t start = 0; start < row_count; start += kInsertRows) {
    std::size_t rows = std::min(kInsertRows, row_count - start);
    PartRows& part = inserts_.parts[0];
    key_words(key.slice(static_cast<std::int64_t>(start), static_cast<std::int64_t>(rows)), part);
    for (std::size_t row = 0; row < rows; ++row) {
      if (part.valid != nullptr && part.valid[row] == 0) continue;
      least = std::min(least, static_cast<std::int64_t>(part.words[row]));
      greatest = std::max(greatest, static_cast<std::int64_t>(part.words[row]));
    }
  }
  if (least <= greatest) words_->expect_range(least, greatest);
}

template <typename NewId, typename NullId>
void KeyIndex::insert_rows_of_form(std::span<const Column> keys, std::size_t row_count, std::span<std::int32_t> ids,
                                   bool nulls_are_values, const NewId& new_id, const NullId& null_id) {
  if (count_ + row_count > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::kUnsupported, "a join or group_by meets more than 2 billion different keys");
  }
  KeyLookup& rows = inserts_;
  switch (form_) {
    case Form::kNone: {
      for (std::size_t row = 0; row < row_count; ++row) ids[row] = count_ == 0 ? new_id(row) : 0;
      return;
    }
    case Form::kWord: {
      key_words(keys[0], rows.parts[0]);
      words_->insert(rows.parts[0].words, rows.parts[0].valid, ids, new_id, null_id);
      return;
    }
    case Form::kText: {
      key_texts(keys[0], *memory_, rows.parts[0], ids,
                [&](const TextRows& texts, const std::uint8_t* valid, std::span<std::int32_t> text_ids) {
                  texts_->insert(texts, valid, rows.parts[0].hashes, text_ids, new_id, null_id);
                });
      return;
    }
    default: break;
  }
  encode_new(keys);
  const std::uint8_t* valid = nulls_are_values ? nullptr : all_valid(row_count, rows);
  if (form_ == Form::kPacked) {
    rows.words.resize(row_count);
    packing_.pack(parts_, rows.parts, rows.words, nullptr);
    words_->insert(rows.words, valid, ids, new_id, null_id);
  } else {
    texts_->insert(wide_rows(row_count, rows), valid, rows.wide.hashes, ids, new_id, null_id);
  }
}

void KeyIndex::encode_new(std::span<const Column> keys) {
  for (;;) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      parts_[p].insert(keys[p], inserts_.parts[p]);
      if (!parts_[p].is_numbered()) packing_.include(p, inserts_.parts[p]);
    }
    if (form_ == Form::kWide || packing_.holds(parts_)) return;
    make_packing();
  }
}

void KeyIndex::make_packing() {
  // The keys met so far, taken apart by the old layout.
  std::vector<std::uint64_t> words;
  std::vector<std::int32_t> ids;
  Reservation reservation(*memory_, count_ * (parts_.size() + 2) * 2 * sizeof(std::uint64_t), "a hash table");
  words_->for_each([&](std::uint64_t word, std::int32_t id) {
    words.push_back(word);
    ids.push_back(id);
  });
  std::vector<PartRows> old(parts_.size());
  for (std::size_t p = 0; p < parts_.size() && !words.empty(); ++p) packing_.unpack(p, words, old[p]);

  while (!packing_.make(parts_, !words.empty()) && !packing_.make(parts_, false)) {
    int widest = packing_.widest_word(parts_);
    if (widest < 0) {
      form_ = Form::kWide;
      break;
    }
    parts_[static_cast<std::size_t>(widest)].start_numbers(old[static_cast<std::size_t>(widest)]);
  }
  if (form_ == Form::kWide) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (!parts_[p].is_numbered()) parts_[p].start_numbers(old[p]);
    }
  }
  auto id_of = [&](std::size_t row) { return ids[row]; };
  std::vector<std::int32_t> same_ids(ids.size());
  if (form_ == Form::kPacked) {
    packing_.pack(parts_, old, words, nullptr);
    words_ = std::make_unique<WordTable>(memory_);
    words_->expect(2 * words.size());  // in the order of the old table's hashes, growing step by step would collide
    words_->insert(words, nullptr, same_ids, id_of, id_of);
    return;
  }
  words_.reset();
  texts_ = std::make_unique<TextTable>(memory_);
  KeyLookup rows;
  rows.parts = std::move(old);
  texts_->insert(wide_rows(ids.size(), rows), nullptr, rows.wide.hashes, same_ids, id_of, id_of);
}

TextRows KeyIndex::wide_rows(std::size_t row_count, KeyLookup& lookup) {
  const std::size_t part_count = lookup.parts.size();
  lookup.wide_keys.resize(row_count * part_count + 1);
  lookup.wide.offsets.resize(row_count + 1);
  for (std::size_t p = 0; p < part_count; ++p) {
    const PartRows& part = lookup.parts[p];
    for (std::size_t row = 0; row < row_count; ++row) {
      bool valid = part.valid == nullptr || part.valid[row] != 0;
      lookup.wide_keys[row * part_count + p] = valid ? static_cast<std::uint32_t>(part.words[row]) + 1 : 0;
    }
  }
  for (std::size_t row = 0; row <= row_count; ++row) {
    lookup.wide.offsets[row] = static_cast<std::int32_t>(row * part_count * sizeof(std::uint32_t));
  }
  return {reinterpret_cast<const char*>(lookup.wide_keys.data()), lookup.wide.offsets};
}

const std::uint8_t* KeyIndex::all_valid(std::size_t row_count, KeyLookup& lookup) {
  bool any_null = std::any_of(lookup.parts.begin(), lookup.parts.end(), [](const PartRows& p) { return p.valid; });
  if (!any_null) return nullptr;
  lookup.valid.assign(row_count, 1);
  for (const PartRows& part : lookup.parts) {
    for (std::size_t row = 0; part.valid != nullptr && row < row_count; ++row) lookup.valid[row] &= part.valid[row];
  }
  return lookup.valid.data();
}

void KeyIndex::find(std::span<const Column> keys, std::size_t row_count, KeyLookup& lookup,
                    std::vector<std::int32_t>& ids) const {
  ids.resize(row_count);
  lookup.parts.resize(parts_.size());
  switch (form_) {
    case Form::kNone: std::fill(ids.begin(), ids.end(), count_ == 0 ? -1 : 0); return;
    case Form::kWord: {
      key_words(keys[0], lookup.parts[0]);
      words_->find(lookup.parts[0].words, lookup.parts[0].valid, ids);
      return;
    }
    case Form::kText: {
      key_texts(keys[0], *memory_, lookup.parts[0], ids,
                [&](const TextRows& texts, const std::uint8_t* valid, std::span<std::int32_t> text_ids) {
                  texts_->find(texts, valid, lookup.parts[0].hashes, text_ids);
                });
      return;
    }
    default: break;
  }
  if (count_ == 0) return std::fill(ids.begin(), ids.end(), -1);
  for (std::size_t p = 0; p < parts_.size(); ++p) parts_[p].find(keys[p], lookup.parts[p]);
  if (form_ == Form::kPacked) {
    lookup.words.resize(row_count);
    lookup.valid.assign(row_count, 1);
    packing_.pack(parts_, lookup.parts, lookup.words, lookup.valid.data());
    words_->find(lookup.words, lookup.valid.data(), ids);
  } else {
    const std::uint8_t* valid = all_valid(row_count, lookup);
    texts_->find(wide_rows(row_count, lookup), valid, lookup.wide.hashes, ids);
  }
}

}  // namespace headrace
