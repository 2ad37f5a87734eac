// Rows of several data sets, mixed by ratio.
//
// Of the first n places of a mixed epoch, data set c has floor(n × W(c)) - floor(n × W(c - 1)), where W(c) is the share
// of the first c + 1 data sets together, as a fraction of integers. So each place belongs to one of them, any range of
// places has them in the ratio wanted, and how many rows of each come before a place needs no counting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace headrace {

class Mix {
 public:
  /// Throws Error(kInvalidArgument) for ratios that are not positive.
  explicit Mix(std::span<const double> ratios);

  std::size_t size() const { return shares_.size(); }
  /// The rows of data set `index` among the first `place` places.
  std::int64_t rows_before(std::size_t index, std::int64_t place) const;
  /// Places until the first data set would have to give more rows than it has; or, `until_all`, until each has given
  /// all of its rows, the smaller ones beginning again.
  std::int64_t row_count(std::span<const std::int64_t> rows, bool until_all) const;
  /// The share of a data set in [0, 1].
  double share(std::size_t index) const;

 private:
  std::vector<std::int64_t> shares_;  // up to and with each data set, in kTotal
};

}  // namespace headrace
