// concat, concat_ws, repeat: texts one after another.
#include <limits>
#include <vector>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"

namespace headrace {

extern const Function kConcat;
extern const Function kConcatWs;
extern const Function kRepeat;

namespace {

Column concat(const FunctionCall& call) {
  std::vector<StringArgument> parts;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    parts.emplace_back(call, i);
    bytes += parts.back().total_bytes(call.row_count);
  }
  return make_strings(call, bytes, [&](std::int64_t row, StringRows& out) {
    for (const StringArgument& part : parts) out.append(part[row]);
  });
}

/// The validity of a column in a buffer of its own, or nothing when no row is null.
std::shared_ptr<const Buffer> copy_validity(const Column& column, MemoryBudget& memory) {
  if (column.validity() == nullptr) return nullptr;
  auto validity = Buffer::allocate(memory, static_cast<std::size_t>(column.length()));
  std::memcpy(validity->mutable_data(), column.validity(), validity->size_bytes());
  return validity;
}

Column concat_ws(const FunctionCall& call) {
  const Column& separators = call.args[0];
  std::span<const Column> parts = call.args.subspan(1);
  StringRows out(call.context.memory, call.row_count, 0);
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    bool is_first = true;
    for (const Column& part : parts) {
      if (separators.is_null(row) || part.is_null(row)) continue;
      if (!is_first) out.append(separators.string_at(row));
      out.append(part.string_at(row));
      is_first = false;
    }
    out.end_row();
  }
  return out.finish(copy_validity(separators, call.context.memory));
}

Column repeat(const FunctionCall& call) {
  StringArgument texts(call, 0);
  IntArgument counts(call, 1);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    std::string_view text = texts[row];
    if (text.empty()) return;
    if (counts[row] > std::numeric_limits<std::int32_t>::max() / static_cast<std::int64_t>(text.size())) {
      call.fail(row, "the repeated text is longer than 2 GiB", "repeat it less often");
    }
    for (std::int64_t i = 0; i < counts[row]; ++i) out.append(text);
  });
}

}  // namespace

const Function kConcat = {
    .name = "concat",
    .group = "string",
    .signature = "concat(text: string, ...) -> string",
    .summary = "The texts one after another; null when any of them is null. `a || b` is the same.",
    .examples = {{"concat('JFK', '-', 'SFO')", "JFK-SFO"}, {"concat('a', null)", "null"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept_all(kConcat, given, Accept::kString, 1), TypeKind::kString};
    },
    .eval = concat,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kConcatWs = {
    .name = "concat_ws",
    .group = "string",
    .signature = "concat_ws(separator: string, text: string, ...) -> string",
    .summary = "The texts that are not null with the separator between them; null only when the separator is null.",
    .examples = {{"concat_ws('-', 'JFK', null, 'SFO')", "JFK-SFO"}, {"concat_ws(',')", ""}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept_all(kConcatWs, given, Accept::kString, 1), TypeKind::kString};
    },
    .eval = concat_ws,
    .fails = Fails::kNever,
    .nullable = [](const BoundExpr& call) { return call.args[0]->nullable; },
};

const Function kRepeat = {
    .name = "repeat",
    .group = "string",
    .signature = "repeat(text: string, count: int64) -> string",
    .summary = "The text `count` times one after another; '' when count is below 1.",
    .examples = {{"repeat('ab', 3)", "ababab"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kRepeat, given, {Accept::kString, Accept::kInteger}), TypeKind::kString};
    },
    .eval = repeat,
    .reads_literals = true,
};

}  // namespace headrace
