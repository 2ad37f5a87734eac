// See code_counts.h.
#include "headrace/exec/code_counts.h"

#include <algorithm>

namespace headrace {

CodeCounts::Group& CodeCounts::group_of(const Key& key) {
  auto [at, is_new] = groups_.try_emplace(key);
  Group& group = at->second;
  if (!is_new) return group;
  std::int64_t length = 0;
  for (const auto& dictionary : key.dictionaries) length = std::max(length, dictionary->length());
  std::size_t value_count = static_cast<std::size_t>(length);
  group.reservation = Reservation(*memory_, value_count * sizeof(std::int64_t), "counts of values");
  group.counts.resize(value_count);
  return group;
}

void CodeCounts::add(std::span<const Column> inputs) {
  std::map<std::pair<const std::int32_t*, std::int64_t>, Key> keys;  // by codes and number of values
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_dictionary()) continue;
    Key& key = keys[{inputs[i].codes().data(), inputs[i].dictionary()->length()}];
    key.inputs.push_back(i);
    key.dictionaries.push_back(inputs[i].dictionary());
  }
  for (const auto& [codes, key] : keys) {
    std::vector<std::int64_t>& counts = group_of(key).counts;
    for (std::int32_t code : inputs[key.inputs.front()].codes()) {
      if (code >= 0) ++counts[static_cast<std::size_t>(code)];
    }
  }
}

void CodeCounts::merge(const CodeCounts& other) {
  for (const auto& [key, from] : other.groups_) {
    std::vector<std::int64_t>& counts = group_of(key).counts;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += from.counts[i];
  }
}

}  // namespace headrace
