// See code_counts.h.
#include "headrace/exec/code_counts.h"

namespace headrace {

CodeCounts::Counts& CodeCounts::counts_of(const Key& key) {
  auto [at, is_new] = groups_.try_emplace(key);
  Counts& counts = at->second;
  if (!is_new) return counts;
  std::size_t value_count = static_cast<std::size_t>(key.dictionaries.front()->length());
  counts.reservation = Reservation(*memory_, value_count * sizeof(std::int64_t), "counts of values");
  counts.of_code.resize(value_count);
  return counts;
}

void CodeCounts::add(const Batch& batch, const std::vector<std::size_t>& columns) {
  std::map<std::pair<const std::int32_t*, std::int64_t>, Key> keys;  // by codes and number of values
  for (std::size_t index : columns) {
    const Column& column = batch.columns[index];
    Key& key = keys[{column.codes().data(), column.dictionary()->length()}];
    key.columns.push_back(index);
    key.dictionaries.push_back(column.dictionary());
  }
  for (const auto& [codes, key] : keys) {
    Counts& counts = counts_of(key);
    std::int64_t* of_code = counts.of_code.data();
    for (std::int32_t code : batch.columns[key.columns.front()].codes()) ++(code >= 0 ? of_code[code] : counts.of_null);
  }
}

void CodeCounts::merge(const CodeCounts& other) {
  for (const auto& [key, from] : other.groups_) {
    Counts& counts = counts_of(key);
    for (std::size_t i = 0; i < counts.of_code.size(); ++i) counts.of_code[i] += from.of_code[i];
    counts.of_null += from.of_null;
  }
}

}  // namespace headrace
