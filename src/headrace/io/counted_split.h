// A split of which nothing has to be read: no column is asked for, or no row can pass a bound.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

class CountedSplit final : public SplitStream {
 public:
  /// Delivers `row_count` rows without columns, or none and counts them as skipped.
  CountedSplit(std::int64_t row_count, bool is_skipped);

  bool next(Batch& batch) override;
  const ScanCounts& counts() const override { return counts_; }
  std::vector<BadRow>& bad_rows() override { return bad_rows_; }

 private:
  std::shared_ptr<const Schema> schema_ = std::make_shared<const Schema>();
  std::int64_t left_;
  ScanCounts counts_;
  std::vector<BadRow> bad_rows_;
};

}  // namespace headrace
