// See tokenize.h.
#include "headrace/io/csv/tokenize.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <emmintrin.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::size_t kVectorBytes = 64;
/// A block's text and ends should stay in the second-level cache while its columns are read one after the other.
constexpr std::size_t kBlockRowsMax = 1024;
constexpr std::size_t kBlockValuesMax = 32 << 10;

std::uint64_t match(const __m128i (&bytes)[4], __m128i wanted) {
  std::uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    std::uint64_t part = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes[i], wanted)));
    mask |= part << (16 * i);
  }
  return mask;
}

/// The bits below `bit`, which is 0 … 63.
std::uint64_t bits_below(int bit) { return (std::uint64_t{1} << bit) - 1; }

}  // namespace

/// What 64 bytes hold: bit i stands for byte i.
struct Tokenizer::Marks {
  std::uint64_t delimiters;
  std::uint64_t line_ends;
  std::uint64_t quotes;

  void keep(std::uint64_t mask) {
    delimiters &= mask;
    line_ends &= mask;
    quotes &= mask;
  }
};

/// The state of one call of next().
struct Tokenizer::Cursor {
  RowBlock& block;
  std::vector<BrokenRow>& broken;
  std::size_t row_limit;
  std::size_t row_begin;
  std::size_t row_first = 0;     // index of the row's first end in block.value_ends
  std::size_t end_count = 0;     // ends in block.value_ends, those of the row at hand included
  std::size_t dropped_ends = 0;  // ends of the row at hand beyond the columns there are
  __m128i all_bytes = _mm_setzero_si128();

  void begin_row(std::size_t begin, std::size_t first) {
    row_begin = begin;
    row_first = first;
    dropped_ends = 0;
  }
};

Tokenizer::Tokenizer(std::string_view text, std::size_t column_count, TextDialect dialect, MemoryBudget& memory)
    : text_(text),
      column_count_(column_count),
      dialect_(dialect),
      block_rows_max_(std::clamp<std::size_t>(kBlockValuesMax / column_count, 1, kBlockRowsMax)),
      reservation_(memory, (block_rows_max_ * (column_count + 1) + column_count + kVectorBytes) * sizeof(std::uint32_t),
                   "the values of CSV rows") {
  HEADRACE_CHECK(column_count >= 1);
}

[[gnu::always_inline]] inline Tokenizer::Marks Tokenizer::load(std::size_t at, Cursor& cursor) const {
  __m128i bytes[4];
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text_.data() + at + 16 * i));
    cursor.all_bytes = _mm_or_si128(cursor.all_bytes, bytes[i]);
  }
  Marks marks{.delimiters = match(bytes, _mm_set1_epi8(dialect_.delimiter)),
              .line_ends = match(bytes, _mm_set1_epi8('\n')),
              .quotes = dialect_.has_quotes() ? match(bytes, _mm_set1_epi8(dialect_.quote)) : 0};
  std::size_t left = text_.size() - at;
  if (left < kVectorBytes) marks.keep(bits_below(static_cast<int>(left)));
  return marks;
}

/// Ends the row at hand, whose last value end is block.value_ends[end_index]. Later ends in the array move up if the
/// row leaves it; returns whether it stays.
bool Tokenizer::end_row(std::size_t line_end, std::size_t end_index, Cursor& cursor) {
  RowBlock& block = cursor.block;
  std::size_t begin = cursor.row_begin;
  bool has_cr = line_end > begin && text_[line_end - 1] == '\r';
  std::size_t text_end = line_end - (has_cr ? 1 : 0);
  std::size_t value_count = end_index + 1 - cursor.row_first + cursor.dropped_ends;
  bool is_too_long = text_end - begin > kRowBytesMax;
  bool is_blank = text_end == begin && column_count_ > 1;
  if (value_count == column_count_ && !is_too_long && !is_blank) [[likely]] {
    block.value_ends[end_index] = static_cast<std::uint32_t>(text_end);
    block.row_begins[block.row_count++] = static_cast<std::uint32_t>(begin);
    cursor.begin_row(line_end + 1, end_index + 1);
    return true;
  }
  if (!is_blank) {
    BrokenRow::Kind kind = is_too_long                   ? BrokenRow::Kind::kLineTooLong
                           : value_count < column_count_ ? BrokenRow::Kind::kMissingColumns
                                                         : BrokenRow::Kind::kTooManyColumns;
    cursor.broken.push_back({.kind = kind,
                             .begin = static_cast<std::uint32_t>(begin),
                             .end = static_cast<std::uint32_t>(text_end),
                             .value_count = value_count});
  }
  std::uint32_t* ends = block.value_ends.data();
  std::copy(ends + end_index + 1, ends + cursor.end_count, ends + cursor.row_first);
  cursor.end_count -= end_index + 1 - cursor.row_first;
  cursor.begin_row(line_end + 1, cursor.row_first);
  return false;
}

