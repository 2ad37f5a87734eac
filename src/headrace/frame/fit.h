// Fitting apart from writing: the state of a pipeline's features, and frames encoded with it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "headrace/feature/fitted_state.h"
#include "headrace/frame/lazy_frame.h"
#include "headrace/frame/run.h"

namespace headrace {

/// Reads, joins, checks and fits, and writes nothing: the state is that of run_pipeline(), bit by bit. Outputs are not
/// looked at. Throws Error(kContractViolated) when the rows break the contract.
FittedState fit_pipeline(const Pipeline& pipeline, const RunOptions& options);

/// The features of `pipeline` over the rows of `frame`, encoded with `state`: the columns that run_pipeline() writes.
/// Throws Error(kNotFound) when the frame lacks a column that features read, Error(kInvalidPipeline) when the state was
/// fitted for other features.
LazyFrame encode_frame(const LazyFrame& frame, const Pipeline& pipeline, const FittedState& state);

/// A line a feature: its name, and what was found for it.
std::vector<std::pair<std::string, std::string>> describe_state(const Pipeline& pipeline, const FittedState& state,
                                                                const RunOptions& options);

/// state.json of a folder, as runs write it. Throws Error(kNotFound) or Error(kBadData).
FittedState read_state(const std::string& folder, FileSystem& fs);
void write_state(const FittedState& state, const std::string& folder, FileSystem& fs);

}  // namespace headrace
