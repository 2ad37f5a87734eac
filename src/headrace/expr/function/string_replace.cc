// replace, reverse, split_part.
#include <optional>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kReplace;
extern const Function kReverse;
extern const Function kSplitPart;

namespace {

void append_replaced(std::string_view text, std::string_view search, std::string_view with, StringRows& out) {
  if (search.empty()) return out.append(text);
  for (std::size_t found; (found = text.find(search)) != std::string_view::npos;) {
    out.append(text.substr(0, found));
    out.append(with);
    text.remove_prefix(found + search.size());
  }
  out.append(text);
}

Column replace(const FunctionCall& call) {
  StringArgument texts(call, 0);
  StringArgument searches(call, 1);
  std::optional<StringArgument> replacements;
  if (call.args.size() > 2) replacements.emplace(call, 2);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    append_replaced(texts[row], searches[row], replacements ? (*replacements)[row] : std::string_view(), out);
  });
}

void append_reversed(std::string_view text, StringRows& out) {
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && !starts_code_point(text[begin])) --begin;
    out.append(text.substr(begin));
    text.remove_suffix(text.size() - begin);
  }
}

std::int64_t count_parts(std::string_view text, std::string_view delimiter) {
  std::int64_t count = 1;
  for (std::size_t found = 0; (found = text.find(delimiter, found)) != std::string_view::npos; ++count) {
    found += delimiter.size();
  }
  return count;
}

/// Part number `number`, not 0: from 1, or from -1 at the end; '' where there is none.
std::string_view part_of(std::string_view text, std::string_view delimiter, std::int64_t number) {
  if (delimiter.empty()) return number == 1 || number == -1 ? text : std::string_view();
  // Counted from the front, so that overlapping delimiters split the same way from both ends.
  if (number < 0) number += count_parts(text, delimiter) + 1;
  if (number < 1) return {};
  for (; number > 1; --number) {
    std::size_t found = text.find(delimiter);
    if (found == std::string_view::npos) return {};
    text.remove_prefix(found + delimiter.size());
  }
  return text.substr(0, text.find(delimiter));
}

Column split_part(const FunctionCall& call) {
  StringArgument texts(call, 0);
  StringArgument delimiters(call, 1);
  IntArgument numbers(call, 2);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    if (numbers[row] == 0) {
      call.fail(row, "there is no part number 0", "count parts from 1, or from -1 at the end");
    }
    out.append(part_of(texts[row], delimiters[row], numbers[row]));
  });
}

}  // namespace

const Function kReplace = {
    .name = "replace",
    .group = "string",
    .signature = "replace(text: string, search: string, replacement: string = '') -> string",
    .summary =
        "The text with every occurrence of `search` replaced, from left to right without overlap; an empty search "
        "replaces nothing.",
    .examples = {{"replace('a-b-c', '-', '+')", "a+b+c"}, {"replace('1,024', ',')", "1024"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kReplace, given, {Accept::kString, Accept::kString, Accept::kString}, 1), TypeKind::kString};
    },
    .eval = replace,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kReverse = {
    .name = "reverse",
    .group = "string",
    .signature = "reverse(text: string) -> string",
    .summary = "The characters of the text in the opposite order.",
    .examples = {{"reverse('Zürich')", "hcirüZ"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kReverse, given, {Accept::kString}), TypeKind::kString};
    },
    .eval =
        [](const FunctionCall& call) {
          StringArgument texts(call, 0);
          return make_strings(call, texts.bytes().size(),
                              [&](std::int64_t row, StringRows& out) { append_reversed(texts[row], out); });
        },
    .fails = Fails::kNever,
};

const Function kSplitPart = {
    .name = "split_part",
    .group = "string",
    .signature = "split_part(text: string, delimiter: string, number: int64) -> string",
    .summary =
        "Part `number` of the text split at every delimiter, counted from 1, or from -1 at the end; '' when there "
        "are not so many. An empty delimiter splits nothing; number 0 is an error.",
    .examples = {{"split_part('a.b.c', '.', 2)", "b"},
                 {"split_part('a.b.c', '.', -1)", "c"},
                 {"split_part('a', '.', 2)", ""}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kSplitPart, given, {Accept::kString, Accept::kString, Accept::kInteger}), TypeKind::kString};
    },
    .eval = split_part,
    .reads_literals = true,
};

}  // namespace headrace
