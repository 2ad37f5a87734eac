// The features of a pipeline: chains of transforms, fitted stage by stage, then a list of expressions.
//
// A chain may hold several fitted transforms (fill with the mean, then standardize): the second can be fitted only
// when the first has its state. Fitting therefore runs in stages. In each stage, every feature that has something
// left to fit contributes one task: input expressions over the feature table, and accumulators to feed with them.
//
//   for (stage = set.next_stage(); !stage.empty(); stage = set.next_stage())
//     for (task : stage)
//       merged = task.transform->make_accumulator(memory, round_bytes)
//       do  each worker: own = merged->fork(); own->update(columns of task.inputs) …; merged->merge(*own)
//       while (merged->finish_round(round_bytes))
//       set.finish_task(task, *merged)
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/feature/fitted_state.h"
#include "headrace/feature/transform.h"

namespace headrace {

/// One statistic to be collected in the current stage.
struct FitTask {
  std::size_t feature_index;
  std::size_t transform_index;
  std::vector<Expr> inputs;  // over the feature table
  const Transform* transform;
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

  std::size_t size() const { return features_.size(); }
  const std::string& name(std::size_t feature_index) const { return features_[feature_index].spec.name; }
  /// Columns of the feature table that the features read, each once, in order of the table.
  std::vector<std::string> input_columns() const;

  /// What goes into the first fitted transform of each feature, or comes out of the last when none is: expressions over
  /// the feature table that are known before anything is fitted.
  std::vector<Expr> unfitted_expressions() const;
  /// Says that the rows bring columns with the values of these expressions: fit tasks and expressions() then read the
  /// columns in their place.
  void set_precomputed(std::vector<std::pair<Expr, std::string>> columns) { precomputed_ = std::move(columns); }
  /// The expression that a column stands for, as text; of another column its name.
  std::string meaning_of(const std::string& column) const;

  /// What the accumulators of all statistics that are yet to be fitted hold, one of each, when they take the least they
  /// can do with: before they see rows.
  std::size_t accumulator_bytes_min() const;

  /// The tasks of the next stage; empty when everything is fitted. The tasks' transforms belong to this set.
  std::vector<FitTask> next_stage() const;
  void set_state(const FitTask& task, Json state);
  /// What set_state() was given.
  const Json& state_of(const FitTask& task) const { return features_[task.feature_index].states[task.transform_index]; }
  /// Ends fitting of one task: set_state() of the merged accumulator's state; errors name the feature and the
  /// transform.
  void finish_task(const FitTask& task, Accumulator& merged);
  bool is_fitted() const;

  /// Requires: is_fitted().
  FittedState state(std::int64_t fitted_row_count) const;
  /// Takes a saved state instead of fitting. Throws Error(kInvalidPipeline) that names the first feature that differs
  /// when it was fitted for other features, Error(kBadData) when a state does not have the form that its transform
  /// expects.
  void load_state(const FittedState& state);

  /// One expression a feature over the feature table, cast to its final type. Requires: is_fitted().
  std::vector<Expr> expressions() const;
  /// Requires: is_fitted(), since the number of ids may come from the state.
  std::vector<OutputColumn> output_columns() const;
  /// The columns as far as they are known before fitting: all but sizes of lists and numbers of ids.
  std::vector<OutputColumn> expected_columns() const;
  /// A line a feature: its name, and what each fitted transform found.
  std::vector<std::pair<std::string, std::string>> describe() const;

 private:
  struct Feature {
    FeatureSpec spec;
    std::vector<Expr> inputs;
    std::vector<FeatureDomain> input_domains;
    std::vector<std::shared_ptr<const Transform>> transforms;  // bound to what is known of the one before
    std::vector<Json> states;                                  // null: none, or not yet fitted

    /// The transform that must be fitted next, or transforms.size().
    std::size_t next_to_fit() const;
    /// The inputs of transform `transform_index`, as expressions over the feature table.
    std::vector<Expr> inputs_of(std::size_t transform_index) const;
    /// Binds the transforms from `first` on.
    void bind_from(std::size_t first);
    /// Checks a loaded state and binds the transforms behind it.
    void check_state(std::size_t transform_index);
    FeatureDomain final_domain() const;
    Type final_type(const FeatureDomain& domain) const;
    std::string where(std::size_t transform_index) const;
  };

  /// The expression with everything that is precomputed replaced by its column.
  Expr with_precomputed(const Expr& expr) const;
  static Feature make_feature(const FeatureSpec& spec, const Schema& table);
  Json signature(const Feature& feature) const;

  std::vector<Feature> features_;
  Schema table_;
  std::vector<std::pair<Expr, std::string>> precomputed_;
};

}  // namespace headrace
