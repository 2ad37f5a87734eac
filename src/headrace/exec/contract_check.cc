// See contract_check.h.
#include "headrace/exec/contract_check.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<ColumnRule> rules_of(const ContractSpec& spec) {
  std::vector<ColumnRule> rules;
  for (const ContractSpec::ColumnPromise& promise : spec.columns) rules.push_back(promise.rule);
  return rules;
}

void check_types(const ContractSpec& spec, const Schema& schema) {
  std::string broken;
  for (const ContractSpec::ColumnPromise& promise : spec.columns) {
    const Field& field = schema[schema.index_of(promise.rule.column)];
    if (!promise.type || *promise.type == field.type) continue;
    broken += fmt::format("\n  {} has type {}, promised is {}", field.name, field.type.to_string(),
                          promise.type->to_string());
  }
  if (broken.empty()) return;
  throw Error(ErrorCode::kContractViolated,
              fmt::format("the contract on table {} is violated by the types of its columns:{}", spec.table, broken),
              "add a cast in with_columns, or change the contract");
}

/// A bound as people write it: 1000, not 1000.0.
std::string bound_text(const Value& value) {
  const double* number = std::get_if<double>(&value.data);
  return number != nullptr ? fmt::format("{}", *number) : value.to_string();
}

std::string list_text(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + bound_text(value);
  return text;
}

std::string range_text(const ColumnRule& rule) {
  std::string text;
  if (rule.min) text += " is at least " + bound_text(*rule.min);
  if (rule.max) text += (text.empty() ? " is at most " : " and at most ") + bound_text(*rule.max);
  return text;
}

std::string row_text(const Batch& batch, std::int64_t row) {
  std::string text;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", (*batch.schema)[i].name, format_cell(batch.columns[i], row));
  }
  return text;
}

}  // namespace

bool ContractResult::kept() const {
  return std::all_of(promises.begin(), promises.end(), [](const PromiseResult& p) { return p.violations == 0; });
}

std::string ContractResult::describe() const {
  std::string text =
      fmt::format("the contract on table {} is violated ({} rows checked):", table, format_count(rows_checked));
  for (const PromiseResult& promise : promises) {
    if (promise.violations == 0) continue;
    text += fmt::format("\n  {}: {} of {} rows break it", promise.promise, format_count(promise.violations),
                        format_count(rows_checked));
    for (std::size_t i = 0; i < std::min<std::size_t>(3, promise.samples.size()); ++i) {
      text += "\n    " + promise.samples[i];
    }
  }
  return text;
}

ContractCheck::ContractCheck(const ContractSpec& spec, const Schema& schema, Sink* next, const RunContext& context)
    : table_(spec.table), rules_(schema, rules_of(spec)), next_(next), context_(context) {
  check_types(spec, schema);
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    const ColumnRule& rule = spec.columns[i].rule;
    rule_columns_.push_back(schema.index_of(rule.column));
    auto promise = [&](const std::string& kind, const std::string& text) {
      promise_of_rule_[{i, kind}] = promises_.size();
      promises_.push_back({rule.column, kind, rule.column + text, 0, {}});
    };
    if (!rule.nullable) promise("null", " is not null");
    if (rule.min || rule.max) promise("range", range_text(rule));
    if (!rule.allowed.empty()) promise("allowed", " is one of " + list_text(rule.allowed));
  }
  first_row_promise_ = promises_.size();
  for (const ContractSpec::RowPromise& row : spec.rows) {
    row_predicates_.push_back(bind(row.predicate, schema));
    promises_.push_back({"", row.name, fmt::format("{} ({})", row.name, to_string(row.predicate)), 0, {}});
  }
}

void ContractCheck::start(std::size_t split_count, std::size_t worker_count) {
  tallies_.resize(worker_count);
  for (Tally& tally : tallies_) {
    tally.violations.resize(promises_.size());
    tally.samples.resize(promises_.size());
  }
  if (next_ != nullptr) next_->start(split_count, worker_count);
}

void ContractCheck::consume(Batch batch, std::size_t split_index, std::size_t worker_index) {
  Tally& tally = tallies_[worker_index];
  Clock::time_point start = Clock::now();
  check(tally, batch, split_index);
  tally.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  tally.bytes_checked += static_cast<std::int64_t>(batch.data_bytes());
  if (next_ != nullptr) next_->consume(std::move(batch), split_index, worker_index);
}

void ContractCheck::check(Tally& tally, const Batch& batch, std::size_t split_index) {
  if (tally.current_split != split_index) tally.next_row = 0;
  tally.current_split = split_index;
  std::uint64_t position = (static_cast<std::uint64_t>(split_index) << 32) + tally.next_row;
  tally.next_row += static_cast<std::uint64_t>(batch.row_count);
  tally.rows_checked += batch.row_count;

  std::vector<RuleCheck::Violation> violations;
  rules_.check(with_plain_rule_columns(batch), violations);
  for (const RuleCheck::Violation& violation : violations) {
    auto promise = promise_of_rule_.find({violation.rule_index, violation.kind});
    HEADRACE_CHECK(promise != promise_of_rule_.end());
    add(tally, promise->second, position, batch, violation.row);
  }
  EvalContext context(*context_.memory, &dictionaries_);
  for (std::size_t i = 0; i < row_predicates_.size(); ++i) {
    Column holds = evaluate(*row_predicates_[i], batch, context);
    std::span<const std::uint8_t> values = holds.values<std::uint8_t>();
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      bool is_true = !holds.is_null(row) && values[static_cast<std::size_t>(row)] != 0;
      if (!is_true) add(tally, first_row_promise_ + i, position, batch, row);
    }
  }
}

Batch ContractCheck::with_plain_rule_columns(const Batch& batch) const {
  Batch plain = batch;
  for (std::size_t index : rule_columns_) plain.columns[index] = flatten(*context_.memory, batch.columns[index]);
  return plain;
}

void ContractCheck::add(Tally& tally, std::size_t promise, std::uint64_t position, const Batch& batch,
                        std::int64_t row) const {
  ++tally.violations[promise];
  std::uint64_t key = position + static_cast<std::uint64_t>(row);
  auto& samples = tally.samples[promise];
  if (samples.size() >= kSamplesMax && samples.rbegin()->first < key) return;
  samples.emplace(key, row_text(batch, row));
  if (samples.size() > kSamplesMax) samples.erase(std::prev(samples.end()));
}

ContractResult ContractCheck::result() const {
  ContractResult result{table_, 0, promises_, 0, 0};
  for (std::size_t i = 0; i < promises_.size(); ++i) {
    std::map<std::uint64_t, std::string> samples;
    for (const Tally& tally : tallies_) {
      result.promises[i].violations += tally.violations[i];
      samples.insert(tally.samples[i].begin(), tally.samples[i].end());
    }
    for (const auto& [position, text] : samples) {
      if (result.promises[i].samples.size() < kSamplesMax) result.promises[i].samples.push_back(text);
    }
  }
  for (const Tally& tally : tallies_) {
    result.rows_checked += tally.rows_checked;
    result.bytes_checked += tally.bytes_checked;
    result.seconds += tally.seconds;
  }
  return result;
}

std::vector<std::string> contract_columns(const ContractSpec& spec) {
  std::vector<std::string> names;
  for (const ContractSpec::ColumnPromise& promise : spec.columns) {
    if (std::count(names.begin(), names.end(), promise.rule.column) == 0) names.push_back(promise.rule.column);
  }
  for (const ContractSpec::RowPromise& row : spec.rows) collect_columns(row.predicate, names);
  return names;
}

}  // namespace headrace
