// Rows of a batch as framed tf.train.Example records; SequenceExamples where columns are lists of lists.
//
// Rows are taken in blocks. For each block, every column is measured: its values as varints, or the bytes of its lists,
// are counted and added to the size of their rows, so that it is known where each record lies. Then records are written
// in groups that fit into the first-level cache, column by column: a column's loop has one kind of value and no
// branches. The bytes in front of a value (tags, lengths, name) are the same for all values of one size, so they are
// made once and copied. Headers and checksums come last.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/tfrecord/feature_lists_encoder.h"
#include "headrace/io/tfrecord/feature_prefixes.h"
#include "headrace/io/tfrecord/wire.h"

namespace headrace {

/// The kind of feature that a type is written as, list elements for lists; kNone when it cannot be.
FeatureKind feature_kind(const Type& type);

class ExampleEncoder {
 public:
  static constexpr std::size_t kBlockRows = 256;

  /// Requires: feature_kind() or feature_list_kind() of every column is not kNone.
  ExampleEncoder(const Schema& schema, MemoryBudget& memory);

  /// Measures rows [start, start + count) of `batch`, count <= kBlockRows. Throws Error(kBadData) when a list holds a
  /// null or a row is too large for a record.
  void measure(const Batch& batch, std::int64_t start, std::size_t count);
  /// Bytes of the framed record of row `row` of the measured block.
  std::size_t record_bytes(std::size_t row) const { return record_bytes_[row]; }
  /// Writes the records of rows [first, last), one behind another, and returns their end. May write kSlackBytes beyond
  /// it.
  char* encode(std::size_t first, std::size_t last, char* out);

  static constexpr std::size_t kSlackBytes = 32;

 private:
  static constexpr std::uint32_t kAbsent = 0xffffffff;

  enum class Shape { kScalar, kList };

  struct Feature {
    std::string name;
    std::size_t column_index;
    FeatureKind kind;
    Shape shape;
    FeaturePrefixes prefixes;

    // The measured block.
    Column column = {};                       // its rows
    const std::int64_t* ints = nullptr;       // scalars as int64, or the list elements from elements_start on
    std::vector<std::int64_t> own_ints = {};  // these, when the column's values are narrower
    std::int64_t elements_start = 0;
    std::vector<std::uint32_t> payload = {};  // bytes of the value or values; kAbsent where null
    bool has_absent = false;                  // of scalars
  };
  void measure_int_scalars(Feature& feature);
  void measure_float_scalars(Feature& feature);
  void leave_out_nulls(Feature& feature);
  void measure_byte_scalars(Feature& feature);
  void measure_lists(Feature& feature);
  std::uint32_t list_payload(const Feature& feature, std::int64_t start, std::int64_t end) const;
  static void check_no_null(const Feature& feature, std::int64_t start, std::int64_t end);
  std::size_t group_end(std::size_t first, std::size_t last) const;
  char* encode_group(std::size_t first, std::size_t last, char* out);
  void put_feature(const Feature& feature, std::size_t first, std::size_t last);
  template <std::uint32_t kPieces>
  void put_numbers(const Feature& feature, std::size_t first, std::size_t last);
  void put_any(const Feature& feature, std::size_t first, std::size_t last);
  char* put_frame(std::size_t row, char* record, char* end) const;
  char* put_packed(const Feature& feature, std::size_t row, char* out) const;
  char* put_values(const Feature& feature, std::size_t row, char* out) const;

  std::vector<Feature> features_;  // by name
  FeatureListsEncoder lists_;
  std::vector<std::uint64_t> sizes_;             // of the Features message, by row
  std::vector<std::size_t> record_bytes_;        // framed, by row
  std::vector<char*> ends_;                      // of what is written of each row
  std::vector<std::uint32_t> length_checksums_;  // of the small lengths
};

}  // namespace headrace
