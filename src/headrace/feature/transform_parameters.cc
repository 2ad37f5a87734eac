// The parameters of a transform: checked against their documentation, read with their defaults.

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/feature/transform.h"

namespace headrace {

namespace {

bool is_number(const Value& value) { return !value.is_null() && (value.type.is_integer() || value.type.is_floating()); }

double number_of(const Value& value) {
  return value.type.is_integer() ? static_cast<double>(value.as_int()) : value.as_double();
}

bool is_number_list(const Value& value) {
  if (value.is_null() || value.type.kind() != TypeKind::kList) return false;
  const Column& elements = value.as_elements();
  for (std::int64_t i = 0; i < elements.length(); ++i) {
    if (!is_number(value_at(elements, i))) return false;
  }
  return true;
}

bool has_type(const Value& value, std::string_view type) {
  if (type == "float") return is_number(value);
  if (type == "integer") return is_number(value) && value.type.is_integer();
  if (type == "list of float") return is_number_list(value);
  if (type == "string") return !value.is_null() && value.type.kind() == TypeKind::kString;
  HEADRACE_CHECK(type == "any");
  return !value.is_null() && !value.type.is_nested();
}

template <typename T>
T parsed(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  HEADRACE_CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

std::vector<std::string> names_of(std::span<const TransformParameterDoc> docs) {
  std::vector<std::string> names;
  for (const TransformParameterDoc& doc : docs) names.emplace_back(doc.name);
  return names;
}

const TransformParameterDoc* find_doc(std::span<const TransformParameterDoc> docs, std::string_view name) {
  for (const TransformParameterDoc& doc : docs) {
    if (doc.name == name) return &doc;
  }
  return nullptr;
}

[[noreturn]] void refuse_unknown(const std::string& transform, const std::string& name,
                                 std::span<const TransformParameterDoc> docs) {
  std::string hint =
      docs.empty() ? fmt::format("'{}' takes no parameters", transform) : name_hint(name, names_of(docs), "parameters");
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("{}: there is no parameter '{}'", transform, name), hint);
}

}  // namespace

TransformParameters::TransformParameters(const TransformSpec& spec, std::span<const TransformParameterDoc> docs)
    : spec_(spec), docs_(docs) {
  for (std::size_t i = 0; i < spec.parameters.size(); ++i) {
    const auto& [name, value] = spec.parameters[i];
    const TransformParameterDoc* doc = find_doc(docs, name);
    if (doc == nullptr) refuse_unknown(spec.name, name, docs);
    for (std::size_t j = 0; j < i; ++j) {
      if (spec.parameters[j].first == name) refuse(name, "is given twice");
    }
    if (!has_type(value, doc->type)) {
      refuse(name, fmt::format("is {}, but must be of type {}", value.to_string(), doc->type), std::string(doc->doc));
    }
  }
  for (const TransformParameterDoc& doc : docs) {
    if (doc.default_text.empty() && !has(doc.name)) {
      refuse(doc.name, fmt::format("is missing: a {}", doc.type), std::string(doc.doc));
    }
  }
}

double TransformParameters::number(std::string_view name) const {
  const Value* given = find(name);
  return given != nullptr ? number_of(*given) : parsed<double>(default_text(name));
}

std::int64_t TransformParameters::integer(std::string_view name) const {
  const Value* given = find(name);
  return given != nullptr ? given->as_int() : parsed<std::int64_t>(default_text(name));
}

std::int64_t TransformParameters::integer_in(std::string_view name, std::int64_t min, std::int64_t max) const {
  std::int64_t given = integer(name);
  if (given < min || given > max) refuse(name, fmt::format("is {}, but must be from {} to {}", given, min, max));
  return given;
}

std::string TransformParameters::text(std::string_view name) const {
  const Value* given = find(name);
  return given != nullptr ? given->as_string() : std::string(default_text(name));
}

std::vector<double> TransformParameters::numbers(std::string_view name) const {
  const Column& elements = value(name).as_elements();
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < elements.length(); ++i) numbers.push_back(number_of(value_at(elements, i)));
  return numbers;
}

const Value& TransformParameters::value(std::string_view name) const {
  const Value* given = find(name);
  HEADRACE_CHECK(given != nullptr);
  return *given;
}

Json TransformParameters::canonical() const {
  Json json = Json::object();
  for (const TransformParameterDoc& doc : docs_) {
    const Value* given = find(doc.name);
    if (given == nullptr) continue;
    std::string name(doc.name);
    bool has_default = doc.default_text != "none" && !doc.default_text.empty();
    if (doc.type == "float") {
      double value = number_of(*given);
      if (!has_default || value != parsed<double>(doc.default_text)) json[name] = json_number(value);
    } else if (doc.type == "integer") {
      if (!has_default || given->as_int() != parsed<std::int64_t>(doc.default_text)) json[name] = given->as_int();
    } else if (doc.type == "list of float") {
      json[name] = Json::array();
      for (double value : numbers(doc.name)) json[name].push_back(json_number(value));
    } else if (!has_default || doc.type != "string" || given->as_string() != doc.default_text) {
      json[name] = json_value(*given);
    }
  }
  return json;
}

void TransformParameters::refuse(std::string_view name, std::string_view problem, std::string hint) const {
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("{}: '{}' {}", spec_.name, name, problem), std::move(hint));
}

const Value* TransformParameters::find(std::string_view name) const {
  for (const auto& [given, value] : spec_.parameters) {
    if (given == name) return &value;
  }
  return nullptr;
}

std::string_view TransformParameters::default_text(std::string_view name) const {
  const TransformParameterDoc* doc = find_doc(docs_, name);
  HEADRACE_CHECK(doc != nullptr && !doc->default_text.empty() && doc->default_text != "none");
  return doc->default_text;
}

}  // namespace headrace
