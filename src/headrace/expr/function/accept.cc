// See accept.h.
#include "headrace/expr/function/accept.h"

#include <fmt/format.h>

#include <optional>

#include "headrace/base/error.h"

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
  if (wanted == Accept::kDate && given.is_timestamp()) return "; to_date(x) gives the date of a timestamp";
  if (wanted == Accept::kTimestamp && is_moment) return "; cast(x as timestamp) gives the midnight of a date";
  if (wanted == Accept::kString || wanted == Accept::kText) return "; cast(x as string) gives the text of a value";
  return "; cast(x as …) converts";
}

[[noreturn]] void fail_count(const Function& function, std::size_t given, std::size_t least, std::size_t most) {
  std::string takes = least == most ? fmt::format("{}", least)
                      : most == 0   ? fmt::format("at least {}", least)
                                    : fmt::format("{} to {}", least, most);
  throw Error(ErrorCode::kInvalidPipeline,
              fmt::format("{}() takes {} argument{}, {} given", function.name, takes, takes == "1" ? "" : "s", given),
              fmt::format("its signature is {}", function.signature));
}

Type accept_one(const Function& function, std::size_t index, const Type& given, Accept wanted) {
  if (std::optional<Type> target = accepted_type(given, wanted)) return *target;
  throw Error(ErrorCode::kInvalidPipeline,
              fmt::format("argument {} of {}() must be {}, not {}", index + 1, function.name, description(wanted),
                          given.to_string()),
              fmt::format("its signature is {}{}", function.signature, advice(given, wanted)));
}

}  // namespace

std::vector<Type> accept(const Function& function, std::span<const Type> given, std::initializer_list<Accept> wanted,
                         std::size_t optional_count) {
  std::size_t least = wanted.size() - optional_count;
  if (given.size() < least || given.size() > wanted.size()) fail_count(function, given.size(), least, wanted.size());
  std::vector<Type> targets;
  for (std::size_t i = 0; i < given.size(); ++i) {
    targets.push_back(accept_one(function, i, given[i], wanted.begin()[i]));
  }
  return targets;
}

std::vector<Type> accept_all(const Function& function, std::span<const Type> given, Accept wanted,
                             std::size_t count_min) {
  if (given.size() < count_min) fail_count(function, given.size(), count_min, 0);
  std::vector<Type> targets;
  for (std::size_t i = 0; i < given.size(); ++i) targets.push_back(accept_one(function, i, given[i], wanted));
  return targets;
}

}  // namespace headrace
