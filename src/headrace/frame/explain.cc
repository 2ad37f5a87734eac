// See explain.h.
#include "headrace/frame/explain.h"

#include <fmt/format.h>

#include "headrace/frame/prepare.h"
#include "headrace/plan/node.h"

namespace headrace {
namespace {

std::string features_text(const FeatureSet& features) {
  std::vector<FitTask> stage = features.next_stage();
  if (stage.empty()) return "features: nothing to fit\n";
  std::string text =
      fmt::format("fit, first stage: {} statistics in one pass over the rows of the fit part\n", stage.size());
  for (const FitTask& task : stage) {
    std::string inputs;
    for (const Expr& input : task.inputs) inputs += (inputs.empty() ? "" : ", ") + to_string(input);
    text += fmt::format("  {}: over {}\n", features.name(task.feature_index), inputs);
  }
  return text;
}

std::string split_text(const SplitSpec& split) {
  std::string text = "split:";
  if (const auto* by_predicate = std::get_if<SplitSpec::ByPredicate>(&split.kind)) {
    for (const auto& [name, predicate] : by_predicate->parts)
      text += fmt::format(" {} = {};", name, to_string(predicate));
  } else {
    const auto& by_hash = std::get<SplitSpec::ByHash>(split.kind);
    text += fmt::format(" by hash of {};", to_string(by_hash.key));
    for (const auto& [name, share] : by_hash.shares) text += fmt::format(" {} = {};", name, share);
  }
  return text + fmt::format(" fitted on {}\n", split.fit_part);
}

}  // namespace

Explanation explain_pipeline(const Pipeline& pipeline, const RunOptions& options) {
  PreparedPipeline prepared(pipeline, file_system_of(pipeline, options), options.context, options.memory_sources);
  Explanation explanation;
  for (const auto& [name, node] : prepared.tables) {
    explanation.logical += fmt::format("table {}\n{}", name, explain_tree(node));
  }
  if (!prepared.feature_root) return explanation;
  explanation.physical =
      fmt::format("engine native, {} threads\n{}", options.context.thread_count, explain_tree(prepared.feature_root));
  if (prepared.contract_root) explanation.physical += "contract's table\n" + explain_tree(prepared.contract_root);
  if (pipeline.contract) explanation.physical += fmt::format("contract on {}\n", pipeline.contract->table);
  if (pipeline.split) explanation.physical += split_text(*pipeline.split);
  explanation.physical += features_text(*prepared.features);
  for (const OutputSpec& output : pipeline.outputs) {
    explanation.physical += fmt::format("write {} as {}\n", output.path, output.format);
  }
  return explanation;
}

std::string explain_graph(const Pipeline& pipeline, GraphFormat format, const RunOptions& options) {
  PreparedPipeline prepared(pipeline, file_system_of(pipeline, options), options.context, options.memory_sources);
  return plan_graph(prepared.shown_roots(), format);
}

}  // namespace headrace
