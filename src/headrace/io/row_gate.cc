// See row_gate.h.
#include "headrace/io/row_gate.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/reduced_split.h"
#include "headrace/kernel/drop_rows.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Whether the declared type only promises the form of values that stay what they are: that texts are UTF-8, or lists
/// of one length.
bool keeps_values(const Type& from, const Type& to) {
  if (from.kind() == TypeKind::kString && to.kind() == TypeKind::kString) return true;
  return from.kind() == TypeKind::kList && to.kind() == TypeKind::kFixedSizeList && from.element() == to.element();
}

std::shared_ptr<const Schema> schema_of(const std::vector<GateColumn>& columns) {
  std::vector<Field> fields;
  for (const GateColumn& column : columns) fields.push_back(column.field);
  return std::make_shared<const Schema>(std::move(fields));
}

std::shared_ptr<const Schema> delivered_schema_of(const std::vector<GateColumn>& columns, std::size_t count) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < count; ++i) {
    const GateColumn& column = columns[i];
    fields.push_back(column.hash_name.empty() ? column.field : Field{column.hash_name, TypeKind::kInt64, false});
  }
  return std::make_shared<const Schema>(std::move(fields));
}

std::vector<ColumnRule> rules_of(const Schema& schema, const std::vector<ColumnRule>& rules) {
  std::vector<ColumnRule> kept;
  for (const ColumnRule& rule : rules) {
    if (schema.find(rule.column)) kept.push_back(rule);
  }
  return kept;
}

}  // namespace

RowGate::RowGate(std::vector<GateColumn> columns, std::size_t delivered_count, const std::vector<ColumnRule>& rules,
                 OnError on_error, std::string file, MemoryBudget& memory)
    : columns_(std::move(columns)),
      delivered_count_(delivered_count),
      on_error_(on_error),
      file_(std::move(file)),
      memory_(memory),
      schema_(schema_of(columns_)),
      delivered_schema_(delivered_schema_of(columns_, delivered_count)),
      rules_(*schema_, rules_of(*schema_, rules)),
      is_never_null_(columns_.size(), false),
      has_rule_(columns_.size(), false),
      checked_dictionaries_(columns_.size()) {
  for (const ColumnRule& rule : rules) {
    std::optional<std::size_t> index = schema_->find(rule.column);
    if (!index) continue;
    has_rule_[*index] = true;
    if (!rule.nullable) is_never_null_[*index] = true;
  }
}

bool RowGate::can_come_hashed(std::size_t column) const {
  return !columns_[column].hash_name.empty() && !has_rule_[column];
}

bool RowGate::can_come_coded(std::size_t column) const {
  return columns_[column].field.type == columns_[column].file_type && !has_rule_[column];
}

Column RowGate::settled_layout(std::size_t index, const Column& column) {
  if (!column.is_dictionary()) return column;
  if (!can_come_coded(index)) return flatten(memory_, column);
  if (checked_dictionaries_[index] == column.dictionary()) return column;
  if (column.type().is_binary_like() && !all_texts_valid(*column.dictionary())) return flatten(memory_, column);
  checked_dictionaries_[index] = column.dictionary();
  return column;
}

Batch RowGate::pass(const std::vector<Column>& columns, std::int64_t row_count, std::int64_t first_row,
                    std::vector<RowProblem> problems) {
  HEADRACE_CHECK(columns.size() == columns_.size());
  Batch batch{schema_, {}, row_count};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    HEADRACE_CHECK(columns[i].length() == row_count);
    Column column = settled_layout(i, columns[i]);
    bool is_hashed = can_come_hashed(i) && column.type() != columns_[i].file_type;
    if (column.is_dictionary() || is_hashed) {
      batch.columns.push_back(std::move(column));
      continue;
    }
    batch.columns.push_back(declared_cast(
        column, columns_[i].field.type, memory_, [&](std::int64_t row, const char* kind, std::string message) {
          problems.push_back({row, i, kind, std::move(message), format_cell(column, row)});
        }));
  }
  if (!rules_.empty()) check_rules(batch, problems);
  counts_.rows_read += row_count;
  if (!problems.empty()) {
    sort_problems(problems);
    batch.columns.resize(delivered_count_);  // the others are checked
    batch = settle(std::move(batch), problems, first_row);
  }
  counts_.rows_delivered += batch.row_count;
  batch.schema = delivered_schema_;
  batch.columns.resize(delivered_count_);
  for (std::size_t i = 0; i < delivered_count_; ++i) {
    if (!columns_[i].hash_name.empty()) batch.columns[i] = hash_texts(batch.columns[i], memory_);
  }
  return batch;
}

