// See key_type.h.
#include "headrace/plan/file/key_type.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "headrace/base/nearest.h"

namespace headrace {
namespace {

constexpr std::array<std::pair<std::string_view, KeyType::Kind>, 8> kPlainKinds = {{
    {"string", KeyType::Kind::kString},
    {"integer", KeyType::Kind::kInteger},
    {"number", KeyType::Kind::kNumber},
    {"boolean", KeyType::Kind::kBoolean},
    {"value", KeyType::Kind::kValue},
    {"expression", KeyType::Kind::kExpression},
    {"type", KeyType::Kind::kType},
    {"transform", KeyType::Kind::kTransform},
}};

/// Cuts `text` before the next `separator`, and returns what stood before it.
std::string_view cut(std::string_view& text, std::string_view separator) {
  std::size_t at = text.find(separator);
  std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + separator.size());
  return head;
}

KeyType parse_single_key_type(std::string_view text) {
  for (const auto& [name, kind] : kPlainKinds) {
    if (text == name) return {kind, {}, {}, nullptr};
  }
  if (text.starts_with("one of ")) {
    KeyType type{KeyType::Kind::kOneOf, {}, {}, nullptr};
    text.remove_prefix(7);
    while (!text.empty()) type.choices.push_back(cut(text, ", "));
    return type;
  }
  bool is_list = text.starts_with("list of ");
  if (is_list || text.starts_with("map of ")) {
    KeyType type{is_list ? KeyType::Kind::kList : KeyType::Kind::kMap, {}, {}, nullptr};
    text.remove_prefix(is_list ? 8 : 7);
    while (!text.empty()) type.elements.push_back(parse_single_key_type(cut(text, "/")));
    return type;
  }
  return {KeyType::Kind::kSection, {}, {}, &pipeline_section(text)};
}

/// Walks a tree of nodes beside the types it must have.
class ShapeChecker {
 public:
  explicit ShapeChecker(const std::string& file) : file_(file) {}

  void check_map(const ConfigNode& node, const PipelineSection& section) const {
    check_keys(node, section);
    check_required(node, section);
  }

  void check_keys(const ConfigNode& node, const PipelineSection& section) const {
    std::string owner = with_article(section.name);
    if (!node.is_map()) {
      throw place_error(file_, node.place, fmt::format("{} is {}, expected a map", owner, describe(node)),
                        "its keys: " + fmt::format("{}", fmt::join(key_names(section), ", ")));
    }
    for (const ConfigEntry& entry : node.entries) {
      const PipelineKey* key = find_key(section, entry.key);
      if (key == nullptr) {
        throw place_error(file_, entry.place, fmt::format("unknown key '{}' in {}", entry.key, owner),
                          name_hint(entry.key, key_names(section), "keys", 40));
      }
      check_value(entry.value, parse_key_type(key->type), fmt::format("'{}' of {}", key->name, owner), *key);
    }
  }

 private:
  void check_required(const ConfigNode& node, const PipelineSection& section) const {
    std::string owner = with_article(section.name);
    for (const PipelineKey& key : section.keys) {
      if (!key.required || node.find(key.name) != nullptr) continue;
      throw place_error(file_, node.place, fmt::format("{} has no key '{}'", owner, key.name),
                        fmt::format("add it, for example: {}: {}", key.name, key.example));
    }
  }

  static std::vector<std::string> key_names(const PipelineSection& section) {
    std::vector<std::string> names;
    for (const PipelineKey& key : section.keys) names.emplace_back(key.name);
    return names;
  }
  static const PipelineKey* find_key(const PipelineSection& section, std::string_view name) {
    auto found = std::ranges::find(section.keys, name, &PipelineKey::name);
    return found == section.keys.end() ? nullptr : &*found;
  }

  void check_value(const ConfigNode& node, const std::vector<KeyType>& types, const std::string& what,
                   const PipelineKey& key) const {
    auto fits = std::ranges::find_if(types, [&](const KeyType& type) { return is_kind_accepted(node, type); });
    if (fits == types.end()) {
      throw place_error(file_, node.place,
                        fmt::format("{} is {}, expected {}", what, describe(node), describe_types(types)),
                        mismatch_hint(node, types, key));
    }
    if (fits->kind == KeyType::Kind::kSection) return check_map(node, *fits->section);
    if (fits->kind == KeyType::Kind::kTransform) return check_transform(node);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      check_value(node.items[i], fits->elements, fmt::format("item {} in {}", i + 1, what), key);
    }
    for (const ConfigEntry& entry : node.entries) {
      if (entry.key.empty()) {
        throw place_error(file_, entry.place, fmt::format("an empty name in {}", what), "give it a name");
      }
      check_value(entry.value, fits->elements, fmt::format("'{}' in {}", entry.key, what), key);
    }
  }

