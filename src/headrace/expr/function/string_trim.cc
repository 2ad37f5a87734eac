// trim, ltrim, rtrim.
#include <algorithm>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kTrim;
extern const Function kLtrim;
extern const Function kRtrim;

namespace {

enum class Ends { kBoth, kLeft, kRight };

/// Whether the code point `unit` is one of `set`. Both are whole code points of UTF-8, so finding the bytes suffices.
bool holds(std::string_view set, std::string_view unit) { return set.find(unit) != std::string_view::npos; }

template <Ends ends>
std::string_view trimmed(std::string_view text, std::string_view set) {
  if (ends != Ends::kRight) {
    while (!text.empty()) {
      std::size_t bytes = std::min(code_point_bytes(text.front()), text.size());
      if (!holds(set, text.substr(0, bytes))) break;
      text.remove_prefix(bytes);
    }
  }
  if (ends != Ends::kLeft) {
    while (!text.empty()) {
      std::size_t begin = text.size() - 1;
      while (begin > 0 && !starts_code_point(text[begin])) --begin;
      if (!holds(set, text.substr(begin))) break;
      text.remove_suffix(text.size() - begin);
    }
  }
  return text;
}

/// The same for a set of one ASCII character.
template <Ends ends>
std::string_view trimmed(std::string_view text, char character) {
  if (ends != Ends::kRight) text.remove_prefix(std::min(text.find_first_not_of(character), text.size()));
  if (ends != Ends::kLeft) text = text.substr(0, text.find_last_not_of(character) + 1);
  return text;
}

template <Ends ends>
Column trim(const FunctionCall& call) {
  StringArgument text(call, 0);
  if (call.args.size() == 1) {
    return make_strings(call, text.bytes().size(),
                        [&](std::int64_t row, StringRows& out) { out.append(trimmed<ends>(text[row], ' ')); });
  }
  StringArgument set(call, 1);
  return make_strings(call, text.total_bytes(call.row_count),
                      [&](std::int64_t row, StringRows& out) { out.append(trimmed<ends>(text[row], set[row])); });
}

Resolved resolve_trim(const Function& function, std::span<const Type> given) {
  return {accept(function, given, {Accept::kString, Accept::kString}, 1), TypeKind::kString};
}

}  // namespace

const Function kTrim = {
    .name = "trim",
    .group = "string",
    .signature = "trim(text: string, characters: string = ' ') -> string",
    .summary =
        "The text without the leading and trailing characters that are among `characters`. Without them it is "
        "spaces only: tabs and line ends stay.",
    .examples = {{"trim('  a b ')", "a b"}, {"trim('xxaxyx', 'xy')", "a"}},
    .resolve = [](std::span<const Type> given) { return resolve_trim(kTrim, given); },
    .eval = trim<Ends::kBoth>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kLtrim = {
    .name = "ltrim",
    .group = "string",
    .signature = "ltrim(text: string, characters: string = ' ') -> string",
    .summary = "The text without the leading characters that are among `characters`.",
    .examples = {{"ltrim('007', '0')", "7"}},
    .resolve = [](std::span<const Type> given) { return resolve_trim(kLtrim, given); },
    .eval = trim<Ends::kLeft>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kRtrim = {
    .name = "rtrim",
    .group = "string",
    .signature = "rtrim(text: string, characters: string = ' ') -> string",
    .summary = "The text without the trailing characters that are among `characters`.",
    .examples = {{"rtrim('done...', '.')", "done"}},
    .resolve = [](std::span<const Type> given) { return resolve_trim(kRtrim, given); },
    .eval = trim<Ends::kRight>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

}  // namespace headrace
