// See read.h: features and their transforms. Which transforms exist and what parameters they take is not known here.
#include <memory>

#include <fmt/format.h>

#include "headrace/base/memory_budget.h"
#include "headrace/expr/bind.h"
#include "headrace/plan/coerce_value.h"
#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

/// A list of values of one type; integers among floats become floats.
Value read_value_list(const ReadFile& file, const std::string& parameter, const ConfigNode& node) {
  if (node.items.empty()) {
    file.fail(node.place, fmt::format("the list of the parameter '{}' is empty", parameter), "give at least one value");
  }
  Type type = node.items[0].scalar.type;
  for (const ConfigNode& item : node.items) {
    Type common = common_type(type, item.scalar.type);
    if (common.kind() == TypeKind::kNull) {
      file.fail(item.place,
                fmt::format("the list of the parameter '{}' holds {} after values of type {}", parameter,
                            describe(item), type.to_string()),
                "give values of one type, text in quotes");
    }
    type = common;
  }
  // The few values of a file are no data of the run, so they are charged to a budget of their own.
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  ColumnBuilder builder(*memory, type);
  for (const ConfigNode& item : node.items) append_value(builder, *coerce_value(item.scalar, type));
  return Value::list(builder.finish());
}

TransformSpec read_transform(const ReadFile& file, const ConfigNode& node) {
  TransformSpec transform;
  transform.place = node.place;
  if (!node.is_map()) {
    transform.name = node.text;
    return transform;
  }
  const ConfigEntry& entry = node.entries[0];
  transform.name = entry.key;
  for (const ConfigEntry& parameter : entry.value.entries) {
    bool is_list = parameter.value.is_list();
    transform.parameters.emplace_back(
        parameter.key, is_list ? read_value_list(file, parameter.key, parameter.value) : parameter.value.scalar);
  }
  return transform;
}

}  // namespace

FeatureSpec read_feature(const ReadFile& file, const ConfigNode& node) {
  FeatureSpec feature;
  feature.place = node.place;
  feature.name = read_string(node, "name");
  if (feature.name.empty()) file.fail(node.place, "a feature has an empty name", "give it a name");
  std::string what = fmt::format("feature '{}'", feature.name);
  if (const ConfigNode* from = node.find("from")) {
    if (!from->is_list()) feature.inputs.push_back(read_expr(file, *from, what));
    for (const ConfigNode& item : from->items) feature.inputs.push_back(read_expr(file, item, what));
    if (feature.inputs.empty()) file.fail(from->place, what + " is made from nothing", "list its columns");
  } else {
    feature.inputs.push_back(column(feature.name));
  }
  feature.role = read_string(node, "role", feature.role);
  if (const ConfigNode* transforms = node.find("transforms")) {
    for (const ConfigNode& item : transforms->items) feature.transforms.push_back(read_transform(file, item));
  }
  if (const ConfigNode* dtype = node.find("dtype")) feature.dtype = Type::parse(dtype->text);
  return feature;
}

}  // namespace headrace