  /// Whether a node can be of a type, as far as can be told without looking inside maps and lists.
  static bool is_kind_accepted(const ConfigNode& node, const KeyType& type) {
    bool is_scalar = node.kind == ConfigNode::Kind::kScalar;
    TypeKind scalar = is_scalar ? node.scalar.type.kind() : TypeKind::kNull;
    switch (type.kind) {
      case KeyType::Kind::kString: return node.is_string();
      case KeyType::Kind::kInteger: return scalar == TypeKind::kInt64;
      case KeyType::Kind::kNumber: return scalar == TypeKind::kInt64 || scalar == TypeKind::kFloat64;
      case KeyType::Kind::kBoolean: return scalar == TypeKind::kBool;
      case KeyType::Kind::kValue: return is_scalar && !node.is_null();
      case KeyType::Kind::kExpression: return is_scalar && !node.is_null() && !node.text.empty();
      case KeyType::Kind::kType: return node.is_string() && Type::parse(node.text).has_value();
      case KeyType::Kind::kTransform: return node.is_string() || node.is_map();
      case KeyType::Kind::kOneOf: return is_scalar && is_choice(node, type);
      case KeyType::Kind::kList: return node.is_list();
      case KeyType::Kind::kMap:
      case KeyType::Kind::kSection: return node.is_map();
    }
    return false;
  }

  /// A null is the choice "null": the one word that plain YAML takes away.
  static bool is_choice(const ConfigNode& node, const KeyType& type) {
    std::string_view text = node.is_null() ? "null" : std::string_view(node.text);
    return std::ranges::find(type.choices, text) != type.choices.end();
  }

  void check_transform(const ConfigNode& node) const {
    if (!node.is_map()) return;
    if (node.entries.size() != 1) {
      throw place_error(file_, node.place, fmt::format("a transform has {} names, expected one", node.entries.size()),
                        "write one transform an item: [{clip: {min: 0}}, standardize]");
    }
    const ConfigEntry& entry = node.entries[0];
    if (!entry.value.is_map()) {
      throw place_error(
          file_, entry.value.place,
          fmt::format("the parameters of the transform '{}' are {}, expected a map", entry.key, describe(entry.value)),
          "for example: {clip: {min: 0}}; without parameters the name alone is enough");
    }
    for (const ConfigEntry& parameter : entry.value.entries) check_parameter(parameter);
  }

  void check_parameter(const ConfigEntry& parameter) const {
    auto is_plain = [](const ConfigNode& node) { return node.kind == ConfigNode::Kind::kScalar && !node.is_null(); };
    bool is_plain_list = parameter.value.is_list() && std::ranges::all_of(parameter.value.items, is_plain);
    if (is_plain(parameter.value) || is_plain_list) return;
    throw place_error(file_, parameter.value.place,
                      fmt::format("the parameter '{}' of a transform is {}, expected a value or a list of values",
                                  parameter.key, describe(parameter.value)),
                      "for example: {bucketize: {boundaries: [1, 10, 100]}}");
  }

  static std::string describe_types(const std::vector<KeyType>& types) {
    std::string text;
    for (const KeyType& type : types) text += (text.empty() ? "" : " or ") + describe_type(type);
    return text;
  }

  static std::string describe_type(const KeyType& type) {
    switch (type.kind) {
      case KeyType::Kind::kString: return "a string";
      case KeyType::Kind::kInteger: return "an integer";
      case KeyType::Kind::kNumber: return "a number";
      case KeyType::Kind::kBoolean: return "true or false";
      case KeyType::Kind::kValue: return "a value";
      case KeyType::Kind::kExpression: return "an expression";
      case KeyType::Kind::kType: return "a type";
      case KeyType::Kind::kTransform: return "a transform";
      case KeyType::Kind::kOneOf: return fmt::format("one of {}", fmt::join(type.choices, ", "));
      case KeyType::Kind::kList: return "a list";
      case KeyType::Kind::kMap: return "a map";
      case KeyType::Kind::kSection: return fmt::format("a map ({})", type.section->name);
    }
    return {};
  }

  static std::string mismatch_hint(const ConfigNode& node, const std::vector<KeyType>& types, const PipelineKey& key) {
    for (const KeyType& type : types) {
      if (type.kind == KeyType::Kind::kType && node.is_string()) return name_hint(node.text, type_names(), "types", 20);
      if (type.kind == KeyType::Kind::kOneOf && node.is_string()) {
        std::vector<std::string> choices(type.choices.begin(), type.choices.end());
        return name_hint(node.text, choices, "values", 40);
      }
      bool wants_text = type.kind == KeyType::Kind::kString && node.kind == ConfigNode::Kind::kScalar;
      if (wants_text && !node.is_null()) return fmt::format("put it in quotes if it is text: '{}'", node.text);
    }
    return fmt::format("for example: {}: {}", key.name, key.example);
  }

  const std::string& file_;
};

}  // namespace

std::vector<KeyType> parse_key_type(std::string_view text) {
  std::vector<KeyType> types;
  while (!text.empty()) types.push_back(parse_single_key_type(cut(text, " or ")));
  return types;
}

const PipelineSection& pipeline_section(std::string_view name) {
  std::span<const PipelineSection> sections = pipeline_sections();
  auto found = std::ranges::find(sections, name, &PipelineSection::name);
  HEADRACE_CHECK(found != sections.end());
  return *found;
}

std::string with_article(std::string_view noun) {
  bool vowel = !noun.empty() && std::string_view("aeiou").find(noun[0]) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", noun);
}

void check_section(const ConfigNode& node, const PipelineSection& section, const std::string& file) {
  ShapeChecker(file).check_map(node, section);
}

void check_section_keys(const ConfigNode& node, const PipelineSection& section, const std::string& file) {
  ShapeChecker(file).check_keys(node, section);
}

}  // namespace headrace
