// See row_digest.h.
#include "headrace/io/data_set/row_digest.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <xxhash.h>

#include "headrace/base/error.h"
#include "headrace/column/same_codes.h"
#include "headrace/io/data_set/value_words.h"

namespace headrace {
namespace {

/// Rows worked on at a time: their sums stay in the first-level cache.
constexpr std::int64_t kPieceRows = 1024;

/// Columns with one set of codes, each set apart. Plain columns are left out.
std::vector<CodedColumns> coded_columns(const Batch& batch) {
  std::vector<CodedColumns> sets;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    const Column& column = batch.columns[i];
    if (!column.is_dictionary()) continue;
    auto is_own = [&](const CodedColumns& set) { return have_same_codes(batch.columns[set.columns[0]], column); };
    auto set = std::ranges::find_if(sets, is_own);
    if (set == sets.end()) set = sets.insert(sets.end(), CodedColumns{});
    set->columns.push_back(i);
    set->dictionaries.push_back(column.dictionary());
  }
  return sets;
}

}  // namespace

void RowDigest::add(const Batch& batch, DictionarySums& dictionaries, const Flatten& flatten) {
  std::vector<SummedColumns> summed;
  for (const CodedColumns& coded : coded_columns(batch)) {
    DictionarySums::Sums sums = dictionaries.find(coded, batch.row_count);
    if (!sums.of_values) continue;
    const Column& codes = batch.columns[coded.columns[0]];
    summed.push_back(
        {coded.columns, codes.codes().data(), sums.of_null, flatten(Column::dictionary(codes, sums.of_values))});
  }
  add(batch, summed);
}

void RowDigest::add(const Batch& batch, const std::vector<SummedColumns>& summed) {
  std::vector<bool> is_summed(batch.columns.size());
  for (const SummedColumns& columns : summed) {
    for (std::size_t column : columns.columns) is_summed[column] = true;
  }
  for (std::int64_t start = 0; start < batch.row_count; start += kPieceRows) {
    std::int64_t end = std::min(start + kPieceRows, batch.row_count);
    row_sums_.assign(static_cast<std::size_t>(end - start), 0);
    words_.resize(row_sums_.size());
    for (const SummedColumns& columns : summed) {
      const Int128* sums = columns.sums.values<Int128>().data() + start;
      const std::int32_t* codes = columns.codes + start;
      // Which rows are null is chance: a branch on it would cost more than the sum.
      for (std::size_t row = 0; row < row_sums_.size(); ++row) {
        const Uint128 is_null = static_cast<Uint128>(codes[row] >> 31);  // all bits or none
        row_sums_[row] += (columns.of_null & is_null) | (static_cast<Uint128>(sums[row]) & ~is_null);
      }
    }
    for (std::size_t i = 0; i < batch.columns.size(); ++i) {
      if (is_summed[i]) continue;
      put_words({&batch.columns[i], nullptr, start, end}, words_.data());
      std::uint64_t multiplier = digest_multiplier(i);
      for (std::size_t row = 0; row < words_.size(); ++row) {
        row_sums_[row] += static_cast<Uint128>(words_[row]) * multiplier;
      }
    }
    for (Uint128 row_sum : row_sums_) {
      std::array<std::uint64_t, 2> halves = {static_cast<std::uint64_t>(row_sum),
                                             static_cast<std::uint64_t>(row_sum >> 64)};
      XXH128_hash_t hash = XXH3_128bits(halves.data(), sizeof(halves));
      sum_ += (static_cast<Uint128>(hash.high64) << 64) | hash.low64;
    }
  }
}

std::string RowDigest::to_string() const {
  return fmt::format("xxh3sum:{:016x}{:016x}", static_cast<std::uint64_t>(sum_ >> 64),
                     static_cast<std::uint64_t>(sum_));
}

RowDigest RowDigest::from_string(std::string_view text) {
  std::string_view digits = text.substr(std::min(text.size(), std::string_view("xxh3sum:").size()));
  HEADRACE_CHECK(digits.size() == 32);
  RowDigest digest;
  for (std::size_t start : {std::size_t{0}, std::size_t{16}}) {
    std::uint64_t half = 0;
    const char* begin = digits.data() + start;
    HEADRACE_CHECK(std::from_chars(begin, begin + 16, half, 16).ptr == begin + 16);
    digest.sum_ = digest.sum_ << 64 | half;
  }
  return digest;
}

}  // namespace headrace
