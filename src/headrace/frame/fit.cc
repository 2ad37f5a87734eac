// See fit.h; fit_pipeline() is in run.cc, as the first half of a run.
#include "headrace/frame/fit.h"

#include "headrace/io/fs/file_system.h"

namespace headrace {

LazyFrame encode_frame(const LazyFrame& frame, const Pipeline& pipeline, const FittedState& state) {
  FeatureSet features = feature_set_of(pipeline, frame.schema());
  features.load_state(state);
  std::vector<Expr> exprs = features.expressions();
  std::vector<OutputColumn> columns = features.output_columns();
  SelectStep select;
  for (std::size_t i = 0; i < exprs.size(); ++i) select.columns.push_back({columns[i].field.name, exprs[i]});
  return frame.with_step({std::move(select), {}});
}

std::vector<std::pair<std::string, std::string>> describe_state(const Pipeline& pipeline, const FittedState& state,
                                                                const RunOptions& options) {
  PreparedPipeline prepared(pipeline, file_system_of(pipeline, options), options.context, options.memory_sources);
  if (!prepared.features) return {};
  prepared.features->load_state(state);
  return prepared.features->describe();
}

FittedState read_state(const std::string& folder, FileSystem& fs) {
  std::string file = folder + "/state.json";
  return FittedState::from_json(read_text(fs, file), file);
}

void write_state(const FittedState& state, const std::string& folder, FileSystem& fs) {
  fs.put(folder + "/state.json", state.to_json());
}

}  // namespace headrace
