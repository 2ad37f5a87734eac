// See row_scan.h.
#include "headrace/io/text/row_scan.h"

#include <algorithm>
#include <cstring>
#include <emmintrin.h>

namespace headrace {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

std::size_t find_byte(std::string_view data, std::size_t begin, char byte) {
  if (begin >= data.size()) return kNowhere;
  const void* found = std::memchr(data.data() + begin, byte, data.size() - begin);
  return found == nullptr ? kNowhere : static_cast<std::size_t>(static_cast<const char*>(found) - data.data());
}

/// The first delimiter or LF at or behind `begin`. Values are short: a plain loop beats two calls of memchr.
std::size_t find_value_end(std::string_view data, std::size_t begin, char delimiter) {
  for (std::size_t i = begin; i < data.size(); ++i) {
    if (data[i] == delimiter || data[i] == '\n') return i;
  }
  return kNowhere;
}

/// The row's end when its line is known to end at the first LF at or behind `from`.
RowEnd end_of_line(std::string_view data, std::size_t begin, std::size_t from, bool at_file_end, bool is_broken) {
  std::size_t line_end = find_byte(data, from, '\n');
  bool is_seen = line_end != kNowhere || at_file_end;
  if (!is_seen && data.size() - begin < kRowLookaheadBytes) return {RowEnd::Kind::kNeedsMore};
  std::size_t next = line_end == kNowhere ? data.size() : line_end + 1;
  if (line_end == kNowhere) line_end = data.size();
  std::size_t text_bytes = without_cr(data.substr(begin, line_end - begin)).size();
  return {.kind = is_seen ? RowEnd::Kind::kFound : RowEnd::Kind::kUnseen,
          .text_end = begin + text_bytes,
          .next = next,
          .is_broken = is_broken,
          .is_too_long = text_bytes > kRowBytesMax};
}

}  // namespace

QuotedEnd find_quoted_end(std::string_view data, std::size_t row_begin, std::size_t open, bool at_file_end,
                          const TextDialect& dialect) {
  using Kind = QuotedEnd::Kind;
  std::size_t limit = row_begin + kRowBytesMax;
  bool sees_limit = data.size() - row_begin >= kRowLookaheadBytes;
  Kind unseen = at_file_end || sees_limit ? Kind::kMalformed : Kind::kNeedsMore;
  std::size_t at = open + 1;
  while (true) {
    at = find_byte(data, at, dialect.quote);
    if (at == kNowhere || at >= limit) return {unseen};
    if (at + 1 == data.size()) return {at_file_end ? Kind::kClosed : Kind::kNeedsMore, at};
    char next = data[at + 1];
    if (next == dialect.quote) {
      at += 2;
      continue;
    }
    if (next == dialect.delimiter || next == '\n') return {Kind::kClosed, at};
    if (next != '\r') return {Kind::kMalformed};
    if (at + 2 == data.size()) return {at_file_end ? Kind::kClosed : Kind::kNeedsMore, at};
    return {data[at + 2] == '\n' ? Kind::kClosed : Kind::kMalformed, at};
  }
}

RowEnd find_row_end(std::string_view data, std::size_t begin, bool at_file_end, const TextDialect& dialect) {
  if (!dialect.has_quotes()) return end_of_line(data, begin, begin, at_file_end, false);
  std::size_t value = begin;
  while (true) {
    std::size_t from = value;
    if (value < data.size() && data[value] == dialect.quote) {
      QuotedEnd quoted = find_quoted_end(data, begin, value, at_file_end, dialect);
      if (quoted.kind == QuotedEnd::Kind::kNeedsMore) return {RowEnd::Kind::kNeedsMore};
      if (quoted.kind == QuotedEnd::Kind::kMalformed) {
        return end_of_line(data, begin, value, at_file_end, true);
      }
      from = quoted.close + 1;
    }
    std::size_t end = find_value_end(data, from, dialect.delimiter);
    if (end == kNowhere || data[end] == '\n') {
      return end_of_line(data, begin, end == kNowhere ? data.size() : end, at_file_end, false);
    }
    value = end + 1;
  }
}

std::string unquote(std::string_view quoted, char quote) {
  std::string_view inner = quoted.substr(1, quoted.size() - 2);
  std::string text;
  text.reserve(inner.size());
  std::size_t begin = 0;
  while (begin < inner.size()) {
    std::size_t at = find_byte(inner, begin, quote);
    if (at == kNowhere) at = inner.size() - 1;
    text.append(inner, begin, at + 1 - begin);  // The first quote of two is kept.
    begin = at + 2;
    if (inner[at] != quote) break;
  }
  return text;
}

std::vector<std::string> split_row(std::string_view row, const TextDialect& dialect) {
  std::vector<std::string> values;
  std::size_t begin = 0;
  while (true) {
    bool quoted = dialect.has_quotes() && begin < row.size() && row[begin] == dialect.quote;
    std::size_t from = begin;
    if (quoted) from = find_quoted_end(row, 0, begin, true, dialect).close + 1;
    std::size_t end = std::min(row.find(dialect.delimiter, from), row.size());
    std::string_view value = row.substr(begin, end - begin);
    values.push_back(quoted ? unquote(value, dialect.quote) : std::string(value));
    if (end == row.size()) return values;
    begin = end + 1;
  }
}

std::int64_t count_line_ends(std::string_view text) {
  const __m128i line_feed = _mm_set1_epi8('\n');
  std::int64_t count = 0;
  std::size_t i = 0;
  while (i + 16 <= text.size()) {
    // Each byte of `sums` counts up to 255 blocks; a match is -1.
    __m128i sums = _mm_setzero_si128();
    for (int block = 0; block < 255 && i + 16 <= text.size(); ++block, i += 16) {
      __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
      sums = _mm_sub_epi8(sums, _mm_cmpeq_epi8(bytes, line_feed));
    }
    __m128i halves = _mm_sad_epu8(sums, _mm_setzero_si128());
    count += _mm_cvtsi128_si64(halves) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(halves, halves));
  }
  for (; i < text.size(); ++i) count += text[i] == '\n' ? 1 : 0;
  return count;
}

}  // namespace headrace
