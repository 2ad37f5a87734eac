// MDS samples to columns.
//
// First each sample is walked once: the sizes in its head give where its values are, and must add up to its length.
// Then each wanted column is decoded over all samples.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/mds/mds_config.h"
#include "headrace/io/row_gate.h"

namespace headrace {

class MdsDecoder {
 public:
  /// Decodes the columns named `wanted`, each of `file_columns` and of a type that its encoding is decoded as.
  MdsDecoder(const std::vector<MdsColumn>& file_columns, std::span<const GateColumn> wanted, MemoryBudget& memory);

  /// Zeros that have to follow the samples: what a sample that is broken is read as.
  std::size_t padding_bytes() const { return fixed_bytes_; }
  /// The columns of the samples offsets[i] … offsets[i + 1] of `bytes`, with the padding from offsets.back() on. What
  /// is bad is zero or empty and is added to `problems`.
  std::vector<Column> decode(const char* bytes, std::span<const std::uint32_t> offsets,
                             std::vector<RowProblem>& problems);

 private:
  /// A wanted column.
  struct Target {
    std::string name;
    MdsEncoding encoding;
    Type type;
    std::size_t variables_before = 0;
    std::size_t fixed_bytes_before = 0;  // of values
  };
  class Values;

  void locate(const char* bytes, std::span<const std::uint32_t> offsets, std::vector<RowProblem>& problems);

  MemoryBudget& memory_;
  std::size_t variable_count_ = 0;
  std::size_t fixed_bytes_ = 0;  // of a sample: the sizes in its head, and values of fixed size
  std::vector<Target> targets_;
  // Of the samples at hand, row by row for each variable: where what follows it would start if nothing of fixed size
  // stood before, and its size. The first rows are those in front of the first variable.
  std::shared_ptr<Buffer> places_;
  std::shared_ptr<Buffer> sizes_;
};

}  // namespace headrace
