// The features of a pipeline: chains of transforms, fitted stage by stage, then a list of expressions.
//
// A chain may hold several fitted transforms (fill with the mean, then standardize): the second can be fitted only when the
// first has its state. Fitting therefore runs in stages. In each stage, every feature whose next fitted transform can be
// fitted contributes one task: input expressions over the feature table, and accumulators to feed with them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/feature/transform.h"

namespace headrace {

/// One statistic to be collected in the current stage.
struct FitTask {
  std::size_t feature_index;
  std::size_t transform_index;
  std::vector<Expr> inputs;  // over the feature table
  const Transform* transform;
};

/// The state of all fitted transforms of a pipeline; plain data, saved as JSON (docs/formats/fitted-state.md).
class FittedState {
 public:
  static constexpr int kVersion = 1;
  /// Identifies what was fitted: names, inputs, transforms, parameters and types of all features, canonical text.
  std::string features_digest;
  /// By feature index, then transform index; null for transforms that fit nothing.
  std::vector<std::vector<Json>> states;
  std::int64_t fitted_row_count = 0;

  std::string to_json() const;
  /// Throws Error(kBadData) naming `path` on a wrong version or form.
  static FittedState from_json(std::string_view text, const std::string& path);
  /// "xxh3:<32 hex digits>" of the canonical text: equal states have equal digests.
  std::string digest() const;
};

/// A column of the produced data set.
struct OutputColumn {
  Field field;
  std::string role;
  std::vector<std::int64_t> shape;
  std::optional<std::int64_t> id_count;
};

class FeatureSet {
 public:
  /// Checks every feature against the feature table. Errors name the feature, its place, the transform and the fix.
  FeatureSet(const std::vector<FeatureSpec>& specs, const Schema& table);

  /// Columns of the feature table that the features read, each once.
  std::vector<std::string> input_columns() const;

  /// The tasks of the next stage; empty when everything is fitted. Requires: set_state() for each task of the last stage.
  std::vector<FitTask> next_stage() const;
  void set_state(const FitTask& task, Json state);
  bool is_fitted() const { return next_stage().empty(); }

  FittedState state(std::int64_t fitted_row_count) const;
  /// Takes a saved state instead of fitting. Throws Error(kInvalidPipeline) that names the first feature that differs when
  /// it was fitted for other features.
  void load_state(const FittedState& state);

  /// One expression a feature over the feature table, cast to its final type. Requires: is_fitted().
  std::vector<Expr> expressions() const;
  /// Requires: is_fitted(), since the number of ids may come from the state.
  std::vector<OutputColumn> output_columns() const;
  /// A line a feature: its name, and what each fitted transform found.
  std::vector<std::pair<std::string, std::string>> describe() const;

  std::size_t size() const { return features_.size(); }

 private:
  struct Feature {
    FeatureSpec spec;
    std::vector<std::unique_ptr<Transform>> transforms;  // bound as far as the domains are known
    std::vector<Json> states;
  };
  std::vector<Feature> features_;
  Schema table_;
  std::string digest_;
};

}  // namespace headrace
