// See read.h: the split. `rest` is the condition true, or the share that is left, and stands last.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "headrace/expr/parse.h"
#include "headrace/plan/file/bare_dates.h"
#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

constexpr std::string_view kRest = "rest";

bool begins_with_comparison(std::string_view text) {
  constexpr std::string_view kWords[] = {"between ", "in ", "in(", "like ", "is ", "not "};
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return false;
  if (std::string_view("<>=!").find(text[0]) != std::string_view::npos) return true;
  return std::ranges::any_of(kWords, [&](std::string_view word) { return text.starts_with(word); });
}

/// One condition of a split with `by`: `by_text` and the comparison that the part says.
Expr read_comparison(const ReadFile& file, const std::string& by_text, const ConfigEntry& part) {
  if (!begins_with_comparison(part.value.text)) {
    file.fail(part.value.place,
              fmt::format("the part '{}' is '{}', expected a comparison or 'rest'", part.key, part.value.text),
              "with 'by', a part is what comes after it: < 2013-11-01, between 1 and 5, in ('a', 'b')");
  }
  ConfigNode whole = part.value;
  whole.text = by_text + " " + quote_bare_dates(part.value.text);
  return read_expr(file, whole, fmt::format("part '{}'", part.key));
}

SplitSpec::ByPredicate read_by_predicate(const ReadFile& file, const ConfigNode* by, const ConfigNode& parts) {
  std::string by_text;
  if (by != nullptr) {
    Expr expr = read_expr(file, *by, "'by' of a split");
    by_text = std::holds_alternative<ColumnRef>(expr->kind) ? by->text : "(" + by->text + ")";
  }
  SplitSpec::ByPredicate split;
  for (const ConfigEntry& part : parts.entries) {
    bool is_rest = part.value.text == kRest;
    if (is_rest && &part != &parts.entries.back()) {
      file.fail(part.value.place, fmt::format("the part '{}' takes the rest, but is not the last", part.key),
                "a row belongs to the first part that takes it: put 'rest' last");
    }
    Expr condition = is_rest         ? literal(Value::boolean(true))
                     : by != nullptr ? read_comparison(file, by_text, part)
                                     : read_expr(file, part.value, fmt::format("part '{}'", part.key));
    split.parts.emplace_back(part.key, std::move(condition));
  }
  return split;
}

double read_share(const ReadFile& file, const ConfigEntry& part) {
  const Value& value = part.value.scalar;
  double share = 0;
  if (value.type.is_floating()) share = value.as_double();
  if (value.type.is_integer()) share = static_cast<double>(value.as_int());
  if (!(share > 0 && share <= 1)) {
    file.fail(part.value.place,
              fmt::format("the part '{}' is {}, expected a share greater than 0 and at most 1, or 'rest'", part.key,
                          describe(part.value)),
              "for example: parts: {train: 0.9, eval: 0.1}");
  }
  return share;
}

SplitSpec::ByHash read_by_hash(const ReadFile& file, const ConfigNode& key, const ConfigNode& node) {
  SplitSpec::ByHash split;
  split.key = read_expr(file, key, "the key of a split");
  split.salt = read_string(node, "salt");
  const ConfigNode& parts = *node.find("parts");
  double sum = 0;
  for (const ConfigEntry& part : parts.entries) {
    bool is_rest = part.value.text == kRest && &part == &parts.entries.back() && sum < 1;
    double share = is_rest ? 1 - sum : read_share(file, part);
    sum += share;
    split.shares.emplace_back(part.key, share);
  }
  if (std::abs(sum - 1) > 1e-9) {
    file.fail(parts.place, fmt::format("the shares of the parts sum to {}, expected 1", sum),
              "change them, or give the last part the share 'rest'");
  }
  return split;
}

}  // namespace

SplitSpec read_split(const ReadFile& file, const ConfigNode& node) {
  SplitSpec split;
  split.place = node.place;
  const ConfigNode* by = node.find("by");
  const ConfigNode* hash = node.find("hash");
  const ConfigNode* group = node.find("group");
  const ConfigNode* key = hash != nullptr ? hash : group;
  if ((by != nullptr) + (hash != nullptr) + (group != nullptr) > 1) {
    file.fail(node.place, "a split has more than one of 'by', 'hash' and 'group'", "keep one of them");
  }
  if (key == nullptr && node.find("salt") != nullptr) {
    file.fail(node.find("salt")->place, "a split has a 'salt', but no 'hash' or 'group'",
              "remove one or add the other");
  }
  const ConfigNode& parts = *node.find("parts");
  if (parts.entries.empty())
    file.fail(parts.place, "a split has no parts", "for example: parts: {train: 0.9, eval: 0.1}");
  std::vector<std::string> names;
  for (const ConfigEntry& part : parts.entries) {
    check_name(file, part.key, part.place, "a part");
    names.push_back(part.key);
  }
  if (key != nullptr)
    split.kind = read_by_hash(file, *key, node);
  else
    split.kind = read_by_predicate(file, by, parts);
  const ConfigNode* fit = node.find("fit");
  if (fit != nullptr) split.fit_part = fit->text;
  if (std::ranges::find(names, split.fit_part) == names.end()) {
    file.fail(fit != nullptr ? fit->place : parts.place,
              fmt::format("features are to be fitted on the part '{}', which the split does not have", split.fit_part),
              fmt::format("say which part: fit: {}; the parts are: {}", names[0], fmt::join(names, ", ")));
  }
  return split;
}

}  // namespace headrace
