// See hash_join.h. A probe looks up a whole batch at once; where every key has one right row (the usual join with a
// dimension) a left join passes the left columns on untouched. Right columns are not gathered: they leave as codes, the
// numbers of the matching right rows, into the right table.
#include "headrace/exec/hash_join.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/value.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

std::vector<std::size_t> indexes_of(const Schema& schema, const std::vector<std::string>& names) {
  std::vector<std::size_t> indexes;
  for (const std::string& name : names) indexes.push_back(schema.index_of(name));
  return indexes;
}

std::vector<Column> pick(const Batch& batch, const std::vector<std::size_t>& indexes) {
  std::vector<Column> columns;
  columns.reserve(indexes.size());
  for (std::size_t index : indexes) columns.push_back(batch.columns[index]);
  return columns;
}

std::vector<Type> types_of(const Schema& schema, const std::vector<std::size_t>& indexes) {
  std::vector<Type> types;
  for (std::size_t index : indexes) types.push_back(schema[index].type);
  return types;
}

class Probe : public Operator {
 public:
  Probe(std::shared_ptr<JoinState> state, MemoryBudget& memory, std::int64_t batch_rows)
      : state_(std::move(state)), memory_(memory), batch_rows_(static_cast<std::size_t>(batch_rows)) {
    seen_.resize(static_cast<std::size_t>(state_->table.rows().row_count));
  }

  void push(const Batch& batch, std::vector<Batch>& out) override {
    const JoinTable& table = state_->table;
    table.find(pick(batch, state_->left_key_columns), static_cast<std::size_t>(batch.row_count), lookup_, ids_);
    std::int64_t matched = std::count_if(ids_.begin(), ids_.end(), [](std::int32_t id) { return id >= 0; });
    counts_.left_matched += matched;
    counts_.left_unmatched += batch.row_count - matched;
    bool keeps_left_only = state_->join.how == JoinKind::kSemi || state_->join.how == JoinKind::kAnti;
    bool is_one_to_one = state_->join.how == JoinKind::kLeft && table.is_unique();
    if (keeps_left_only) return push_left_rows(batch, out);
    is_one_to_one ? push_with_codes(batch, out) : push_pairs(batch, out);
  }

  void finish() override {
    state_->counts.left_matched += counts_.left_matched;
    state_->counts.left_unmatched += counts_.left_unmatched;
    for (std::size_t row = 0; row < seen_.size(); ++row) state_->right_seen[row] |= seen_[row];
  }

 private:
  /// Semi and anti joins: left rows with, or without, a match.
  void push_left_rows(const Batch& batch, std::vector<Batch>& out) {
    left_rows_.clear();
    bool wants_match = state_->join.how == JoinKind::kSemi;
    for (std::size_t row = 0; row < ids_.size(); ++row) {
      if (ids_[row] >= 0) mark_seen(ids_[row]);
      if ((ids_[row] >= 0) == wants_match) left_rows_.push_back(static_cast<std::int32_t>(row));
    }
    if (left_rows_.empty()) return;
    Batch result = left_rows_.size() == ids_.size() ? batch : gather(memory_, batch, left_rows_);
    result.schema = state_->output;
    out.push_back(std::move(result));
  }

  /// A left join with unique right keys: every left row stays, and the right row that find() gave is its code.
  void push_with_codes(const Batch& batch, std::vector<Batch>& out) {
    for (std::int32_t id : ids_) {
      if (id >= 0) seen_[static_cast<std::size_t>(id)] = 1;
    }
    out.push_back(with_right_columns(batch, ids_));
  }

  /// Inner joins, and those whose right keys repeat: pairs of rows.
  void push_pairs(const Batch& batch, std::vector<Batch>& out) {
    bool keeps_unmatched = state_->join.how == JoinKind::kLeft;
    left_rows_.clear();
    right_rows_.clear();
    for (std::size_t row = 0; row < ids_.size(); ++row) {
      if (ids_[row] < 0) {
        if (!keeps_unmatched) continue;
        left_rows_.push_back(static_cast<std::int32_t>(row));
        right_rows_.push_back(-1);
        continue;
      }
      for (std::int32_t right_row : state_->table.rows_of(ids_[row])) {
        seen_[static_cast<std::size_t>(right_row)] = 1;
        left_rows_.push_back(static_cast<std::int32_t>(row));
        right_rows_.push_back(right_row);
      }
      if (left_rows_.size() >= batch_rows_) emit_pairs(batch, out);
    }
    emit_pairs(batch, out);
  }

  /// Emits the collected pairs in batches of at most batch_rows_, and clears them.
  void emit_pairs(const Batch& batch, std::vector<Batch>& out) {
    for (std::size_t start = 0; start < left_rows_.size(); start += batch_rows_) {
      std::size_t count = std::min(batch_rows_, left_rows_.size() - start);
      std::span<const std::int32_t> left(left_rows_.data() + start, count);
      out.push_back(with_right_columns(gather(memory_, batch, left), {right_rows_.data() + start, count}));
    }
    left_rows_.clear();
    right_rows_.clear();
  }

  Batch with_right_columns(Batch left, std::span<const std::int32_t> right_rows) const {
    left.schema = state_->output;
    if (state_->right_values.empty()) return left;
    auto codes = Buffer::allocate(memory_, right_rows.size_bytes());
    std::ranges::copy(right_rows, codes->mutable_as<std::int32_t>());
    for (const auto& values : state_->right_values) {
      left.columns.push_back(Column::dictionary(left.row_count, codes, values));
    }
    return left;
  }