/// Adds what breaks a rule, but not a second problem of a value that is bad already.
void RowGate::check_rules(const Batch& batch, std::vector<RowProblem>& problems) const {
  std::vector<RuleCheck::Violation> violations;
  rules_.check(batch, violations);
  if (violations.empty()) return;
  std::set<std::pair<std::int64_t, std::size_t>> known;
  for (const RowProblem& problem : problems) known.emplace(problem.row, problem.column);
  for (const RuleCheck::Violation& violation : violations) {
    std::size_t column = schema_->index_of(rules_.rule(violation.rule_index).column);
    bool is_known = known.contains({violation.row, column}) || known.contains({violation.row, RowProblem::kWholeRow});
    if (is_known) continue;
    problems.push_back({violation.row, column, violation.kind, rules_.describe(batch, violation),
                        format_cell(batch.column(column), violation.row)});
  }
}

void RowGate::sort_problems(std::vector<RowProblem>& problems) const {
  using Key = std::tuple<std::int64_t, std::int64_t, std::size_t>;  // row, column, order found
  std::vector<Key> keys;
  for (const RowProblem& problem : problems) {
    bool is_whole = problem.column == RowProblem::kWholeRow;
    std::int64_t ordinal = is_whole ? -1 : static_cast<std::int64_t>(columns_[problem.column].ordinal);
    keys.emplace_back(problem.row, ordinal, keys.size());
  }
  std::sort(keys.begin(), keys.end());
  std::vector<RowProblem> sorted;
  sorted.reserve(problems.size());
  for (const Key& key : keys) sorted.push_back(std::move(problems[std::get<2>(key)]));
  problems = std::move(sorted);
}

BadRow RowGate::bad_row(const RowProblem& problem, std::int64_t first_row) const {
  BadRow row;
  row.file = file_;
  row.line = first_row + problem.row + 1;
  if (problem.column != RowProblem::kWholeRow) row.column = columns_[problem.column].field.name;
  row.kind = problem.kind;
  row.message = problem.message;
  row.text = problem.text;
  return row;
}

Batch RowGate::settle(Batch batch, const std::vector<RowProblem>& problems, std::int64_t first_row) {
  if (on_error_ == OnError::kFail) {
    BadRow row = bad_row(problems.front(), first_row);
    std::string where = row.column.empty() ? "" : fmt::format(", column '{}'", row.column);
    throw Error(ErrorCode::kBadData,
                fmt::format("bad row in '{}', row {}{}: {}", row.file, format_count(row.line), where, row.message),
                "correct the data, or set the source's on_error to quarantine, drop or null");
  }
  if (on_error_ == OnError::kNull) return without_bad_values(std::move(batch), problems);
  std::vector<std::int64_t> rows;
  for (const RowProblem& problem : problems) {
    if (!rows.empty() && rows.back() == problem.row) continue;
    rows.push_back(problem.row);
    if (on_error_ == OnError::kQuarantine) bad_rows_.push_back(bad_row(problem, first_row));
  }
  std::int64_t removed = static_cast<std::int64_t>(rows.size());
  (on_error_ == OnError::kQuarantine ? counts_.rows_quarantined : counts_.rows_dropped) += removed;
  return without_rows(std::move(batch), rows);
}

