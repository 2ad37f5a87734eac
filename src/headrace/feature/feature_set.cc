#include "headrace/feature/feature_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "headrace/base/error.h"
#include "headrace/expr/bind.h"

namespace headrace {

namespace {

std::string line_text(const FilePlace& place) { return place.line == 0 ? "" : fmt::format(" (line {})", place.line); }

/// Models take features, labels and weights as float32; keys, times and columns passed through stay as they are.
bool is_model_input(const std::string& role) { return role == "feature" || role == "label" || role == "weight"; }

void check_cast(const Type& from, const Type& to) {
  bind(cast(column("x"), to), Schema(std::vector<Field>{{"x", from, true}}));
}

std::vector<std::int64_t> shape_of(const Type& type) {
  if (type.kind() == TypeKind::kFixedSizeList) {
    std::vector<std::int64_t> shape = {type.list_size()};
    std::vector<std::int64_t> inner = shape_of(type.element());
    shape.insert(shape.end(), inner.begin(), inner.end());
    return shape;
  }
  if (type.kind() == TypeKind::kList) return {-1};
  return {};
}

constexpr std::size_t kDifferenceTextMax = 300;

/// The first of the signature's keys whose values differ.
std::string difference(const Json& pipeline, const Json& state) {
  for (const char* key : {"name", "from", "columns", "transforms", "dtype"}) {
    Json ours = pipeline.value(key, Json());
    Json theirs = state.value(key, Json());
    if (ours != theirs) {
      auto text = [](const Json& json) {
        std::string all = json.dump(-1, ' ', false, Json::error_handler_t::replace);
        return all.size() <= kDifferenceTextMax ? all : all.substr(0, kDifferenceTextMax) + "…";
      };
      return fmt::format("'{}' is {} in the pipeline and {} in the state", key, text(ours), text(theirs));
    }
  }
  return "its form is another";
}

}  // namespace

FeatureSet::FeatureSet(const std::vector<FeatureSpec>& specs, const Schema& table) : table_(table) {
  for (const FeatureSpec& spec : specs) {
    for (const Feature& earlier : features_) {
      if (earlier.spec.name != spec.name) continue;
      throw Error(ErrorCode::kInvalidPipeline,
                  fmt::format("two features have the name '{}'{}", spec.name, line_text(spec.place)),
                  "give one of them another name, and the column it is made of under 'from'");
    }
    features_.push_back(make_feature(spec, table));
  }
}

FeatureSet::Feature FeatureSet::make_feature(const FeatureSpec& spec, const Schema& table) {
  Feature feature;
  feature.spec = spec;
  feature.inputs = spec.inputs;
  if (feature.inputs.empty()) feature.inputs.push_back(column(spec.name));
  feature.states.resize(spec.transforms.size());
  feature.transforms.resize(spec.transforms.size());
  auto where = [&] { return feature.where(spec.transforms.size()); };
  with_context(
      [&] {
        for (const Expr& input : feature.inputs) {
          BoundExprPtr bound = bind(input, table);
          if (bound->type.kind() == TypeKind::kNull) {
            throw Error(ErrorCode::kInvalidPipeline, "the input has no type, it is always null", "cast it to a type");
          }
          feature.input_domains.push_back({bound->type, bound->nullable, false, std::nullopt});
        }
        if (feature.transforms.empty() && feature.inputs.size() != 1) {
          throw Error(ErrorCode::kInvalidPipeline,
                      fmt::format("{} inputs but no transform that makes one of them", feature.inputs.size()),
                      "add 'cross' as the first transform, or give one input");
        }
      },
      where);
  feature.bind_from(0);
  with_context([&] { feature.final_type(feature.final_domain()); }, where);
  return feature;
}

void FeatureSet::Feature::bind_from(std::size_t first) {
  for (std::size_t i = first; i < transforms.size(); ++i) {
    with_context(
        [&] {
          const TransformKind& kind = transform_named(spec.transforms[i].name);
          std::vector<FeatureDomain> domains = input_domains;
          if (i > 0) domains = {transforms[i - 1]->output(states[i - 1])};
          transforms[i] = kind.bind(TransformParameters(spec.transforms[i], kind.parameters), domains);
        },
        [&] { return where(i); });
  }
}

std::size_t FeatureSet::Feature::next_to_fit() const {
  std::size_t i = 0;
  while (i < transforms.size() && (!transforms[i]->is_fitted() || !states[i].is_null())) ++i;
  return i;
}

std::vector<Expr> FeatureSet::Feature::inputs_of(std::size_t transform_index) const {
  std::vector<Expr> exprs = inputs;
  for (std::size_t i = 0; i < transform_index; ++i) exprs = {transforms[i]->apply(exprs, states[i])};
  return exprs;
}

FeatureDomain FeatureSet::Feature::final_domain() const {
  return transforms.empty() ? input_domains.front() : transforms.back()->output(states.back());
}

Type FeatureSet::Feature::final_type(const FeatureDomain& domain) const {
  if (spec.dtype && domain.type.is_nested()) {
    bool same = *spec.dtype == domain.type || (!domain.type.fields().empty() && *spec.dtype == domain.type.fields()[0].type);
    if (!same) {
      throw Error(ErrorCode::kInvalidPipeline,
                  fmt::format("dtype {} does not fit values of {}", spec.dtype->to_string(), domain.type.to_string()),
                  "leave dtype out");
    }
    return domain.type;
  }
  if (spec.dtype) {
    check_cast(domain.type, *spec.dtype);
    return *spec.dtype;
  }
  if (domain.is_id) return TypeKind::kInt64;
  if (domain.type.kind() == TypeKind::kFloat64 && is_model_input(spec.role)) return TypeKind::kFloat32;
  return domain.type;
}

std::string FeatureSet::Feature::where(std::size_t transform_index) const {
  std::string text = fmt::format("making feature '{}'{}", spec.name, line_text(spec.place));
  if (transform_index < spec.transforms.size()) {
    const TransformSpec& transform = spec.transforms[transform_index];
    text += fmt::format(", transform '{}'{}", transform.name, line_text(transform.place));
  }
  return text;
}

std::vector<std::string> FeatureSet::input_columns() const {
  std::vector<std::string> used;
  for (const Feature& feature : features_) {
    for (const Expr& input : feature.inputs) collect_columns(input, used);
  }
  std::vector<std::string> names = table_.names();
  std::erase_if(names, [&](const std::string& name) { return std::find(used.begin(), used.end(), name) == used.end(); });
  return names;
}

std::vector<FitTask> FeatureSet::next_stage() const {
  std::vector<FitTask> tasks;
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const Feature& feature = features_[f];
    std::size_t t = feature.next_to_fit();
    if (t == feature.transforms.size()) continue;
    const Transform& transform = *feature.transforms[t];
    tasks.push_back({f, t, transform.fit_inputs(feature.inputs_of(t)), &transform});
  }
  return tasks;
}

