// lpad, rpad: texts brought to a length.
#include <limits>
#include <optional>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kLpad;
extern const Function kRpad;

namespace {

/// Appends the first `count` code points of `pad`, repeated without end. `pad` is not empty.
void append_padding(std::string_view pad, std::int64_t count, StringRows& out) {
  std::int64_t pad_length = count_code_points(pad);
  for (; count >= pad_length; count -= pad_length) out.append(pad);
  out.append(pad.substr(0, offset_of_code_point(pad, count)));
}

template <bool on_left>
Column pad(const FunctionCall& call) {
  StringArgument texts(call, 0);
  IntArgument lengths(call, 1);
  std::optional<StringArgument> pads;
  if (call.args.size() > 2) pads.emplace(call, 2);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    std::string_view text = texts[row];
    std::string_view padding = pads ? (*pads)[row] : std::string_view(" ");
    if (lengths[row] <= 0) return;
    std::int64_t missing = lengths[row] - count_code_points(text);
    if (missing <= 0) return out.append(text.substr(0, offset_of_code_point(text, lengths[row])));
    if (padding.empty()) return out.append(text);
    if (missing > std::numeric_limits<std::int32_t>::max() / 4) {  // a code point takes up to 4 bytes
      call.fail(row, "the padded text is longer than 512 Mi characters", "ask for a smaller length");
    }
    if (on_left) append_padding(padding, missing, out);
    out.append(text);
    if (!on_left) append_padding(padding, missing, out);
  });
}

Resolved resolve_pad(const Function& function, std::span<const Type> given) {
  return {accept(function, given, {Accept::kString, Accept::kInteger, Accept::kString}, 1), TypeKind::kString};
}

}  // namespace

const Function kLpad = {
    .name = "lpad",
    .group = "string",
    .signature = "lpad(text: string, length: int64, pad: string = ' ') -> string",
    .summary = "The text brought to `length` characters: padded on the left with `pad`, repeated, or cut at its end.",
    .examples = {{"lpad('7', 3, '0')", "007"}, {"lpad('headrace', 4)", "head"}},
    .resolve = [](std::span<const Type> given) { return resolve_pad(kLpad, given); },
    .eval = pad<true>,
    .reads_literals = true,
};

const Function kRpad = {
    .name = "rpad",
    .group = "string",
    .signature = "rpad(text: string, length: int64, pad: string = ' ') -> string",
    .summary = "The text brought to `length` characters: padded on the right with `pad`, repeated, or cut at its end.",
    .examples = {{"rpad('ab', 5, '.-')", "ab.-."}, {"rpad('headrace', 4)", "head"}},
    .resolve = [](std::span<const Type> given) { return resolve_pad(kRpad, given); },
    .eval = pad<false>,
    .reads_literals = true,
};

}  // namespace headrace
