// What is wrong with the rows of a split of text, and what happens to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/text/split.h"

namespace headrace {

/// Something wrong with a row of the batch at hand.
struct RowFault {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t begin = 0;       // of the row, in the text of the split
  std::uint32_t row = kNone;     // in the batch; rows that are broken as a whole are in none
  std::uint32_t column = kNone;  // of the source's schema; broken rows have none
  std::string_view kind;
  std::string message;
  std::string_view value = {};  // the bad text, where hints may help
};

/// The bad rows of one split, in row order.
class FaultLog {
 public:
  /// What it is given outlives it. `is_inferred`: the types are guessed, not declared.
  FaultLog(const SourceSpec& spec, const Schema& schema, bool is_inferred, const FileInfo& file,
           const TextDialect& dialect, const SplitText& split, MemoryBudget& memory);

  /// Does what the source's on_error says with the faults of a batch, at most one a row, and counts them. The rows lie
  /// behind those of earlier calls. Throws Error(kBadData) for the first of them under kFail.
  void settle(std::vector<RowFault>& faults, ScanCounts& counts);
  std::vector<BadRow>& bad_rows() { return bad_rows_; }

 private:
  BadRow bad_row(const RowFault& fault);
  [[noreturn]] void fail(const RowFault& fault);

  const SourceSpec& spec_;
  const Schema& schema_;
  bool is_inferred_;
  const FileInfo& file_;
  const TextDialect& dialect_;
  const SplitText& split_;
  Reservation reservation_;
  std::size_t reserved_bytes_ = 0;
  std::vector<BadRow> bad_rows_;
  std::uint32_t line_offset_ = 0;  // `line_` is the line at this offset of the text
  std::int64_t line_;
};

}  // namespace headrace
