// docs/reference/transforms.md, made from the constants that the transforms are bound by.

#include <fmt/format.h>

#include "headrace/feature/transform.h"

namespace headrace {

namespace {

constexpr std::string_view kIntroduction =
    "# Feature transforms\n"
    "\n"
    "<!-- Made from the table of transforms (src/headrace/feature); do not edit. -->\n"
    "\n"
    "A feature is an expression over the feature table and a chain of transforms, each of which gets what the one "
    "before it "
    "gives:\n"
    "\n"
    "```yaml\n"
    "features:\n"
    "  - {name: distance, transforms: [log1p, standardize]}\n"
    "  - {name: dest, transforms: [{vocabulary: {min_count: 20, oov_buckets: 4}}]}\n"
    "  - {name: route, from: [origin, dest], transforms: [{cross: {buckets: 10000}}]}\n"
    "```\n"
    "\n"
    "A transform without parameters is written as its name, one with parameters as a mapping. A *fitted* transform "
    "learns a statistic from the training rows; all others look at the row alone. Statistics are exact: they do "
    "not depend on the order of the rows, on threads or on the machine.\n"
    "\n"
    "Ids are the same everywhere: 0 is padding and is never made, 1 is null, then come hash buckets, intervals or "
    "words. A "
    "part of a time (hour, month …) is its plain number.\n"
    "\n"
    "Unless `dtype` says otherwise, features, labels and weights of float64 become float32, ids become int64, and "
    "everything "
    "else, as well as keys, times and columns passed through, keeps its type.\n";

/// Text inside a table cell.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string default_cell(std::string_view default_text) {
  if (default_text.empty()) return "required";
  return default_text == "none" ? "none" : fmt::format("`{}`", default_text);
}

void append_kind(const TransformKind& kind, std::string& out) {
  out += fmt::format("\n## {}\n\n{}\n\n", kind.name, kind.summary);
  if (!kind.fitted.empty()) out += fmt::format("Fitted: {}.\n\n", kind.fitted);
  out += fmt::format("Takes {}. Gives {}.\n\n", kind.input, kind.output);
  if (!kind.parameters.empty()) {
    out += "| parameter | type | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const TransformParameterDoc& doc : kind.parameters) {
      out +=
          fmt::format("| `{}` | {} | {} | {} |\n", doc.name, doc.type, default_cell(doc.default_text), cell(doc.doc));
    }
    out += "\n";
  }
  out += fmt::format("```yaml\ntransforms: {}\n```\n",
                     kind.example.front() == '[' ? std::string(kind.example) : fmt::format("[{}]", kind.example));
  if (!kind.source.empty()) out += fmt::format("\nDefinition: {}.\n", kind.source);
}

}  // namespace

std::string transforms_reference_markdown() {
  std::string out(kIntroduction);
  for (const TransformKind* kind : all_transforms()) append_kind(*kind, out);
  return out;
}

}  // namespace headrace