/// kNull: bad values become null. Where a null may not be, and where the whole row is bad, the row is dropped.
Batch RowGate::without_bad_values(Batch batch, const std::vector<RowProblem>& problems) {
  std::vector<std::int64_t> dropped;
  for (const RowProblem& problem : problems) {
    bool drops = problem.column == RowProblem::kWholeRow || is_never_null_[problem.column];
    if (drops && (dropped.empty() || dropped.back() != problem.row)) dropped.push_back(problem.row);
  }
  std::vector<std::vector<std::int32_t>> picks(columns_.size());
  for (const RowProblem& problem : problems) {
    if (std::binary_search(dropped.begin(), dropped.end(), problem.row)) continue;
    std::vector<std::int32_t>& rows = picks[problem.column];
    if (rows.empty()) {
      rows.resize(static_cast<std::size_t>(batch.row_count));
      std::iota(rows.begin(), rows.end(), 0);
    }
    if (std::exchange(rows[static_cast<std::size_t>(problem.row)], -1) != -1) ++counts_.values_nulled;
  }
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    if (!picks[i].empty()) batch.columns[i] = gather(memory_, batch.columns[i], picks[i]);
  }
  counts_.rows_dropped += static_cast<std::int64_t>(dropped.size());
  return without_rows(std::move(batch), dropped);
}

Batch RowGate::without_rows(Batch batch, const std::vector<std::int64_t>& rows) {
  for (Column& column : batch.columns) column = drop_rows(memory_, column, rows);
  batch.row_count -= std::ssize(rows);
  return batch;
}

std::vector<ColumnRule> rules_with_nullability(const Schema& schema, std::vector<ColumnRule> rules) {
  for (const Field& field : schema) {
    if (field.nullable) continue;
    auto rule = std::find_if(rules.begin(), rules.end(), [&](const ColumnRule& r) { return r.column == field.name; });
    if (rule == rules.end()) {
      rule = rules.emplace(rules.end());
      rule->column = field.name;
    }
    rule->nullable = false;
  }
  return rules;
}

Schema schema_with_nullability(std::vector<Field> fields, const std::vector<ColumnRule>& rules) {
  for (Field& field : fields) {
    for (const ColumnRule& rule : rules)
      field.nullable = field.nullable && (rule.column != field.name || rule.nullable);
  }
  return Schema(std::move(fields));
}

ReadPlan plan_read(const Schema& schema, const std::vector<Type>& file_types, const SourceSpec& spec,
                   const std::vector<ColumnRule>& rules, const ScanRequest& request, bool any_value_may_be_bad) {
  HEADRACE_CHECK(reads_once(request));
  ReadPlan plan;
  plan.takes_dictionaries = request.takes_dictionaries;
  plan.takes_number_dictionaries = request.takes_number_dictionaries;
  std::set<std::size_t> taken;
  auto take = [&](std::size_t index) {
    if (taken.insert(index).second) plan.columns.push_back({schema[index], file_types[index], index, {}});
  };
  for (const std::string& name : request.columns) take(schema.index_of(name));
  for (const ScanReduction& reduction : request.reductions) {
    take(checked_text(schema, reduction));
    plan.columns.back().hash_name = reduction.name;
  }
  plan.delivered_count = plan.columns.size();
  if (!spec.checks_unread) return plan;
  bool bad_values_matter = !spec.declared.empty() && spec.on_error != OnError::kFail;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    bool has_rule =
        std::any_of(rules.begin(), rules.end(), [&](const ColumnRule& r) { return r.column == schema[i].name; });
    bool may_not_fit = declared_cast_fit(file_types[i], schema[i].type) == CastFit::kByValue &&
                       (!keeps_values(file_types[i], schema[i].type) || bad_values_matter);
    if (has_rule || may_not_fit || (any_value_may_be_bad && bad_values_matter)) take(i);
  }
  return plan;
}

}  // namespace headrace
