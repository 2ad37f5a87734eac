// See flatten_cache.h.
#include "headrace/expr/flatten_cache.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/same_codes.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/record_table.h"

namespace headrace {
namespace {

/// Values of less than so many rows stay in the processor's caches.
constexpr std::int64_t kValuesMin = 1 << 15;
/// Records are made when there are at most this many times the rows seen so far.
constexpr std::int64_t kValuesPerRowSeen = 4;
/// The part of a memory budget that one table may take.
constexpr std::size_t kBudgetParts = 16;

bool has_large_dictionary(const Column& column) {
  return column.is_dictionary() && column.dictionary()->length() >= kValuesMin;
}

bool has(const FlattenCache::Set& set, const std::shared_ptr<const Column>& dictionary) {
  return std::ranges::any_of(set.dictionaries, [&](const auto& known) { return is_same_object(known, dictionary); });
}

bool is_gone(const FlattenCache::Set& set) {
  return std::ranges::all_of(set.dictionaries, [](const auto& known) { return known.expired(); });
}

/// Makes the table of a set anew when dictionaries have joined it since and enough rows have passed.
void make_table(FlattenCache::Set& set, std::int64_t value_count, MemoryBudget& memory) {
  if (set.dictionaries.size() < 2 || set.dictionaries.size() == set.tabled_count) return;
  if (value_count > kValuesPerRowSeen * set.rows_seen) return;
  std::erase_if(set.dictionaries, [](const auto& known) { return known.expired(); });
  RecordTable::Columns columns;
  for (const auto& known : set.dictionaries) {
    if (auto column = known.lock()) columns.push_back(std::move(column));
  }
  set.tabled_count = set.dictionaries.size();
  set.table.reset();
  if (columns.empty()) return;
  try {
    set.table = std::make_shared<const RecordTable>(memory, columns, memory.limit_bytes() / kBudgetParts);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory) throw;
  }
}

}  // namespace

FlattenCache::SharedSet FlattenCache::set_of(const std::shared_ptr<const Column>& dictionary) {
  auto sets = sets_.lock();
  std::erase_if(*sets, [](const SharedSet& set) { return is_gone(*set->lock()); });
  for (const SharedSet& set : *sets) {
    if (has(*set->lock(), dictionary)) return set;
  }
  sets->push_back(std::make_shared<Guarded<Set>>());
  sets->back()->lock()->dictionaries.push_back(dictionary);
  return sets->back();
}

BatchFlattener::Group& BatchFlattener::group_of(const Column& column) {
  auto is_own = [&](const Group& group) { return have_same_codes(group.coded, column); };
  if (auto known = std::ranges::find_if(groups_, is_own); known != groups_.end()) return *known;
  Group group{column, cache_->set_of(column.dictionary()), nullptr, {}};
  auto set = group.set->lock();
  set->rows_seen += column.length();
  make_table(*set, column.dictionary()->length(), memory_);
  group.table = set->table;
  groups_.push_back(group);
  return groups_.back();
}

std::optional<Column> BatchFlattener::look_up(const Column& column) {
  if (cache_ == nullptr || !RecordTable::can_hold(*column.dictionary())) return std::nullopt;
  Group& group = group_of(column);
  std::optional<std::size_t> place = group.table ? group.table->find(column.dictionary()) : std::nullopt;
  if (place) {
    if (group.columns.empty()) group.columns = group.table->gather(memory_, column.codes());
    return group.columns[*place];
  }
  auto set = group.set->lock();
  if (!has(*set, column.dictionary())) set->dictionaries.push_back(column.dictionary());
  return std::nullopt;
}

Column BatchFlattener::flatten(const Column& column) {
  std::optional<Column> found = has_large_dictionary(column) ? look_up(column) : std::nullopt;
  return headrace::flatten(memory_, found ? *found : column);
}

Column BatchFlattener::compact(const Column& column) {
  if (!has_large_dictionary(column)) return column;
  if (std::optional<Column> found = look_up(column)) return *std::move(found);
  // Codes of codes are codes.
  const Column& values = *column.dictionary();
  return values.is_dictionary() ? gather(memory_, values, column.codes()) : column;
}

}  // namespace headrace
