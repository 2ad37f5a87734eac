// See read.h: the contract.
#include <fmt/format.h>

#include "headrace/plan/file/read.h"

namespace headrace {

ContractSpec read_contract(const ReadFile& file, const ConfigNode& node) {
  ContractSpec contract;
  contract.table = read_string(node, "table");
  contract.place = node.place;
  if (const ConfigNode* columns = node.find("columns")) {
    for (const ConfigEntry& entry : columns->entries) {
      ContractSpec::ColumnPromise promise;
      promise.rule.column = entry.key;
      const ConfigNode* type = entry.value.is_map() ? entry.value.find("type") : &entry.value;
      if (type != nullptr) promise.type = Type::parse(type->text);
      if (entry.value.is_map()) promise.rule = read_rule(file, entry.key, entry.value, promise.type);
      contract.columns.push_back(std::move(promise));
    }
  }
  if (const ConfigNode* rows = node.find("rows")) {
    for (const ConfigEntry& entry : rows->entries) {
      contract.rows.push_back({entry.key, read_expr(file, entry.value, fmt::format("promise '{}'", entry.key))});
    }
  }
  return contract;
}

}  // namespace headrace
