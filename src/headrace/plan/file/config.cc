// See config.h. The tree is built bottom-up: a stack holds the maps and lists that are open, and a finished node goes
// to the one below it. A node in an anchor is kept once more, so that an alias can be replaced by a copy; the number of
// nodes is checked before each copy, which is what stops a file of a few lines from growing to billions.
#include "headrace/plan/file/config.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace headrace {
namespace {

FilePlace to_place(const YAML::Mark& mark) {
  return mark.is_null() ? FilePlace{} : FilePlace{mark.line + 1, mark.column + 1};
}

std::size_t count_nodes(const ConfigNode& node) {
  std::size_t count = 1;
  for (const ConfigNode& item : node.items) count += count_nodes(item);
  for (const ConfigEntry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

std::size_t depth_of(const ConfigNode& node) {
  std::size_t deepest = 0;
  for (const ConfigNode& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const ConfigEntry& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, const ConfigLimits& limits) : file_(file), limits_(limits) {}

  bool has_root() const { return has_root_; }
  ConfigNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++document_count_ == 2)
      fail(to_place(mark), "a second document starts here", "a pipeline file holds one document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { OnScalar(mark, "?", anchor, ""); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    ConfigNode node;
    node.place = to_place(mark);
    check_tag(tag, node.place);
    node.text = text;
    node.quoted = tag == "!";
    std::optional<Value> value = node.quoted ? Value::string(text) : resolve_plain_scalar(text);
    if (!value) {
      fail(node.place, fmt::format("the number {} is out of range", text),
           "integers have 64 bits and floats the range of float64; put it in quotes if it is text");
    }
    node.scalar = std::move(*value);
    finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    FilePlace place = to_place(mark);
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(place, "an alias stands inside its own anchor", "repeat the text instead");
    const Anchored& anchored = found->second;
    count(anchored.node_count, place);
    if (open_.size() + anchored.depth > limits_.depth_max) fail_depth(place);
    ConfigNode copy = anchored.node;
    finish(std::move(copy), YAML::NullAnchor, true);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Anchored {
    ConfigNode node;
    std::size_t node_count = 0;
    std::size_t depth = 0;
  };
  /// A map or list whose end has not come.
  struct Open {
    ConfigNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;  // a map: the next node is the value of `key`
    ConfigNode key;
    std::vector<ConfigNode> merged;  // a map: the values of its merge keys
  };

  [[noreturn]] void fail(FilePlace place, std::string_view message, std::string hint) const {
    throw place_error(file_, place, message, std::move(hint));
  }
  [[noreturn]] void fail_depth(FilePlace place) const {
    fail(place, fmt::format("maps and lists are nested deeper than {} levels", limits_.depth_max), "flatten the file");
  }

  void check_tag(const std::string& tag, FilePlace place) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    fail(place, fmt::format("a tag stands here: '{}'", tag), "tags are not read: types follow from the spelling");
  }

  void count(std::size_t nodes, FilePlace place) {
    node_count_ += nodes;
    if (node_count_ <= limits_.node_count_max) return;
    fail(place, fmt::format("the file holds more than {} values, aliases expanded", limits_.node_count_max),
         "write a smaller pipeline file");
  }

  void open(ConfigNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Open opened;
    opened.node.kind = kind;
    opened.node.place = to_place(mark);
    opened.anchor = anchor;
    check_tag(tag, opened.node.place);
    if (open_.size() >= limits_.depth_max) fail_depth(opened.node.place);
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    for (const ConfigNode& merged : closed.merged) merge(closed.node, merged);
    finish(std::move(closed.node), closed.anchor);
  }

  /// Adds the keys of `other` that `map` has not.
  static void merge(ConfigNode& map, const ConfigNode& other) {
    for (const ConfigEntry& entry : other.entries) {
      if (map.find(entry.key) == nullptr) map.entries.push_back(entry);
    }
  }

  void finish(ConfigNode node, YAML::anchor_t anchor, bool counted = false) {
    if (!counted) count(1, node.place);
    if (anchor != YAML::NullAnchor) {
      Anchored anchored = {node, count_nodes(node), depth_of(node)};
      count(anchored.node_count, node.place);  // anchors around anchors keep copies of copies
      anchors_[anchor] = std::move(anchored);
    }
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      take_key(parent, std::move(node));
    } else {
      take_value(parent, std::move(node));
    }
  }

  void take_key(Open& parent, ConfigNode key) const {
    if (key.kind != ConfigNode::Kind::kScalar) fail(key.place, "a key is " + describe(key), "keys are plain names");
    if (key.is_null() && !key.quoted) fail(key.place, "a key is empty", "give it a name, in quotes if it is 'null'");
    parent.key = std::move(key);
    parent.has_key = true;
  }

  void take_value(Open& parent, ConfigNode value) const {
    parent.has_key = false;
    if (parent.key.text == "<<" && !parent.key.quoted) {
      if (value.is_map()) {
        parent.merged.push_back(std::move(value));
        return;
      }
      bool all_maps = value.is_list() && std::ranges::all_of(value.items, &ConfigNode::is_map);
      if (!all_maps) fail(value.place, "the value of the merge key '<<' is " + describe(value), "it takes maps");
      for (ConfigNode& item : value.items) parent.merged.push_back(std::move(item));
      return;
    }
    if (const ConfigNode* first = parent.node.find(parent.key.text)) {
      fail(parent.key.place, fmt::format("the key '{}' stands twice in one map", parent.key.text),
           fmt::format("its first value is in line {}; remove one of them", first->place.line));
    }
    parent.node.entries.push_back({parent.key.text, parent.key.place, std::move(value)});
  }

  const std::string& file_;
  const ConfigLimits& limits_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t node_count_ = 0;
  int document_count_ = 0;
  ConfigNode root_;
  bool has_root_ = false;
};

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
  for (const ConfigEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

ConfigNode parse_config(std::string_view yaml, const std::string& file, const ConfigLimits& limits) {
  if (yaml.size() > limits.file_bytes_max) {
    throw place_error(file, {},
                      fmt::format("the file has {} bytes, more than the {} a pipeline file may have", yaml.size(),
                                  limits.file_bytes_max),
                      "is this a pipeline file?");
  }
  std::istringstream stream{std::string(yaml)};
  TreeBuilder builder(file, limits);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    throw place_error(
        file, to_place(error.mark), "this is no valid YAML: " + error.msg,
        "check indentation, brackets and quotes here and in the line above; inside { } and [ ], ${name} takes quotes");
  }
  if (!builder.has_root()) {
    throw place_error(file, {}, "the file is empty", "a pipeline has at least: version, name, sources, tables");
  }
  return builder.take_root();
}

std::string describe(const ConfigNode& node) {
  if (node.is_list()) return "a list";
  if (node.is_map()) return "a map";
  switch (node.scalar.type.kind()) {
    case TypeKind::kNull: return "nothing (null)";
    case TypeKind::kBool: return fmt::format("the boolean {}", node.text);
    case TypeKind::kInt64: return fmt::format("the integer {}", node.text);
    case TypeKind::kFloat64: return fmt::format("the number {}", node.text);
    default: return fmt::format("the string '{}'", node.text);
  }
}

}  // namespace headrace
