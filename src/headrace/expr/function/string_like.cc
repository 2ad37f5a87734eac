// like.
#include <optional>

#include "headrace/base/error.h"
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/like_pattern.h"
#include "headrace/expr/function/rows.h"

namespace headrace {

extern const Function kLike;

namespace {

constexpr std::string_view kDefaultEscape = "\\";
constexpr std::string_view kPatternHint =
    "% stands for any text and _ for any one character; write \\%, \\_ and \\\\ for the characters themselves";

/// Reads the pattern once when it and the escape are literals.
std::shared_ptr<const void> prepare_like(const BoundExpr& call) {
  const Value* pattern = literal_argument(call, 1);
  const Value* escape = call.args.size() > 2 ? literal_argument(call, 2) : nullptr;
  if (pattern == nullptr || (call.args.size() > 2 && escape == nullptr)) return nullptr;
  auto prepared = std::make_shared<const LikePattern>(pattern->as_string(),
                                                      escape != nullptr ? escape->as_string() : kDefaultEscape);
  if (!prepared->problem().empty()) {
    throw Error(ErrorCode::kInvalidPipeline, std::string(prepared->problem()) + ": " + pattern->to_string(),
                std::string(kPatternHint));
  }
  return prepared;
}

/// Reads a pattern in every row.
Column like_each(const FunctionCall& call) {
  StringArgument texts(call, 0);
  StringArgument patterns(call, 1);
  std::optional<StringArgument> escapes;
  if (call.args.size() > 2) escapes.emplace(call, 2);
  return make_values<std::uint8_t>(call, [&](std::int64_t row) {
    LikePattern pattern(patterns[row], escapes ? (*escapes)[row] : kDefaultEscape);
    if (!pattern.problem().empty()) call.fail(row, pattern.problem(), kPatternHint);
    return pattern.matches(texts[row]) ? 1 : 0;
  });
}

Column like(const FunctionCall& call) {
  const auto* pattern = static_cast<const LikePattern*>(call.expr.prepared.get());
  if (pattern == nullptr) return like_each(call);
  StringArgument texts(call, 0);
  return make_values<std::uint8_t>(call, [&](std::int64_t row) { return pattern->matches(texts[row]) ? 1 : 0; });
}

}  // namespace

const Function kLike = {
    .name = "like",
    .group = "string",
    .signature = "like(text: string, pattern: string, escape: string = '\\') -> bool",
    .summary =
        "Whether the whole text fits the pattern, in which % stands for any text and _ for any one character; the "
        "escape before them or itself takes the special meaning away. `text like pattern` is the same.",
    .examples = {{"like('headrace', 'h%r_ce')", "true"},
                 {"like('10%', '__!%', '!')", "true"},
                 {"like('a', 'A')", "false"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kLike, given, {Accept::kString, Accept::kString, Accept::kString}, 1), TypeKind::kBool};
    },
    .eval = like,
    .prepare = prepare_like,
    .reads_literals = true,
};

}  // namespace headrace