  void mark_seen(const std::int32_t& first_row) {
    for (std::int32_t right_row : state_->table.rows_of(first_row)) seen_[static_cast<std::size_t>(right_row)] = 1;
  }

  std::shared_ptr<JoinState> state_;
  MemoryBudget& memory_;
  std::size_t batch_rows_;
  KeyLookup lookup_;
  JoinCounts counts_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> left_rows_;
  std::vector<std::int32_t> right_rows_;
};

}  // namespace

JoinTable::JoinTable(const JoinNode& join, const Table& right, MemoryBudget& memory)
    : rows_(concat(memory, right.schema, right.batches)),
      keys_(types_of(*right.schema, indexes_of(*right.schema, join.right_on)), memory),
      reservation_(memory, 0, "a join table") {
  if (rows_.row_count > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the right side of a join has {} rows, more than 2^31", rows_.row_count),
                "put the larger table on the left");
  }
  std::size_t row_count = static_cast<std::size_t>(rows_.row_count);
  std::vector<Column> key_columns = pick(rows_, indexes_of(*right.schema, join.right_on));
  std::vector<std::int32_t> first_rows(row_count);
  reservation_.resize(row_count * sizeof(std::int32_t), "a join table");
  keys_.insert_rows(key_columns, row_count, first_rows);
  std::int64_t keyed_rows =
      std::count_if(first_rows.begin(), first_rows.end(), [](std::int32_t row) { return row >= 0; });
  if (static_cast<std::size_t>(keyed_rows) > keys_.size()) make_lists(first_rows);
  reservation_.resize(list_starts_.size() * sizeof(std::uint32_t) + row_lists_.size() * sizeof(std::int32_t),
                      "a join table");
  if (join.right_unique) refuse_duplicates(join, key_columns);
}

void JoinTable::make_lists(const std::vector<std::int32_t>& first_rows) {
  reservation_.resize(4 * first_rows.size() * sizeof(std::int32_t), "a join table");
  // Counting sort of the rows by the first row of their key.
  list_starts_.assign(first_rows.size() + 1, 0);
  for (std::int32_t first : first_rows) {
    if (first >= 0) ++list_starts_[static_cast<std::size_t>(first) + 1];
  }
  for (std::size_t row = 0; row < first_rows.size(); ++row) list_starts_[row + 1] += list_starts_[row];
  row_lists_.resize(list_starts_.back());
  std::vector<std::uint32_t> next(list_starts_.begin(), list_starts_.end() - 1);
  for (std::size_t row = 0; row < first_rows.size(); ++row) {
    if (first_rows[row] < 0) continue;
    row_lists_[next[static_cast<std::size_t>(first_rows[row])]++] = static_cast<std::int32_t>(row);
  }
}

void JoinTable::refuse_duplicates(const JoinNode& join, std::span<const Column> key_columns) const {
  for (std::size_t first = 0; first + 1 < list_starts_.size(); ++first) {
    std::span<const std::int32_t> rows = rows_of(static_cast<std::int32_t>(first));
    if (rows.size() < 2) continue;
    std::string text;
    for (std::size_t k = 0; k < key_columns.size(); ++k) {
      text +=
          fmt::format("{}{} = {}", k == 0 ? "" : ", ", join.right_on[k], value_at(key_columns[k], rows[0]).to_string());
    }
    throw Error(
        ErrorCode::kBadData,
        fmt::format("this join would multiply rows: {} rows of its right side have the key {}", rows.size(), text),
        "make the right side unique with group_by, or write validate: m:m if several matches are meant");
  }
}

void JoinState::count_right() {
  counts.right_matched = std::count(right_seen.begin(), right_seen.end(), std::uint8_t{1});
  counts.right_unmatched = table.rows().row_count - counts.right_matched;
}

std::shared_ptr<JoinState> make_join_state(const JoinNode& join, const Table& right, const Schema& left,
                                           std::shared_ptr<const Schema> output, const RunContext& context) {
  std::vector<std::size_t> right_output_columns;
  if (join.how == JoinKind::kInner || join.how == JoinKind::kLeft) {
    for (std::size_t i = 0; i < right.schema->size(); ++i) {
      bool is_key = std::count(join.right_on.begin(), join.right_on.end(), (*right.schema)[i].name) > 0;
      if (!is_key) right_output_columns.push_back(i);
    }
  }
  HEADRACE_CHECK(output->size() == left.size() + right_output_columns.size());
  auto state = std::make_shared<JoinState>(JoinState{
      join, JoinTable(join, right, *context.memory), indexes_of(left, join.left_on), {}, std::move(output), {}, {}});
  for (std::size_t index : right_output_columns) {
    state->right_values.push_back(std::make_shared<const Column>(state->table.rows().columns[index]));
    context.spill->pin(state->right_values.back());
  }
  state->right_seen.resize(static_cast<std::size_t>(state->table.rows().row_count));
  return state;
}

MakeOperator join_operator(const std::shared_ptr<JoinState>& state, const RunContext& context) {
  return [state, memory = context.memory, batch_rows = context.batch_rows] {
    return std::make_unique<Probe>(state, *memory, batch_rows);
  };
}

}  // namespace headrace
