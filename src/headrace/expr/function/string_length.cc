// length.
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kLength;

namespace {

Column length(const FunctionCall& call) {
  StringArgument texts(call, 0);
  if (call.args[0].type().kind() == TypeKind::kBinary || is_ascii(texts.bytes())) {
    return make_values<std::int32_t>(call, [&](std::int64_t row) { return texts[row].size(); });
  }
  return make_values<std::int32_t>(call, [&](std::int64_t row) { return count_code_points(texts[row]); });
}

}  // namespace

const Function kLength = {
    .name = "length",
    .group = "string",
    .signature = "length(text: string | binary) -> int32",
    .summary = "The number of characters (Unicode code points) of a string, or of bytes of a binary.",
    .examples = {{"length('Zürich')", "6"}, {"length('')", "0"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kLength, given, {Accept::kText}), TypeKind::kInt32};
    },
    .eval = length,
    .fails = Fails::kNever,
};

}  // namespace headrace
