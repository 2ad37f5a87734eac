// like.
#include "headrace/base/error.h"
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/like_pattern.h"
#include "headrace/expr/function/rows.h"

namespace headrace {

extern const Function kLike;

namespace {

constexpr std::string_view kPatternHint =
    "% stands for any text and _ for any one character; write \\%, \\_ and \\\\ for the characters themselves";

/// Reads a literal pattern once.
std::shared_ptr<const void> prepare_like(const BoundExpr& call) {
  const Value* pattern = literal_argument(call, 1);
  if (pattern == nullptr) return nullptr;
  auto prepared = std::make_shared<const LikePattern>(pattern->as_string());
  if (!prepared->problem().empty()) {
    throw Error(ErrorCode::kInvalidPipeline, std::string(prepared->problem()) + ": " + pattern->to_string(),
                std::string(kPatternHint));
  }
  return prepared;
}

Column like(const FunctionCall& call) {
  StringArgument texts(call, 0);
  if (const auto* pattern = static_cast<const LikePattern*>(call.expr.prepared.get())) {
    return make_values<std::uint8_t>(call, [&](std::int64_t row) { return pattern->matches(texts[row]) ? 1 : 0; });
  }
  StringArgument patterns(call, 1);
  return make_values<std::uint8_t>(call, [&](std::int64_t row) {
    LikePattern pattern(patterns[row]);
    if (!pattern.problem().empty()) call.fail(row, pattern.problem(), kPatternHint);
    return pattern.matches(texts[row]) ? 1 : 0;
  });
}

}  // namespace

const Function kLike = {
    .name = "like",
    .group = "string",
    .signature = "text like pattern: strings -> bool",
    .summary =
        "Whether the whole text fits the pattern, in which % stands for any text, _ for any one character, and \\%, "
        "\\_, \\\\ for %, _ and \\. Upper and lower case differ.",
    .examples = {{"'headrace' like 'h%r_ce'", "true"}, {"'10%' like '__\\%'", "true"}, {"'a' not like 'A'", "true"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kLike, given, {Accept::kString, Accept::kString}), TypeKind::kBool};
    },
    .eval = like,
    .prepare = prepare_like,
    .reads_literals = true,
};

}  // namespace headrace
