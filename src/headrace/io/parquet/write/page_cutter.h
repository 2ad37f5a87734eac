// Cuts the rows of a row group into pages.
#pragma once

#include <span>
#include <vector>

#include "headrace/io/row_range.h"

namespace headrace {

/// Pages end where their plain values reach this many bytes: small enough to stay in the second-level cache between the
/// passes over them, large enough that their headers cost nothing.
inline constexpr std::int64_t kPageBytes = 256 << 10;

/// Where pages end depends on the rows alone, not on the pieces that they come in.
class PageCutter {
 public:
  /// The pieces are of one type, and must outlive this.
  explicit PageCutter(std::span<const RowRange> pieces) : pieces_(pieces) {}

  /// Puts the rows of the next page, at least one, into `page` and returns true, or returns false at the end.
  bool next(std::vector<RowRange>& page);

 private:
  std::span<const RowRange> pieces_;
  std::size_t piece_ = 0;
  std::int64_t taken_ = 0;  // rows of the piece
};

}  // namespace headrace
