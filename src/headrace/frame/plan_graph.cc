// See plan_graph.h.
#include "headrace/frame/plan_graph.h"

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/base/shorten.h"

namespace headrace {
namespace {

constexpr std::array<std::pair<std::string_view, GraphFormat>, 3> kFormatNames = {{
    {"json", GraphFormat::kJson},
    {"dot", GraphFormat::kDot},
    {"mermaid", GraphFormat::kMermaid},
}};

/// Texts longer than this are cut in drawings.
constexpr std::size_t kTextMax = 120;

/// The nodes of plans with their numbers.
class Numbering {
 public:
  explicit Numbering(const std::vector<NodePtr>& roots) {
    for (const NodePtr& root : roots) visit(*root);
  }

  const std::vector<const Node*>& nodes() const { return nodes_; }
  std::size_t id_of(const Node& node) const { return ids_.at(&node); }

 private:
  void visit(const Node& node) {
    if (ids_.contains(&node)) return;
    for (const NodePtr& input : inputs_of(node)) visit(*input);
    ids_.emplace(&node, nodes_.size());
    nodes_.push_back(&node);
  }

  std::vector<const Node*> nodes_;
  std::map<const Node*, std::size_t> ids_;
};

std::string to_json(const Numbering& plan, const std::vector<NodePtr>& roots) {
  nlohmann::ordered_json json = {{"engine", "native"}, {"nodes", nlohmann::ordered_json::array()}};
  for (const Node* node : plan.nodes()) {
    nlohmann::ordered_json entry = {{"id", plan.id_of(*node)},
                                    {"kind", kind_name(*node)},
                                    {"text", node_text(*node)},
                                    {"label", node->label},
                                    {"columns", nlohmann::ordered_json::array()},
                                    {"inputs", nlohmann::ordered_json::array()}};
    for (const Field& field : node->schema) {
      entry["columns"].push_back(
          {{"name", field.name}, {"type", field.type.to_string()}, {"nullable", field.nullable}});
    }
    for (const NodePtr& input : inputs_of(*node)) entry["inputs"].push_back(plan.id_of(*input));
    json["nodes"].push_back(std::move(entry));
  }
  for (const NodePtr& root : roots) json["roots"].push_back(plan.id_of(*root));
  return json.dump(2) + "\n";
}

/// A node's text for a drawing, with what has a meaning there replaced.
std::string drawn_text(const Node& node, const std::map<char, std::string_view>& replaced) {
  std::string drawn;
  for (char c : shorten(node_text(node), kTextMax)) {
    auto found = replaced.find(c);
    if (found != replaced.end())
      drawn += found->second;
    else
      drawn += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return drawn;
}

std::string column_count(const Node& node) {
  return fmt::format("{} column{}", node.schema.size(), node.schema.size() == 1 ? "" : "s");
}

std::string to_dot(const Numbering& plan) {
  const std::map<char, std::string_view> replaced = {{'"', "\\\""}, {'\\', "\\\\"}};
  std::string text = "digraph plan {\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (const Node* node : plan.nodes()) {
    text += fmt::format("  n{} [label=\"{}\\n{}\"];\n", plan.id_of(*node), drawn_text(*node, replaced),
                        column_count(*node));
    for (const NodePtr& input : inputs_of(*node)) {
      text += fmt::format("  n{} -> n{};\n", plan.id_of(*input), plan.id_of(*node));
    }
  }
  return text + "}\n";
}

std::string to_mermaid(const Numbering& plan) {
  // Mermaid reads HTML entities, written with '#' for '&'.
  const std::map<char, std::string_view> replaced = {{'"', "#quot;"}, {'#', "#35;"}, {'<', "#lt;"}, {'>', "#gt;"},
                                                     {'&', "#amp;"},  {'`', "#96;"}, {'\\', "#92;"}};
  std::string text = "flowchart TD\n";
  for (const Node* node : plan.nodes()) {
    text += fmt::format("  n{}[\"{}<br/>{}\"]\n", plan.id_of(*node), drawn_text(*node, replaced), column_count(*node));
    for (const NodePtr& input : inputs_of(*node)) {
      text += fmt::format("  n{} --> n{}\n", plan.id_of(*input), plan.id_of(*node));
    }
  }
  return text;
}

}  // namespace

GraphFormat graph_format_named(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, format] : kFormatNames) {
    if (known == name) return format;
    names.emplace_back(known);
  }
  throw Error(ErrorCode::kInvalidArgument, fmt::format("unknown format of a plan: '{}'", name),
              name_hint(name, names, "formats"));
}

std::string plan_graph(const std::vector<NodePtr>& roots, GraphFormat format) {
  Numbering plan(roots);
  switch (format) {
    case GraphFormat::kJson: return to_json(plan, roots);
    case GraphFormat::kDot: return to_dot(plan);
    case GraphFormat::kMermaid: return to_mermaid(plan);
  }
  return {};
}

}  // namespace headrace
