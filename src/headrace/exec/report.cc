// See report.h.
#include "headrace/exec/report.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

void require_equal(const OperatorReport& op, const char* what, std::int64_t expected, std::int64_t found) {
  if (expected == found) return;
  throw Error(ErrorCode::kInternal,
              fmt::format("rows do not add up at operator {} ({}): {}: expected {}, found {}", op.id, op.label, what,
                          expected, found),
              "this is a bug in Headrace: please report it with the pipeline that caused it");
}

/// The operators that a limit may have stopped before they had read all that there is.
std::set<std::size_t> below_limits(const std::vector<OperatorReport>& operators) {
  std::set<std::size_t> below;
  for (std::size_t id = operators.size(); id-- > 0;) {
    const OperatorReport& op = operators[id];
    if (op.kind == "limit" || below.contains(id)) below.insert(op.inputs.begin(), op.inputs.end());
  }
  return below;
}

}  // namespace

void check_row_accounting(const std::vector<OperatorReport>& operators) {
  std::set<std::size_t> stopped = below_limits(operators);
  for (const OperatorReport& op : operators) {
    if (op.kind == "scan") {
      const ScanCounts& scan = op.scan;
      require_equal(op, "rows read = delivered + quarantined + dropped + skipped", scan.rows_read,
                    scan.rows_delivered + scan.rows_quarantined + scan.rows_dropped + scan.rows_skipped);
      require_equal(op, "rows delivered = rows out", scan.rows_delivered, op.rows_out);
      continue;
    }
    if (op.kind == "concat") {
      std::int64_t rows = 0;
      for (std::size_t input : op.inputs) rows += operators[input].rows_out;
      if (stopped.contains(op.id)) rows = std::min(rows, op.rows_in);
      require_equal(op, "rows in = rows out of all its inputs", rows, op.rows_in);
      continue;
    }
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      if (i == 0 && stopped.contains(op.id) && op.rows_in <= operators[op.inputs[i]].rows_out) continue;
      require_equal(op, i == 0 ? "rows in = rows out of its input" : "right rows in = rows out of its right input",
                    operators[op.inputs[i]].rows_out, i == 0 ? op.rows_in : op.right_rows_in);
    }
    require_equal(op, "rows out = in - removed + added", op.rows_in - op.rows_removed + op.rows_added, op.rows_out);
    if (op.kind == "join") {
      require_equal(op, "left matched + unmatched = rows in", op.rows_in,
                    op.join.left_matched + op.join.left_unmatched);
      require_equal(op, "right matched + unmatched = right rows in", op.right_rows_in,
                    op.join.right_matched + op.join.right_unmatched);
    }
  }
}

}  // namespace headrace
