// What a run did, operator by operator: the numbers of the run report, and the check that no row was lost between them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "headrace/exec/hash_join.h"
#include "headrace/io/source.h"

namespace headrace {

/// One operator of a plan, summed over all workers.
struct OperatorReport {
  std::size_t id = 0;  // inputs have smaller ids
  std::string kind;    // as kind_name() of plan/node.h, or "contract", "split", "encode", "write"
  std::string label;
  std::string source;               // scan only: the name of the source
  std::vector<std::size_t> inputs;  // operator ids; for a join left, then right
  std::int64_t rows_in = 0;         // of the first input
  std::int64_t rows_out = 0;
  std::int64_t right_rows_in = 0;  // join only
  double seconds = 0;              // summed over workers, without what other operators took
  std::int64_t bytes_out = 0;
  /// What it held in memory when its input ended: the right rows of a join with their index, the groups of an aggregate
  /// or deduplicate. 0 for others.
  std::int64_t memory_bytes = 0;
  /// Rows that leave, rows that come to be: filter removes, a join may do both, an aggregate turns rows into groups.
  std::int64_t rows_removed = 0;
  std::int64_t rows_added = 0;
  JoinCounts join;  // join only
  ScanCounts scan;  // scan only
};

/// Throws Error(kInternal) naming the operator whose counts do not chain: rows into it are not the rows its input gave,
/// or its in, out, removed and added do not add up, or a scan's rows read are not delivered + quarantined + dropped +
/// skipped.
void check_row_accounting(const std::vector<OperatorReport>& operators);

}  // namespace headrace
