// Checking features and fitting them in stages; what a fitted set gives. Saved states are in feature_set_state.cc.

#include "headrace/feature/feature_set.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/bind.h"

namespace headrace {

namespace {

std::string line_text(const FilePlace& place) { return place.line == 0 ? "" : fmt::format(" (line {})", place.line); }

/// Models take features, labels and weights as float32; keys, times and columns passed through stay as they are.
bool is_model_input(const std::string& role) { return role == "feature" || role == "label" || role == "weight"; }

void check_cast(const Type& from, const Type& to) {
  // Qualified: arguments of std make std::bind a candidate.
  headrace::bind(cast(column("x"), to), Schema(std::vector<Field>{{"x", from, true}}));
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
    bool same =
        *spec.dtype == domain.type || (!domain.type.fields().empty() && *spec.dtype == domain.type.fields()[0].type);
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
  if (domain.is_id && !domain.type.is_nested()) return TypeKind::kInt64;
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
  std::erase_if(names,
                [&](const std::string& name) { return std::find(used.begin(), used.end(), name) == used.end(); });
  return names;
}

std::vector<Expr> FeatureSet::unfitted_expressions() const {
  std::vector<Expr> exprs;
  for (const Feature& feature : features_) {
    std::size_t first_fitted = 0;
    while (first_fitted < feature.transforms.size() && !feature.transforms[first_fitted]->is_fitted()) ++first_fitted;
    for (const Expr& expr : feature.inputs_of(first_fitted)) exprs.push_back(expr);
  }
  return exprs;
}

std::string FeatureSet::meaning_of(const std::string& column) const {
  for (const auto& [expr, name] : precomputed_) {
    if (name == column) return to_string(expr);
  }
  return column;
}

Expr FeatureSet::with_precomputed(const Expr& expr) const {
  for (const auto& [known, name] : precomputed_) {
    if (same_expr(known, expr)) return column(name);
  }
  const auto* node = std::get_if<Call>(&expr->kind);
  if (node == nullptr || precomputed_.empty()) return expr;
  Call copy = *node;
  for (Expr& arg : copy.args) arg = with_precomputed(arg);
  return std::make_shared<const ExprNode>(ExprNode{std::move(copy), expr->span, expr->text});
}

std::size_t FeatureSet::accumulator_bytes_min() const {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  std::size_t bytes = 0;
  for (const Feature& feature : features_) {
    for (std::size_t t = feature.next_to_fit(); t < feature.transforms.size(); ++t) {
      if (!feature.transforms[t]->is_fitted()) continue;
      bytes += feature.transforms[t]->make_accumulator(*memory, 0)->state_bytes();
    }
  }
  return bytes;
}

std::vector<FitTask> FeatureSet::next_stage() const {
  std::vector<FitTask> tasks;
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const Feature& feature = features_[f];
    std::size_t t = feature.next_to_fit();
    if (t == feature.transforms.size()) continue;
    const Transform& transform = *feature.transforms[t];
    std::vector<Expr> inputs = transform.fit_inputs(feature.inputs_of(t));
    for (Expr& input : inputs) input = with_precomputed(input);
    tasks.push_back({f, t, std::move(inputs), &transform});
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

std::vector<Expr> FeatureSet::expressions() const {
  HEADRACE_CHECK(is_fitted());
  std::vector<Expr> exprs;
  for (const Feature& feature : features_) {
    Expr expr = with_precomputed(feature.inputs_of(feature.transforms.size()).front());
    FeatureDomain domain = feature.final_domain();
    Type type = feature.final_type(domain);
    exprs.push_back(type == domain.type ? expr : cast(expr, type));
  }
  return exprs;
}

std::vector<OutputColumn> FeatureSet::output_columns() const {
  HEADRACE_CHECK(is_fitted());
  return expected_columns();
}

std::vector<OutputColumn> FeatureSet::expected_columns() const {
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
