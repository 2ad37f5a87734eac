// See dictionary_sums.h.
#include "headrace/io/data_set/dictionary_sums.h"

#include <algorithm>
#include <array>

#include "headrace/base/error.h"
#include "headrace/column/same_codes.h"
#include "headrace/io/data_set/value_words.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

/// A dictionary is added up when it has at most this many times the rows seen so far.
constexpr std::int64_t kValuesPerRowSeen = 4;

bool is_gone(const std::weak_ptr<const Column>& dictionary) { return dictionary.expired(); }

}  // namespace

std::uint64_t digest_multiplier(std::size_t column) { return hash_int64(static_cast<std::int64_t>(column)) | 1; }

std::shared_ptr<DictionarySums::Entry> DictionarySums::entry(const CodedColumns& coded) {
  auto entries = entries_.lock();
  auto [begin, end] = entries->equal_range(coded.columns);
  for (auto at = begin; at != end;) {
    const auto& known = at->second->dictionaries;
    if (std::ranges::equal(known, coded.dictionaries, is_same_object)) return at->second;
    at = std::ranges::any_of(known, is_gone) ? entries->erase(at) : std::next(at);
  }
  auto made = std::make_shared<Entry>();
  made->dictionaries.assign(coded.dictionaries.begin(), coded.dictionaries.end());
  entries->emplace(coded.columns, made);
  return made;
}

DictionarySums::Sums DictionarySums::find(const CodedColumns& coded, std::int64_t row_count) {
  std::shared_ptr<Entry> known = entry(coded);
  auto state = known->state.lock();
  if (state->sums.of_values || !state->fits) return state->sums;
  state->rows_seen += row_count;
  if (coded.dictionaries[0]->length() > kValuesPerRowSeen * state->rows_seen) return {};
  try {
    state->sums = add_up(coded);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory) throw;
    state->fits = false;
  }
  return state->sums;
}

DictionarySums::Sums DictionarySums::add_up(const CodedColumns& coded) const {
  std::int64_t value_count = coded.dictionaries[0]->length();
  std::shared_ptr<Buffer> buffer = Buffer::allocate(*memory_, static_cast<std::size_t>(value_count) * sizeof(Uint128));
  Uint128* sums = buffer->mutable_as<Uint128>();
  std::fill_n(sums, value_count, 0);
  Uint128 of_null = 0;
  std::array<std::uint64_t, 1024> words;
  constexpr std::int64_t kPieceRows = words.size();
  for (std::size_t i = 0; i < coded.columns.size(); ++i) {
    std::uint64_t multiplier = digest_multiplier(coded.columns[i]);
    of_null += static_cast<Uint128>(kNullHash) * multiplier;
    for (std::int64_t start = 0; start < value_count; start += kPieceRows) {
      std::int64_t end = std::min(start + kPieceRows, value_count);
      put_words({coded.dictionaries[i].get(), nullptr, start, end}, words.data());
      for (std::int64_t row = start; row < end; ++row) {
        sums[row] += static_cast<Uint128>(words[static_cast<std::size_t>(row - start)]) * multiplier;
      }
    }
  }
  Column column = Column::fixed(Type::decimal(38, 0), value_count, std::move(buffer));
  return {of_null, std::make_shared<const Column>(std::move(column))};
}

}  // namespace headrace
