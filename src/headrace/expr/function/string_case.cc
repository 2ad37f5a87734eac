// lower and upper.
//
// Batches that hold ASCII only are mapped in one pass over all bytes; others row by row through case_mapping.h.
#include <string>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/case_mapping.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kLower;
extern const Function kUpper;

namespace {

/// Flips the case bit (0x20) of the letters from `first` to `first + 25`.
void flip_ascii(std::string_view from, char first, char* to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    bool is_letter = static_cast<unsigned char>(from[i] - first) < 26;
    to[i] = static_cast<char>(from[i] ^ (is_letter ? 0x20 : 0));
  }
}

Column map_ascii(const FunctionCall& call, std::string_view bytes, char first) {
  const Column& text = call.args[0];
  auto mapped = Buffer::allocate(call.context.memory, bytes.size());
  flip_ascii(bytes, first, mapped->mutable_as<char>());
  std::span<const std::int32_t> offsets = text.offsets();
  auto moved = Buffer::allocate(call.context.memory, offsets.size_bytes());
  auto* to = moved->mutable_as<std::int32_t>();
  for (std::size_t i = 0; i < offsets.size(); ++i) to[i] = offsets[i] - offsets[0];
  return Column::binary(TypeKind::kString, call.row_count, std::move(moved), std::move(mapped));
}

using AppendMapped = void (*)(std::string_view text, std::string& out);

Column map_case(const FunctionCall& call, char first, AppendMapped append_mapped) {
  StringArgument text(call, 0);
  std::string_view bytes = text.bytes();
  if (is_ascii(bytes)) return map_ascii(call, bytes, first);
  std::string mapped;
  return make_strings(call, bytes.size(), [&](std::int64_t row, StringRows& out) {
    mapped.clear();
    append_mapped(text[row], mapped);
    out.append(mapped);
  });
}

}  // namespace

const Function kLower = {
    .name = "lower",
    .group = "string",
    .signature = "lower(text: string) -> string",
    .summary = "The text in lower case, for all of Unicode and independent of any language.",
    .examples = {{"lower('Straße ÄÖÜ')", "straße äöü"}, {"lower('ΟΔΟΣ')", "οδος"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kLower, given, {Accept::kString}), TypeKind::kString};
    },
    .eval = [](const FunctionCall& call) { return map_case(call, 'A', append_lower); },
    .fails = Fails::kNever,
};

const Function kUpper = {
    .name = "upper",
    .group = "string",
    .signature = "upper(text: string) -> string",
    .summary = "The text in upper case, for all of Unicode and independent of any language; it may grow longer.",
    .examples = {{"upper('Straße äöü')", "STRASSE ÄÖÜ"}, {"upper('jfk')", "JFK"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kUpper, given, {Accept::kString}), TypeKind::kString};
    },
    .eval = [](const FunctionCall& call) { return map_case(call, 'a', append_upper); },
    .fails = Fails::kNever,
};

}  // namespace headrace
