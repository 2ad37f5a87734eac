// See page_levels.h. Columns without nulls, and lists of one size, have levels that are known without a look at the
// rows; they are written out only when other rows join the page.
#include "headrace/io/parquet/write/page_levels.h"

#include <algorithm>
#include <cstring>

#include "headrace/io/parquet/write/hybrid_encoder.h"

namespace headrace {
namespace {

/// Writes four bytes for a length, runs `body`, and puts in the length of what it appended.
template <typename Body>
void put_with_length(GrowingBytes& page, const Body& body) {
  std::size_t start = page.size();
  std::uint32_t length = 0;
  page.append(&length, sizeof(length));
  body();
  length = static_cast<std::uint32_t>(page.size() - start - sizeof(length));
  std::memcpy(page.mutable_data() + start, &length, sizeof(length));
}

std::span<const std::uint8_t> levels_of(const GrowingBytes& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

bool may_hold_null(const Column& column) { return column.is_dictionary() || column.validity() != nullptr; }

std::uint8_t* room_for(GrowingBytes& levels, std::int64_t count) {
  return reinterpret_cast<std::uint8_t*>(levels.room(static_cast<std::size_t>(count)));
}

}  // namespace

LevelLimits::LevelLimits(const Field& field)
    : definition(static_cast<std::uint8_t>((field.nullable ? 1 : 0) + (field.type.is_list() ? 2 : 0))),
      repetition(field.type.is_list() ? 1 : 0) {}

PageLevels::PageLevels(const Field& field, const std::shared_ptr<MemoryBudget>& memory)
    : limits_(field), definition_(memory), repetition_(memory), regular_bytes_(memory) {}

void PageLevels::start() {
  entry_count_ = value_count_ = 0;
  regular_list_count_ = regular_size_ = 0;
  definition_.clear();
  repetition_.clear();
}

void PageLevels::add(const RowRange& rows) {
  if (rows.count() == 0) return;
  if (limits_.repetition == 0) return add_plain(rows);
  if (!add_regular_lists(rows)) add_lists(rows);
}

void PageLevels::add_plain(const RowRange& rows) {
  std::int64_t count = rows.count();
  if (limits_.definition == 0 || (rows.codes == nullptr && rows.values->validity() == nullptr)) {
    return define_all(count);
  }
  std::uint8_t* levels = define_each(count);
  std::int64_t defined = 0;
  const std::int32_t* codes = rows.codes;
  const std::uint8_t* validity = rows.values->validity();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = codes == nullptr ? row : codes[row];
    std::uint8_t is_defined = at < 0 ? 0 : validity == nullptr ? 1 : validity[at];
    *levels++ = is_defined;
    defined += is_defined;
  }
  entry_count_ += count;
  value_count_ += defined;
}

/// Adds `count` values, each with all it needs.
void PageLevels::define_all(std::int64_t count) {
  if (definition_.size() > 0) {
    std::memset(room_for(definition_, count), limits_.definition, static_cast<std::size_t>(count));
    definition_.add(static_cast<std::size_t>(count));
  }
  entry_count_ += count;
  value_count_ += count;
}

/// Room for the definition levels of the next `count` entries, which are counted by the caller.
std::uint8_t* PageLevels::define_each(std::int64_t count) {
  if (definition_.size() == 0 && entry_count_ > 0) {
    std::memset(room_for(definition_, entry_count_), limits_.definition, static_cast<std::size_t>(entry_count_));
    definition_.add(static_cast<std::size_t>(entry_count_));
  }
  std::uint8_t* levels = room_for(definition_, count);
  definition_.add(static_cast<std::size_t>(count));
  return levels;
}

/// Adds lists of one size without nulls in and among them, and returns true; or adds nothing.
bool PageLevels::add_regular_lists(const RowRange& rows) {
  const Column& list = *rows.values;
  std::int64_t size = list.type().list_size();
  if (list.type().kind() != TypeKind::kFixedSizeList || repetition_.size() > 0) return false;
  if (list.validity() != nullptr || may_hold_null(list.child(0))) return false;
  if (rows.codes != nullptr && *std::min_element(rows.codes + rows.begin, rows.codes + rows.end) < 0) return false;
  regular_size_ = size;
  regular_list_count_ += rows.count();
  define_all(rows.count() * size);
  return true;
}

void PageLevels::add_lists(const RowRange& rows) {
  if (repetition_.size() == 0 && regular_list_count_ > 0) fill_repetition(regular_list_count_, regular_size_);
  regular_list_count_ = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    if (at >= 0) {
      add_list(*rows.values, at);
      continue;
    }
    fill_repetition(1, 1);
    *define_each(1) = 0;
    ++entry_count_;
  }
}

void PageLevels::add_list(const Column& list, std::int64_t at) {
  ElementRange range = elements_of(list, at);
  std::int64_t count = range.last - range.first;
  fill_repetition(1, std::max<std::int64_t>(count, 1));
  if (count == 0) {
    *define_each(1) = static_cast<std::uint8_t>(limits_.definition - 2);
    ++entry_count_;
    return;
  }
  const Column& elements = list.child(0);
  if (!may_hold_null(elements)) return define_all(count);
  std::uint8_t* levels = define_each(count);
  for (std::int64_t i = range.first; i < range.last; ++i) {
    bool is_null = elements.is_null(i);
    *levels++ = static_cast<std::uint8_t>(limits_.definition - (is_null ? 1 : 0));
    value_count_ += is_null ? 0 : 1;
  }
  entry_count_ += count;
}

/// Appends the levels of `list_count` lists of `size` entries.
void PageLevels::fill_repetition(std::int64_t list_count, std::int64_t size) {
  std::int64_t count = list_count * size;
  std::uint8_t* levels = room_for(repetition_, count);
  std::memset(levels, 1, static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; i += size) levels[i] = 0;
  repetition_.add(static_cast<std::size_t>(count));
}

void PageLevels::put(GrowingBytes& page) {
  if (limits_.repetition > 0) put_with_length(page, [&] { put_repetition(page); });
  if (limits_.definition > 0) put_with_length(page, [&] { put_definition(page); });
}

void PageLevels::put_repetition(GrowingBytes& page) {
  if (regular_list_count_ == 0) return put_hybrid(levels_of(repetition_), 1, page);
  if (regular_bytes_entries_ != entry_count_) {
    fill_repetition(regular_list_count_, regular_size_);
    regular_bytes_.clear();
    put_hybrid(levels_of(repetition_), 1, regular_bytes_);
    repetition_.clear();
    regular_bytes_entries_ = entry_count_;
  }
  page.append(regular_bytes_.data(), regular_bytes_.size());
}

void PageLevels::put_definition(GrowingBytes& page) {
  unsigned width = bit_width(limits_.definition);
  if (value_count_ == entry_count_) {
    return put_hybrid_run(limits_.definition, static_cast<std::size_t>(entry_count_), width, page);
  }
  put_hybrid(levels_of(definition_), width, page);
}

}  // namespace headrace
