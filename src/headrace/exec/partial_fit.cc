// See partial_fit.h. A round is: the states of finished stages, then, for each statistic that is not finished, its
// index in the stage and what a fork of it knows. A partial is a list of index and accumulator.
#include "headrace/exec/partial_fit.h"

#include <algorithm>
#include <map>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/expr/shared_parts.h"

namespace headrace {
namespace {

constexpr std::string_view kRound = "a round of fitting";
constexpr std::string_view kPartial = "statistics of a round of fitting";

/// A statistic of the round as a task knows it.
struct OpenTask {
  std::size_t index;
  FitTask task;
  std::unique_ptr<Accumulator> accumulator;
};

/// Brings `features` to where the driver's are, and makes the accumulators of the round.
std::vector<OpenTask> open_round(FeatureSet& features, std::string_view bytes, MemoryBudget& memory) {
  ByteReader in(bytes, kRound);
  for (auto stages = in.get<std::uint64_t>(); stages > 0; --stages) {
    std::vector<FitTask> stage = features.next_stage();
    if (in.get<std::uint64_t>() != stage.size()) in.refuse();
    for (const FitTask& task : stage) features.set_state(task, parse_json(in.get_text(), std::string(kRound)));
  }
  std::vector<FitTask> stage = features.next_stage();
  std::vector<OpenTask> tasks;
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
    auto index = in.get<std::uint64_t>();
    if (index >= stage.size()) in.refuse();
    // What the round takes was settled by the driver; it is read here.
    std::unique_ptr<Accumulator> accumulator = stage[index].transform->make_accumulator(memory, 0);
    ByteReader state(in.get_text(), kRound);
    accumulator->read(state);
    tasks.push_back({index, stage[index], std::move(accumulator)});
  }
  return tasks;
}

void write_task(ByteWriter& out, std::size_t index, const ByteWriter& state) {
  out.put<std::uint64_t>(index);
  out.put_text(state.bytes());
}

/// Calls take(index, state) for each statistic of a partial.
template <typename Take>
void for_each_task(std::string_view partial, const Take& take) {
  ByteReader in(partial, kPartial);
  while (!in.is_at_end()) {
    auto index = in.get<std::uint64_t>();
    ByteReader state(in.get_text(), kPartial);
    take(index, state);
  }
}

}  // namespace

FitRounds::FitRounds(FeatureSet& features, MemoryBudget& memory, std::size_t round_bytes)
    : features_(features), memory_(memory), round_bytes_(round_bytes) {
  next_stage();
}

void FitRounds::next_stage() {
  tasks_.clear();
  for (FitTask& task : features_.next_stage()) {
    std::unique_ptr<Accumulator> merged = task.transform->make_accumulator(memory_, round_bytes_);
    tasks_.push_back({std::move(task), std::move(merged)});
  }
}

std::string FitRounds::round() const {
  ByteWriter out;
  out.put<std::uint64_t>(stages_.size());
  for (const std::vector<Json>& states : stages_) {
    out.put<std::uint64_t>(states.size());
    for (const Json& state : states) out.put_text(canonical_json(state));
  }
  std::uint64_t open = 0;
  for (const Task& task : tasks_) open += task.is_finished ? 0 : 1;
  out.put(open);
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].is_finished) continue;
    ByteWriter state;
    tasks_[i].merged->fork()->write(state);
    write_task(out, i, state);
  }
  return out.take();
}

bool FitRounds::has_keyed() const {
  for (const Task& task : tasks_) {
    if (!task.is_finished && task.merged->is_keyed()) return true;
  }
  return false;
}

void FitRounds::merge(std::string_view partial) {
  for_each_task(partial, [&](std::size_t index, ByteReader& state) {
    if (index >= tasks_.size() || tasks_[index].is_finished) state.refuse();
    std::unique_ptr<Accumulator> part = tasks_[index].merged->fork();
    part->read(state);
    tasks_[index].merged->merge(*part);
  });
}

void FitRounds::finish_round() {
  bool is_open = false;
  for (Task& task : tasks_) {
    if (!task.is_finished) task.is_finished = !task.merged->finish_round(round_bytes_);
    is_open = is_open || !task.is_finished;
  }
  if (is_open) return;
  std::vector<Json>& states = stages_.emplace_back();
  for (Task& task : tasks_) {
    features_.finish_task(task.task, *task.merged);
    states.push_back(features_.state_of(task.task));
  }
  next_stage();
}

FitPart::FitPart(FeatureSet& features, std::string_view round, const Schema& schema, MemoryBudget& memory)
    : memory_(memory) {
  std::vector<OpenTask> opened = open_round(features, round, memory);
  std::vector<std::string> names;
  for (const OpenTask& open : opened) {
    for (const Expr& input : open.task.inputs) collect_columns(input, names);
  }
  std::vector<Field> fields;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    // Rows have to be counted, whatever is looked at.
    bool is_read = std::ranges::find(names, schema[i].name) != names.end() || (names.empty() && i == 0);
    if (!is_read) continue;
    indexes_.push_back(i);
    fields.push_back(schema[i]);
  }
  columns_ = std::make_shared<const Schema>(std::move(fields));
  for (OpenTask& open : opened) {
    Task task{open.index, {}, std::move(open.accumulator)};
    for (const Expr& input : open.task.inputs) task.inputs.push_back(bind(input, *columns_));
    tasks_.push_back(std::move(task));
  }
  share_inputs(tasks_);
}

void FitPart::add(const Batch& rows) {
  Batch narrow;
  narrow.schema = columns_;
  narrow.row_count = rows.row_count;
  for (std::size_t index : indexes_) narrow.columns.push_back(rows.columns[index]);
  add_narrow(narrow);
}

void FitPart::add_narrow(const Batch& rows) {
  EvalContext eval(memory_, &dictionaries_);
  eval.share_results_of(rows);
  for (Task& task : tasks_) {
    std::vector<Column> inputs;
    for (const BoundExprPtr& input : task.inputs) inputs.push_back(evaluate(*input, rows, eval));
    task.accumulator->update(inputs);
  }
}

std::string FitPart::fixed() const {
  ByteWriter out;
  for (const Task& task : tasks_) {
    if (task.accumulator->is_keyed()) continue;
    ByteWriter state;
    task.accumulator->write(state);
    write_task(out, task.index, state);
  }
  return out.take();
}

std::string FitPart::keyed(std::size_t part, std::size_t part_count) const {
  ByteWriter out;
  for (const Task& task : tasks_) {
    if (!task.accumulator->is_keyed()) continue;
    ByteWriter state;
    task.accumulator->write_part(state, part, part_count);
    write_task(out, task.index, state);
  }
  return out.take();
}

std::string merge_keyed(FeatureSet& features, std::string_view round, std::span<const std::string> parts,
                        MemoryBudget& memory) {
  std::map<std::size_t, std::unique_ptr<Accumulator>> merged;
  for (OpenTask& open : open_round(features, round, memory)) {
    if (open.accumulator->is_keyed()) merged[open.index] = std::move(open.accumulator);
  }
  for (const std::string& part : parts) {
    for_each_task(part, [&](std::size_t index, ByteReader& state) {
      auto found = merged.find(index);
      if (found == merged.end()) state.refuse();
      std::unique_ptr<Accumulator> other = found->second->fork();
      other->read(state);
      found->second->merge(*other);
    });
  }
  ByteWriter out;
  for (auto& [index, accumulator] : merged) {
    accumulator->settle();
    ByteWriter state;
    accumulator->write(state);
    write_task(out, index, state);
  }
  return out.take();
}

}  // namespace headrace
