// The feature lists of a tf.train.SequenceExample: columns of lists of lists.
//
//   SequenceExample { 1: Features (the context) 0a, 2: FeatureLists 12 }
//   FeatureLists    { 1: map entries }                 0a   entry { 1: key 0a, 2: FeatureList 12 }
//   FeatureList     { 1: Feature, repeated }           0a
//
// A row of such a column is a FeatureList, a Feature for each inner list. A row that is null has no entry.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"
#include "headrace/io/tfrecord/wire.h"

namespace headrace {

/// The kind of feature that the values of a list of lists are written as; kNone for any other type.
FeatureKind feature_list_kind(const Type& type);

class FeatureListsEncoder {
 public:
  /// Takes the columns of `schema` that are lists of lists.
  FeatureListsEncoder(const Schema& schema, MemoryBudget& memory);

  bool empty() const { return items_.empty(); }
  /// Encodes rows [start, start + count) of `batch`. Throws Error(kBadData) when a list holds a null.
  void encode(const Batch& batch, std::int64_t start, std::size_t count);
  /// The bytes of a row's field 2, tag and length included; nothing when there are no such columns.
  std::string_view row(std::size_t row) const {
    if (items_.empty()) return {};
    return {bytes_.data() + starts_[row], starts_[row + 1] - starts_[row]};
  }

 private:
  struct Item {
    std::string name;
    std::size_t column_index;
    FeatureKind kind;
  };
  void put_feature_list(const Item& item, const Column& column, std::int64_t row);
  void put_feature(const Item& item, const Column& values, std::int64_t first, std::int64_t last);

  std::vector<Item> items_;  // by name
  std::shared_ptr<MemoryBudget> memory_;
  Reservation reservation_;
  std::string bytes_;
  std::vector<std::size_t> starts_;
  std::string feature_;  // parts of a row, from the inside out
  std::string feature_list_;
  std::string entries_;
};

}  // namespace headrace
