// The feature lists of tf.train.SequenceExample messages to columns of lists of lists.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "headrace/column/column_builder.h"
#include "headrace/io/row_gate.h"
#include "headrace/io/tfrecord/example_parse.h"

namespace headrace {

class FeatureListsDecoder {
 public:
  /// Columns of list<list<…>> of bool, int64, date, timestamps, float32 or binary. `gate_columns` has their numbers,
  /// for problems.
  FeatureListsDecoder(std::vector<Field> columns, std::vector<std::size_t> gate_columns, MemoryBudget& memory);

  bool empty() const { return columns_.empty(); }
  void start();
  /// Decodes the next records; what is bad is null and goes to `problems`.
  void decode(std::span<const std::string_view> records, std::vector<RowProblem>& problems);
  std::vector<Column> finish();

 private:
  struct Target {
    Field field;
    std::size_t gate_column;
    FeatureKind kind;
    ColumnBuilder builder;
    std::string_view found;  // of the record at hand; data() nullptr: absent
  };
  void decode_row(Target& target, std::vector<RowProblem>& problems);
  /// What is wrong with the row's feature list, or nullptr; fills steps_.
  const char* parse_steps(const Target& target);

  std::vector<Target> columns_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::int64_t row_count_ = 0;  // since start()
  std::vector<FeatureValues> steps_;
  std::size_t step_count_ = 0;
};

}  // namespace headrace
