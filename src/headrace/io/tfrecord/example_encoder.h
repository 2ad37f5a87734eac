// Rows of a batch as framed tf.train.Example records; SequenceExamples where columns are lists of lists.
//
// Rows are taken in blocks. For each block, every column is measured: its values as varints, or the bytes of its lists,
// are counted and added to the size of their rows. Then the rows are written, each from start to end: the bytes in
// front of a value (tags, lengths, name) are the same for all values of one size, so they are made once and copied; and
// the checksum is taken of bytes that are still in the first-level cache.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/tfrecord/feature_lists_encoder.h"
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
  std::size_t record_bytes(std::size_t row) const;
  /// Writes that record and returns its end. May write kSlackBytes beyond it.
  char* encode(std::size_t row, char* out) const;

  static constexpr std::size_t kSlackBytes = 32;

 private:
  /// The bytes in front of a value or of packed values, padded so that they can be copied by 16.
  struct Prefix {
    std::string bytes;
    std::uint32_t size = 0;
    std::uint32_t total_bytes = 0;  // of the map entry with the values
  };

  enum class Shape { kScalar, kList };

  struct Feature {
    std::string name;
    std::size_t column_index = 0;
    FeatureKind kind = FeatureKind::kNone;
    Shape shape = Shape::kScalar;
    /// Of int64 and float: by the bytes of the value or the packed values, below kSmallPayloads; made when first used.
    std::vector<Prefix> prefixes;

    // The measured block.
    Column column;                   // its rows
    std::vector<std::int64_t> ints;  // scalars as int64, or the list elements from elements_start on
    std::int64_t elements_start = 0;
    std::vector<std::uint32_t> payload;  // bytes of the value or values; kAbsent where null
  };
  static constexpr std::uint32_t kAbsent = 0xffffffff;
  static constexpr std::uint32_t kSmallPayloads = 256;

  static const Prefix& prefix_of(Feature& feature, std::uint32_t payload);
  void measure_int_scalars(Feature& feature);
  void measure_float_scalars(Feature& feature);
  void measure_byte_scalars(Feature& feature);
  void measure_lists(Feature& feature);
  std::uint32_t list_payload(const Feature& feature, std::int64_t start, std::int64_t end) const;
  static void check_no_null(const Feature& feature, std::int64_t start, std::int64_t end);
  char* put_packed(const Feature& feature, std::size_t row, char* out) const;
  char* put_values(const Feature& feature, std::size_t row, char* out) const;

  std::vector<Feature> features_;  // by name
  FeatureListsEncoder lists_;
  std::vector<std::uint64_t> sizes_;             // of the Features message, by row
  std::vector<std::uint32_t> length_checksums_;  // of the small lengths
};

}  // namespace headrace
