// See read.h: tables and their steps.
#include <array>

#include <fmt/format.h>

#include "headrace/plan/file/key_type.h"
#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

constexpr std::array<std::pair<std::string_view, JoinKind>, 4> kJoinKindNames = {{
    {"left", JoinKind::kLeft},
    {"inner", JoinKind::kInner},
    {"semi", JoinKind::kSemi},
    {"anti", JoinKind::kAnti},
}};

FilterStep read_filter(const ReadFile& file, const ConfigNode& node) {
  if (!node.is_map()) return {read_expr(file, node, "filter"), ""};
  return {read_expr(file, *node.find("where"), "filter"), read_string(node, "name")};
}

SelectStep read_select(const ReadFile& file, const ConfigNode& node) {
  if (node.is_map()) return {read_named_exprs(file, node)};
  SelectStep select;
  for (const ConfigNode& item : node.items) select.columns.push_back({item.text, column(item.text)});
  return select;
}

DropStep read_drop(const ConfigNode& step) { return {read_strings(step, "drop")}; }

RenameStep read_rename(const ConfigNode& node) {
  RenameStep rename;
  for (const ConfigEntry& entry : node.entries) rename.names.emplace_back(entry.key, entry.value.text);
  return rename;
}

JoinStep read_join(const ReadFile& file, const ConfigNode& node) {
  JoinStep join;
  join.right = read_string(node, "right");
  for (const auto& [name, kind] : kJoinKindNames) {
    if (name == read_string(node, "how", "left")) join.how = kind;
  }
  bool has_on = node.find("on") != nullptr;
  bool has_left = node.find("left_on") != nullptr;
  bool has_right = node.find("right_on") != nullptr;
  if (has_on == (has_left || has_right) || has_left != has_right) {
    file.fail(node.place,
              fmt::format("the join of '{}' needs either 'on', or both 'left_on' and 'right_on'", join.right),
              "for example: on: tailnum; or: left_on: dest, right_on: faa");
  }
  join.left_on = read_strings(node, has_on ? "on" : "left_on");
  join.right_on = read_strings(node, has_on ? "on" : "right_on");
  join.suffix = read_string(node, "suffix", join.suffix);
  join.right_unique = read_string(node, "validate", "m:m") == "m:1";
  return join;
}

GroupByStep read_group_by(const ReadFile& file, const ConfigNode& node) {
  GroupByStep group_by;
  group_by.keys = read_strings(node, "keys");
  if (const ConfigNode* aggregates = node.find("aggregates")) group_by.aggregates = read_named_exprs(file, *aggregates);
  return group_by;
}

DeduplicateStep read_deduplicate(const ConfigNode& node) {
  DeduplicateStep deduplicate;
  deduplicate.keys = read_strings(node, "keys");
  deduplicate.order_by = read_strings(node, "order_by");
  deduplicate.keep = read_string(node, "keep", "first") == "last" ? Keep::kLast : Keep::kFirst;
  deduplicate.any_order = read_bool(node, "any_order", false);
  return deduplicate;
}

SortStep read_sort(const ConfigNode& step) {
  SortStep sort;
  for (const std::string& column : read_strings(step, "sort")) sort.order.push_back(parse_sort_column(column));
  return sort;
}

LimitStep read_limit(const ConfigNode& node) {
  if (!node.is_map()) return {node.scalar.as_int(), 0};
  const ConfigNode* offset = node.find("offset");
  return {node.find("rows")->scalar.as_int(), offset != nullptr ? offset->scalar.as_int() : 0};
}

ConcatStep read_concat(const ConfigNode& step, const ConfigNode& node) {
  if (!node.is_map()) return {read_strings(step, "concat"), false};
  return {read_strings(node, "tables"), read_bool(node, "fill_missing", false)};
}

ExplodeStep read_explode(const ConfigNode& step, const ConfigNode& node) {
  if (!node.is_map()) return {read_strings(step, "explode"), true};
  return {read_strings(node, "columns"), read_bool(node, "keep_empty", true)};
}

}  // namespace

std::string_view join_kind_name(JoinKind how) {
  for (const auto& [name, kind] : kJoinKindNames) {
    if (kind == how) return name;
  }
  return {};
}

Step read_step(const ReadFile& file, const ConfigNode& node) {
  if (node.entries.size() != 1) {
    std::string keys;
    for (const ConfigEntry& entry : node.entries) keys += (keys.empty() ? "" : ", ") + entry.key;
    file.fail(node.place,
              node.entries.empty() ? "a step is empty, expected one key"
                                   : fmt::format("a step has {} keys ({}), expected one", node.entries.size(), keys),
              "write one '- ' item a step");
  }
  const std::string& kind = node.entries[0].key;
  const ConfigNode& value = node.entries[0].value;
  Step step;
  step.place = node.place;
  if (kind == "filter")
    step.kind = read_filter(file, value);
  else if (kind == "with_columns")
    step.kind = WithColumnsStep{read_named_exprs(file, value)};
  else if (kind == "select")
    step.kind = read_select(file, value);
  else if (kind == "drop")
    step.kind = read_drop(node);
  else if (kind == "rename")
    step.kind = read_rename(value);
  else if (kind == "join")
    step.kind = read_join(file, value);
  else if (kind == "group_by")
    step.kind = read_group_by(file, value);
  else if (kind == "deduplicate")
    step.kind = read_deduplicate(value);
  else if (kind == "sort")
    step.kind = read_sort(node);
  else if (kind == "limit")
    step.kind = read_limit(value);
  else if (kind == "concat")
    step.kind = read_concat(node, value);
  else if (kind == "explode")
    step.kind = read_explode(node, value);
  else
    HEADRACE_CHECK(false && "a key of a step is in the table, but not read");
  return step;
}

TableSpec read_table(const ReadFile& file, const ConfigEntry& entry) {
  TableSpec table;
  table.name = entry.key;
  table.place = entry.place;
  table.from = read_string(entry.value, "from");
  if (const ConfigNode* steps = entry.value.find("steps")) {
    for (const ConfigNode& node : steps->items) table.steps.push_back(read_step(file, node));
  }
  return table;
}

}  // namespace headrace
