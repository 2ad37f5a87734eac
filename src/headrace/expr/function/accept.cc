// See accept.h.
#include "headrace/expr/function/accept.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "headrace/expr/function/resolve.h"

namespace headrace {
namespace {

/// The type that an argument of type `given` is cast to, or nothing when it is not accepted.
std::optional<Type> accepted_type(const Type& given, Accept wanted) {
  bool is_null = given.kind() == TypeKind::kNull;
  bool fits = is_null;
  Type target = given;
  switch (wanted) {
    case Accept::kString:
      fits |= given.kind() == TypeKind::kString;
      target = TypeKind::kString;
      break;
    case Accept::kText:
      fits |= given.is_binary_like();
      if (is_null) target = TypeKind::kString;
      break;
    case Accept::kInteger:
      fits |= given.is_integer();
      target = TypeKind::kInt64;
      break;
    case Accept::kNumber:
      fits |= given.is_numeric();
      target = given.is_integer() ? TypeKind::kInt64 : TypeKind::kFloat64;
      break;
    case Accept::kDate:
      fits |= given.kind() == TypeKind::kDate;
      target = TypeKind::kDate;
      break;
    case Accept::kTimestamp:
      fits |= given.is_timestamp();
      if (is_null) target = TypeKind::kTimestamp;
      break;
    case Accept::kMoment:
      fits |= given.kind() == TypeKind::kDate || given.is_timestamp();
      if (is_null) target = TypeKind::kTimestamp;
      break;
  }
  if (!fits) return std::nullopt;
  return target;
}

std::string_view description(Accept wanted) {
  switch (wanted) {
    case Accept::kString: return "a string";
    case Accept::kText: return "a string or binary";
    case Accept::kInteger: return "an integer";
    case Accept::kNumber: return "a number";
    case Accept::kDate: return "a date";
    case Accept::kTimestamp: return "a timestamp";
    case Accept::kMoment: return "a date or a timestamp";
  }
  return "";
}

std::string_view advice(const Type& given, Accept wanted) {
  bool is_moment = given.kind() == TypeKind::kDate || given.is_timestamp();
  if (wanted == Accept::kDate && given.is_timestamp()) return ": to_date(x) gives the date of a timestamp";
  if (wanted == Accept::kTimestamp && is_moment) return ": cast(x as timestamp) gives the midnight of a date";
  if (wanted == Accept::kString || wanted == Accept::kText) return ": cast(x as string) gives the text of a value";
  return "";
}

/// "(text: string, start: int64) -> string": the signature without the name, which refuse_args() puts in front. That of
/// an operator stays whole.
std::string parameters(const Function& function) {
  std::size_t name_size = function.signature.starts_with(function.name) ? function.name.size() : 0;
  return std::string(function.signature.substr(name_size));
}

Type accept_one(const Function& function, std::size_t index, std::span<const Type> given, Accept wanted) {
  if (std::optional<Type> target = accepted_type(given[index], wanted)) return *target;
  refuse_args(function.name, given,
              fmt::format("{}; argument {} must be {}{}", parameters(function), index + 1, description(wanted),
                          advice(given[index], wanted)));
}

}  // namespace

std::vector<Type> accept(const Function& function, std::span<const Type> given, std::initializer_list<Accept> wanted,
                         std::size_t optional_count) {
  require_arg_count(function.name, given, wanted.size() - optional_count, wanted.size(), parameters(function));
  std::vector<Type> targets;
  for (std::size_t i = 0; i < given.size(); ++i) {
    targets.push_back(accept_one(function, i, given, wanted.begin()[i]));
  }
  return targets;
}

std::vector<Type> accept_all(const Function& function, std::span<const Type> given, Accept wanted,
                             std::size_t count_min) {
  require_arg_count(function.name, given, count_min, kAnyCount, parameters(function));
  std::vector<Type> targets;
  for (std::size_t i = 0; i < given.size(); ++i) targets.push_back(accept_one(function, i, given, wanted));
  return targets;
}

}  // namespace headrace
