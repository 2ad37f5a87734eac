// Checks the contract of a pipeline while its rows pass: counts every violation and keeps the first sample rows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/io/source.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// One promise of a contract and how the rows kept it.
struct PromiseResult {
  std::string column;   // empty for a promise about rows
  std::string kind;     // "null", "range", "allowed", or the name of a promise about rows
  std::string promise;  // for people: "distance is not null", "late is one of 0, 1"
  std::int64_t violations = 0;
  std::vector<std::string> samples;  // the first rows that broke it, as text; at most ContractCheck::kSamplesMax
};

struct ContractResult {
  std::string table;
  std::int64_t rows_checked = 0;
  std::vector<PromiseResult> promises;
  double seconds = 0;              // summed over workers
  std::int64_t bytes_checked = 0;  // of whole rows

  bool kept() const;
  /// "the contract on table training_rows is violated: …" with a line per broken promise and its first samples.
  std::string describe() const;
};

/// A sink that checks the rows and hands them on, or lets them go when there is nothing behind it.
class ContractCheck : public Sink {
 public:
  static constexpr std::size_t kSamplesMax = 10;

  /// Throws Error(kInvalidPipeline) when a promise names no column of `schema` or does not fit its type, and
  /// Error(kContractViolated) when a column does not have the promised type: that is known before any row.
  ContractCheck(const ContractSpec& spec, const Schema& schema, Sink* next, const RunContext& context);

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// The sum over all workers; the samples are the earliest violating rows, whatever worker met them.
  ContractResult result() const;

 private:
  /// What one worker found. Samples by (row position in the input): merging keeps the earliest.
  struct Tally {
    std::int64_t rows_checked = 0;
    std::int64_t bytes_checked = 0;
    double seconds = 0;
    std::vector<std::int64_t> violations;
    std::vector<std::map<std::uint64_t, std::string>> samples;
    std::size_t current_split = 0;
    std::uint64_t next_row = 0;
  };
  Batch with_plain_rule_columns(const Batch& batch) const;
  void check(Tally& tally, const Batch& batch, std::size_t split_index);
  void add(Tally& tally, std::size_t promise, std::uint64_t position, const Batch& batch, std::int64_t row) const;

  std::string table_;
  RuleCheck rules_;
  std::vector<std::size_t> rule_columns_;                                       // that rules_ reads
  std::vector<PromiseResult> promises_;                                         // without results
  std::map<std::pair<std::size_t, std::string>, std::size_t> promise_of_rule_;  // (rule index, kind) → promise
  std::vector<BoundExprPtr> row_predicates_;
  DictionaryCache dictionaries_;
  std::size_t first_row_promise_ = 0;
  Sink* next_;
  const RunContext& context_;
  std::vector<Tally> tallies_;
};

/// The columns of its table that a contract reads.
std::vector<std::string> contract_columns(const ContractSpec& spec);

}  // namespace headrace