/// Notes the values that end in a vector of text and the rows that end with them. Returns false when the block is full;
/// the next row then begins at cursor.row_begin.
bool Tokenizer::close_values(const Marks& marks, std::size_t at, Cursor& cursor) {
  std::uint64_t ends = marks.delimiters | marks.line_ends;
  std::size_t first = cursor.end_count;
  std::uint32_t* out = cursor.block.value_ends.data() + first;
  cursor.end_count += static_cast<std::size_t>(std::popcount(ends));
  // In groups of four, some of them too far: cheaper than a branch for each, and there is room.
  for (std::uint64_t rest = ends; rest != 0; out += 4) {
    for (int i = 0; i < 4; ++i) {
      out[i] = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(rest));
      rest &= rest - 1;
    }
  }
  for (std::uint64_t rest = marks.line_ends; rest != 0; rest &= rest - 1) {
    int bit = std::countr_zero(rest);
    std::size_t end_index = first + static_cast<std::size_t>(std::popcount(ends & bits_below(bit)));
    std::size_t before = cursor.end_count;
    bool stays = end_row(at + static_cast<std::size_t>(bit), end_index, cursor);
    first -= before - cursor.end_count;
    if (stays && cursor.block.row_count == cursor.row_limit) return false;
  }
  std::size_t pending = cursor.end_count - cursor.row_first;
  if (pending > column_count_) {
    cursor.dropped_ends += pending - column_count_;
    cursor.end_count = cursor.row_first + column_count_;
  }
  return true;
}

/// Follows a value that opens with a quote to its end. Returns where to go on: behind the closing quote, or at the next
/// line when the value is malformed.
std::size_t Tokenizer::follow_quote(std::size_t open, Cursor& cursor) {
  cursor.block.has_quotes = true;
  bool is_too_long = open - cursor.row_begin >= kRowBytesMax;
  if (!is_too_long) {
    QuotedEnd end = find_quoted_end(text_, cursor.row_begin, open, true, dialect_);
    if (end.kind == QuotedEnd::Kind::kClosed) return end.close + 1;
  }
  std::size_t line_end = std::min(text_.find('\n', open), text_.size());
  std::string_view row = without_cr(text_.substr(cursor.row_begin, line_end - cursor.row_begin));
  cursor.broken.push_back({.kind = is_too_long ? BrokenRow::Kind::kLineTooLong : BrokenRow::Kind::kUnquotedValue,
                           .begin = static_cast<std::uint32_t>(cursor.row_begin),
                           .end = static_cast<std::uint32_t>(cursor.row_begin + row.size())});
  cursor.end_count = cursor.row_first;
  cursor.begin_row(std::min(line_end + 1, text_.size()), cursor.row_first);
  return cursor.row_begin;
}

void Tokenizer::next(RowBlock& block, std::vector<BrokenRow>& broken, std::size_t row_limit) {
  row_limit = std::min(row_limit, block_rows_max_);
  block.text = text_.data();
  block.column_count = column_count_;
  block.row_count = 0;
  block.has_quotes = false;
  block.row_begins.resize(block_rows_max_);
  block.value_ends.resize(block_rows_max_ * column_count_ + column_count_ + kVectorBytes + 4);
  Cursor cursor{.block = block, .broken = broken, .row_limit = row_limit, .row_begin = at_};
  std::size_t at = at_;
  bool has_room = row_limit > 0;
  while (has_room && at < text_.size()) {
    Marks marks = load(at, cursor);
    std::size_t open = std::string_view::npos;
    for (std::uint64_t rest = marks.quotes; rest != 0; rest &= rest - 1) {
      std::size_t quote = at + static_cast<std::size_t>(std::countr_zero(rest));
      char before = quote == 0 ? '\n' : text_[quote - 1];
      if (before == dialect_.delimiter || before == '\n') {
        open = quote;
        marks.keep(bits_below(std::countr_zero(rest)));
        break;
      }
    }
    has_room = close_values(marks, at, cursor);
    if (!has_room) break;
    at = open == std::string_view::npos ? at + kVectorBytes : follow_quote(open, cursor);
  }
  if (has_room && cursor.row_begin < text_.size()) {
    block.value_ends[cursor.end_count++] = static_cast<std::uint32_t>(text_.size());
    end_row(text_.size(), cursor.end_count - 1, cursor);
  }
  at_ = std::min(cursor.row_begin, text_.size());
  block.is_ascii = _mm_movemask_epi8(cursor.all_bytes) == 0;
}

}  // namespace headrace
