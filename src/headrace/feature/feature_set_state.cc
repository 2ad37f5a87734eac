// Saved states: what a set of features was fitted for, and taking a state back.

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/feature/feature_set.h"

namespace headrace {

namespace {

constexpr std::size_t kDifferenceTextMax = 300;

/// The first of the signature's keys whose values differ.
std::string difference(const Json& pipeline, const Json& state) {
  for (const char* key : {"name", "from", "columns", "transforms", "dtype"}) {
    Json ours = pipeline.value(key, Json());
    Json theirs = state.value(key, Json());
    if (ours != theirs) {
      auto text = [](const Json& json) {
        std::string all = json.dump(-1, ' ', false, Json::error_handler_t::replace);
        if (all.size() > kDifferenceTextMax) all.replace(kDifferenceTextMax, all.size(), "…");
        return all;
      };
      return fmt::format("'{}' is {} in the pipeline and {} in the state", key, text(ours), text(theirs));
    }
  }
  return "its form is another";
}

}  // namespace

Json FeatureSet::signature(const Feature& feature) const {
  Json json = Json::object();
  json["name"] = feature.spec.name;
  json["from"] = Json::array();
  std::vector<std::string> columns;
  for (const Expr& input : feature.inputs) {
    json["from"].push_back(to_string(input));
    collect_columns(input, columns);
  }
  json["columns"] = Json::object();
  for (const std::string& name : columns) json["columns"][name] = table_[table_.index_of(name)].type.to_string();
  json["transforms"] = Json::array();
  for (const TransformSpec& spec : feature.spec.transforms) {
    Json transform = Json::object();
    transform["name"] = spec.name;
    transform["parameters"] = TransformParameters(spec, transform_named(spec.name).parameters).canonical();
    json["transforms"].push_back(std::move(transform));
  }
  json["dtype"] = feature.spec.dtype ? Json(feature.spec.dtype->to_string()) : Json();
  return json;
}

FittedState FeatureSet::state(std::int64_t fitted_row_count) const {
  HEADRACE_CHECK(is_fitted());
  FittedState state;
  state.fitted_row_count = fitted_row_count;
  for (const Feature& feature : features_) {
    state.features.push_back(signature(feature));
    state.states.push_back(feature.states);
  }
  return state;
}

void FeatureSet::load_state(const FittedState& state) {
  auto refuse = [](std::string difference) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("the saved state was fitted for other features: {}", difference),
                "fit again without the saved state, or use the pipeline that it was fitted with");
  };
  for (std::size_t f = 0; f < std::min(features_.size(), state.features.size()); ++f) {
    Json ours = signature(features_[f]);
    if (ours == state.features[f]) continue;
    refuse(fmt::format("feature {} '{}': {}", f + 1, name(f), difference(ours, state.features[f])));
  }
  if (features_.size() != state.features.size()) {
    refuse(fmt::format("the pipeline has {} features and the state {}", features_.size(), state.features.size()));
  }
  std::vector<Feature> loaded = features_;
  for (std::size_t f = 0; f < loaded.size(); ++f) {
    loaded[f].states = state.states[f];
    HEADRACE_CHECK(loaded[f].states.size() == loaded[f].transforms.size());
    for (std::size_t t = 0; t < loaded[f].transforms.size(); ++t) loaded[f].check_state(t);
  }
  features_ = std::move(loaded);
}

void FeatureSet::Feature::check_state(std::size_t transform_index) {
  with_context(
      [&] {
        const Transform& transform = *transforms[transform_index];
        const Json& state = states[transform_index];
        if (transform.is_fitted() == state.is_null()) {
          throw Error(ErrorCode::kBadData, state.is_null() ? "the saved state of the transform is missing"
                                                           : "there is a saved state, but nothing to fit");
        }
        transform.apply(inputs_of(transform_index), state);
        transform.output(state);
      },
      [&] { return where(transform_index); });
  bind_from(transform_index + 1);
}

}  // namespace headrace
