// See reference.h.
#include "headrace/expr/reference.h"

#include <map>
#include <vector>

#include <fmt/format.h>

#include "headrace/expr/aggregate.h"
#include "headrace/expr/function.h"

namespace headrace {

std::string functions_reference_markdown() {
  std::string text =
      "# Functions\n\n"
      "Expressions are SQL scalar expressions. Every example below is run by the tests. A null argument gives null "
      "unless\n"
      "the text says otherwise.\n";
  std::map<std::string_view, std::vector<const Function*>> groups;
  for (const Function* function : all_functions()) groups[function->group].push_back(function);
  for (const auto& [group, functions] : groups) {
    text += fmt::format("\n## {}\n", group);
    for (const Function* function : functions) {
      text += fmt::format("\n### {}\n\n`{}`\n\n{}\n", function->name, function->signature, function->summary);
      if (!function->examples.empty()) text += "\n";
      for (const FunctionExample& example : function->examples) {
        text += fmt::format("- `{}` → `{}`\n", example.expression, example.result);
      }
    }
  }
  text +=
      "\n## aggregates\n\nUsed in `group_by`. Nulls are skipped; the result does not depend on the order of rows.\n";
  for (const AggregateFunction* aggregate : all_aggregates()) {
    text += fmt::format("\n### {}\n\n`{}`\n\n{}\n", aggregate->name, aggregate->signature, aggregate->summary);
  }
  return text;
}

}  // namespace headrace
