// tf.train.Example messages to columns.
//
// Records are taken in blocks. First the bytes of the wanted features are noted: writers put features in one order, so
// a record is expected to look like the fullest one before it, with some features absent. Then a feature is found by
// one comparison of its tags and name; only a record that looks otherwise is parsed. Then each column is decoded over
// the whole block, by a short loop for the form that writers make and by the general parser for every other.
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
  /// A feature that is expected at some place of a record: its map entry up to the length of its Feature.
  class Expected {
   public:
    Expected(std::string_view name, std::ptrdiff_t column);
    /// Whether an entry of this feature is at `at`, where at least as many bytes can be read.
    bool matches(const char* at) const;
    std::size_t size() const { return size_; }
    std::ptrdiff_t column() const { return column_; }  // -1: not wanted

   private:
    std::vector<std::uint64_t> words_;  // the bytes: key tag, length, key, value tag; padded by zeros
    std::uint64_t last_mask_ = 0;       // of the bytes of the last word that count
    std::size_t size_ = 0;
    std::ptrdiff_t column_ = -1;
  };

  bool find_features(std::string_view record, std::size_t row);
  bool find_expected_features(std::string_view record, std::size_t row);
  void note_feature(std::ptrdiff_t column, std::size_t row, std::string_view feature);
  std::ptrdiff_t column_of(std::string_view key) const;

  std::vector<std::unique_ptr<Target>> targets_;
  std::unordered_map<std::string_view, std::ptrdiff_t> column_by_name_;
  std::vector<Expected> expected_;
  std::vector<std::string_view>
      features_;               // of a block: column by column, kBlockRows each; data() nullptr where absent
  std::size_t row_count_ = 0;  // rows decoded since start()
  std::vector<RowProblem> problems_;
};

}  // namespace headrace
