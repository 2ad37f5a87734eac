// tf.train.Example messages to columns.
//
// Records are taken in blocks. First each record is walked once and the bytes of the wanted features are noted; the
// names are expected in the order of the record before, and looked up only when they come otherwise. Then each column
// is decoded over the whole block, by a short loop for the form that writers make and by the general parser for every
// other.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "headrace/column/column_builder.h"
#include "headrace/io/row_gate.h"
#include "headrace/io/tfrecord/example_parse.h"

namespace headrace {

class ExampleDecoder {
 public:
  static constexpr std::size_t kBlockRows = 256;

  /// Columns of bool, int64, date, timestamps, float32, binary, and lists of these.
  /// `gate_columns` has their numbers, for problems.
  ExampleDecoder(std::vector<Field> columns, const std::vector<std::size_t>& gate_columns, MemoryBudget& memory);
  ~ExampleDecoder();

  /// Starts columns of `row_count` rows.
  void start(std::size_t row_count);
  /// Decodes the next records, at most kBlockRows; what is bad is null and goes to problems(). Behind each record there
  /// are RecordWindow::kPaddingBytes readable bytes.
  void decode(std::span<const std::string_view> records);
  /// The columns of all rows since start().
  std::vector<Column> finish();
  std::vector<RowProblem>& problems() { return problems_; }

 private:
  class Target;
  /// What a feature at some place of a record was last time.
  struct Expected {
    std::string name;
    std::ptrdiff_t column = -1;  // -1: not wanted
  };

  bool find_features(std::string_view record, std::size_t row);
  std::ptrdiff_t column_of(std::string_view key, std::size_t place);

  std::vector<std::unique_ptr<Target>> targets_;
  std::unordered_map<std::string_view, std::ptrdiff_t> column_by_name_;
  std::vector<Expected> expected_;
  std::vector<std::string_view>
      features_;               // of a block: column by column, kBlockRows each; data() nullptr where absent
  std::size_t row_count_ = 0;  // rows decoded since start()
  std::vector<RowProblem> problems_;
};

}  // namespace headrace
