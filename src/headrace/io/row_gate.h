// What passes from a binary file into the table.
//
// A reader of a binary format decodes columns in the types of the file. The gate casts them to the declared types,
// checks the rules of the declared columns, does with bad rows what the source's on_error says, and counts: rows in =
// delivered + quarantined + dropped. Columns that nobody asked for but whose values can be bad are read and checked
// too, so that what is bad does not depend on the plan.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

/// A column as it comes from the file and as the source shows it.
struct GateColumn {
  Field field;  // name, declared type
  Type file_type;
  std::size_t ordinal = 0;  // position in the source's schema; orders the problems of a row
  std::string hash_name;    // the column leaves the gate as its hash of this name; empty: as it is
};

/// A bad value that the decoder found, or a whole bad row.
struct RowProblem {
  static constexpr std::size_t kWholeRow = static_cast<std::size_t>(-1);

  std::int64_t row = 0;            // in the batch
  std::size_t column = kWholeRow;  // index of the gate's column
  const char* kind = "";
  std::string message;
  std::string text;
};

class RowGate {
 public:
  /// The first `delivered_count` of `columns` leave the gate; the others are only checked. `rules` may name other
  /// columns as well; those are left out. `file` is for messages.
  RowGate(std::vector<GateColumn> columns, std::size_t delivered_count, const std::vector<ColumnRule>& rules,
          OnError on_error, std::string file, MemoryBudget& memory);

  /// Takes rows in the file types, the first of them row `first_row` (0-based) of the file, with what the decoder found
  /// bad: such values are null in their columns, rows that are bad as a whole are null everywhere. A column that leaves
  /// as its hash may come as that already if can_come_hashed(). Returns the rows to deliver, perhaps none. Throws
  /// Error(kBadData) for the first bad row under kFail.
  Batch pass(const std::vector<Column>& columns, std::int64_t row_count, std::int64_t first_row,
             std::vector<RowProblem> problems = {});

  /// Whether dictionary columns are passed on as such: the texts of a dictionary are then checked once.
  bool can_come_coded(std::size_t column) const;
  /// Whether nothing but the hash of the column is needed, as long as the decoder reports texts that are no UTF-8.
  bool can_come_hashed(std::size_t column) const;

  const std::shared_ptr<const Schema>& schema() const { return delivered_schema_; }
  ScanCounts& counts() { return counts_; }
  const ScanCounts& counts() const { return counts_; }
  std::vector<BadRow>& bad_rows() { return bad_rows_; }

 private:
  /// The column in plain layout, unless it is good as it is.
  Column settled_layout(std::size_t index, const Column& column);
  void check_rules(const Batch& batch, std::vector<RowProblem>& problems) const;
  void sort_problems(std::vector<RowProblem>& problems) const;
  BadRow bad_row(const RowProblem& problem, std::int64_t first_row) const;
  Batch settle(Batch batch, const std::vector<RowProblem>& problems, std::int64_t first_row);
  Batch without_bad_values(Batch batch, const std::vector<RowProblem>& problems);
  Batch without_rows(Batch batch, const std::vector<std::int64_t>& rows);

  std::vector<GateColumn> columns_;
  std::size_t delivered_count_;
  OnError on_error_;
  std::string file_;
  MemoryBudget& memory_;
  std::shared_ptr<const Schema> schema_;            // all columns, declared types
  std::shared_ptr<const Schema> delivered_schema_;  // the first of them
  RuleCheck rules_;
  std::vector<bool> is_never_null_;                                  // by column
  std::vector<bool> has_rule_;                                       // by column
  std::vector<std::shared_ptr<const Column>> checked_dictionaries_;  // by column: the last one, whose texts are UTF-8
  ScanCounts counts_;
  std::vector<BadRow> bad_rows_;
};

/// The rules that a gate checks for `schema`: `rules`, and "not null" for fields that say so.
std::vector<ColumnRule> rules_with_nullability(const Schema& schema, std::vector<ColumnRule> rules);

/// The schema of `fields`, those not nullable whose rule says so.
Schema schema_with_nullability(std::vector<Field> fields, const std::vector<ColumnRule>& rules);

/// Which columns of a source a split reads: first the requested ones, then those that may hold bad values.
struct ReadPlan {
  std::vector<GateColumn> columns;
  std::size_t delivered_count = 0;
  bool takes_dictionaries = false;  // of texts
  bool takes_number_dictionaries = false;
};

/// `schema` is the source's, `file_types` the types of its columns in the file, in the same order. Throws
/// Error(kNotFound) when a requested column is not in the schema. Others are read as spec.checks_unread says. Strings,
/// and lists that are declared to be of one length, count as possibly bad only where columns are declared and bad rows
/// do not end the run; so does every column of a format any of whose values may be bad.
/// Requires: reads_once(request).
ReadPlan plan_read(const Schema& schema, const std::vector<Type>& file_types, const SourceSpec& spec,
                   const std::vector<ColumnRule>& rules, const ScanRequest& request, bool any_value_may_be_bad = false);

}  // namespace headrace
