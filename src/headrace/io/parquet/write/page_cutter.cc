// See page_cutter.h.
#include "headrace/io/parquet/write/page_cutter.h"

#include <algorithm>

namespace headrace {
namespace {

/// Rows of `rows`, from its begin on, until `bytes` reaches kPageBytes; adds theirs to `bytes`.
std::int64_t rows_of_page(const RowRange& rows, std::int64_t& bytes) {
  std::int64_t fixed = fixed_row_bytes(rows.values->type());
  if (fixed > 0) {
    std::int64_t count = std::min(rows.count(), (kPageBytes - bytes + fixed - 1) / fixed);
    bytes += count * fixed;
    return count;
  }
  std::int64_t row = rows.begin;
  while (row < rows.end && bytes < kPageBytes) {
    bytes += plain_bytes(rows.part(row, row + 1));
    ++row;
  }
  return row - rows.begin;
}

}  // namespace

bool PageCutter::next(std::vector<RowRange>& page) {
  page.clear();
  std::int64_t bytes = 0;
  while (piece_ < pieces_.size() && bytes < kPageBytes) {
    const RowRange& piece = pieces_[piece_];
    RowRange rest = piece.part(piece.begin + taken_, piece.end);
    std::int64_t count = rows_of_page(rest, bytes);
    if (count > 0) page.push_back(rest.part(rest.begin, rest.begin + count));
    taken_ += count;
    if (count == rest.count()) {
      ++piece_;
      taken_ = 0;
    }
  }
  return !page.empty();
}

}  // namespace headrace
