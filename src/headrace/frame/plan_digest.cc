// See plan_digest.h.
#include "headrace/frame/plan_digest.h"

#include "headrace/feature/canonical_json.h"
#include "headrace/frame/plan_graph.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {

std::string plan_digest(const PreparedPipeline& prepared) {
  const Pipeline& pipeline = prepared.pipeline;
  // What is left of the file without sources, tables and outputs, which the plan stands for or which do not count.
  Pipeline rest;
  rest.name = pipeline.name;
  rest.contract = pipeline.contract;
  rest.features = pipeline.features;
  rest.split = pipeline.split;
  return text_digest(plan_graph(prepared.shown_roots(), GraphFormat::kJson) + to_yaml(rest));
}

}  // namespace headrace