void FeatureSet::set_state(const FitTask& task, Json state) {
  Feature& feature = features_.at(task.feature_index);
  HEADRACE_CHECK(task.transform_index == feature.next_to_fit() && !state.is_null());
  feature.states[task.transform_index] = std::move(state);
  feature.bind_from(task.transform_index + 1);
}

void FeatureSet::finish_task(const FitTask& task, Accumulator& merged) {
  Json state = with_context([&] { return merged.finish(); },
                            [&] { return features_.at(task.feature_index).where(task.transform_index); });
  set_state(task, std::move(state));
}

bool FeatureSet::is_fitted() const {
  return std::all_of(features_.begin(), features_.end(),
                     [](const Feature& feature) { return feature.next_to_fit() == feature.transforms.size(); });
}

Json FeatureSet::signature(const Feature& feature) const {
  Json json;
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
    Json transform;
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
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("the saved state was fitted for other features: {}", difference),
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

std::vector<Expr> FeatureSet::expressions() const {
  HEADRACE_CHECK(is_fitted());
  std::vector<Expr> exprs;
  for (const Feature& feature : features_) {
    Expr expr = feature.inputs_of(feature.transforms.size()).front();
    FeatureDomain domain = feature.final_domain();
    Type type = feature.final_type(domain);
    exprs.push_back(type == domain.type ? expr : cast(expr, type));
  }
  return exprs;
}

std::vector<OutputColumn> FeatureSet::output_columns() const {
  HEADRACE_CHECK(is_fitted());
  std::vector<OutputColumn> columns;
  for (const Feature& feature : features_) {
    FeatureDomain domain = feature.final_domain();
    Type type = feature.final_type(domain);
    columns.push_back(
        {Field{feature.spec.name, type, domain.nullable}, feature.spec.role, shape_of(type), domain.id_count});
  }
  return columns;
}

std::vector<std::pair<std::string, std::string>> FeatureSet::describe() const {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Feature& feature : features_) {
    std::string text;
    for (std::size_t t = 0; t < feature.transforms.size(); ++t) {
      if (feature.transforms[t]->is_fitted() && feature.states[t].is_null()) continue;
      std::string found = feature.transforms[t]->describe(feature.states[t]);
      if (found.empty()) continue;
      if (!text.empty()) text += "; ";
      text += fmt::format("{}: {}", feature.spec.transforms[t].name, found);
    }
    lines.emplace_back(feature.spec.name, text);
  }
  return lines;
}

}  // namespace headrace
