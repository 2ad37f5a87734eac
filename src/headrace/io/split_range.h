// Some of the splits of a source, for a process that reads its part of it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

/// What was read, and the bad rows that were met, in the order of splits.
class ScanTally {
 public:
  explicit ScanTally(std::size_t split_count) : bad_rows_(split_count) {}

  void add(std::size_t split_index, const ScanCounts& counts, const std::vector<BadRow>& bad_rows);
  ScanCounts counts() const;
  std::vector<BadRow> bad_rows() const;

 private:
  mutable std::mutex mutex_;
  ScanCounts counts_;
  std::vector<std::vector<BadRow>> bad_rows_;  // by split
};

/// The splits [begin, end) of `reader`; each that was read to its end is added to `tally`, which has as many splits.
std::unique_ptr<SourceReader> split_range(std::shared_ptr<const SourceReader> reader, std::size_t begin,
                                          std::size_t end, std::shared_ptr<ScanTally> tally);

}  // namespace headrace
