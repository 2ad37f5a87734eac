// contains, starts_with, ends_with, position.
//
// UTF-8 lets text be searched by bytes: no code point's bytes occur inside another's.
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kContains;
extern const Function kEndsWith;
extern const Function kPosition;
extern const Function kStartsWith;

namespace {

template <typename Test>
Column test_rows(const FunctionCall& call, const Test& test) {
  StringArgument texts(call, 0);
  StringArgument parts(call, 1);
  return make_values<std::uint8_t>(call, [&](std::int64_t row) { return test(texts[row], parts[row]) ? 1 : 0; });
}

Resolved resolve_test(const Function& function, std::span<const Type> given) {
  return {accept(function, given, {Accept::kString, Accept::kString}), TypeKind::kBool};
}

std::int32_t position_of(std::string_view part, std::string_view text) {
  std::size_t found = text.find(part);
  if (found == std::string_view::npos) return 0;
  return static_cast<std::int32_t>(count_code_points(text.substr(0, found)) + 1);
}

}  // namespace

const Function kContains = {
    .name = "contains",
    .group = "string",
    .signature = "contains(text: string, part: string) -> bool",
    .summary = "Whether `part` occurs in the text; '' occurs in every text.",
    .examples = {{"contains('headrace', 'drac')", "true"}, {"contains('headrace', 'Head')", "false"}},
    .resolve = [](std::span<const Type> given) { return resolve_test(kContains, given); },
    .eval =
        [](const FunctionCall& call) {
          return test_rows(call, [](std::string_view text, std::string_view part) {
            return text.find(part) != std::string_view::npos;
          });
        },
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kEndsWith = {
    .name = "ends_with",
    .group = "string",
    .signature = "ends_with(text: string, part: string) -> bool",
    .summary = "Whether the text ends with `part`.",
    .examples = {{"ends_with('headrace', 'race')", "true"}},
    .resolve = [](std::span<const Type> given) { return resolve_test(kEndsWith, given); },
    .eval =
        [](const FunctionCall& call) {
          return test_rows(call, [](std::string_view text, std::string_view part) { return text.ends_with(part); });
        },
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kPosition = {
    .name = "position",
    .group = "string",
    .signature = "position(part: string, text: string) -> int32",
    .summary = "Where `part` first occurs in the text, counted in characters from 1; 0 when it does not.",
    .examples = {{"position('race', 'headrace')", "5"},
                 {"position('rich', 'Zürich')", "3"},
                 {"position('x', 'abc')", "0"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kPosition, given, {Accept::kString, Accept::kString}), TypeKind::kInt32};
    },
    .eval =
        [](const FunctionCall& call) {
          StringArgument parts(call, 0);
          StringArgument texts(call, 1);
          return make_values<std::int32_t>(call, [&](std::int64_t row) { return position_of(parts[row], texts[row]); });
        },
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kStartsWith = {
    .name = "starts_with",
    .group = "string",
    .signature = "starts_with(text: string, part: string) -> bool",
    .summary = "Whether the text starts with `part`.",
    .examples = {{"starts_with('headrace', 'head')", "true"}},
    .resolve = [](std::span<const Type> given) { return resolve_test(kStartsWith, given); },
    .eval =
        [](const FunctionCall& call) {
          return test_rows(call, [](std::string_view text, std::string_view part) { return text.starts_with(part); });
        },
    .reads_literals = true,
    .fails = Fails::kNever,
};

}  // namespace headrace
