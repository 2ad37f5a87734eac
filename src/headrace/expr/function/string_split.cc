// split.
#include <algorithm>
#include <cstring>
#include <limits>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"

namespace headrace {

extern const Function kSplit;

namespace {

/// Calls `part` with each part of the text, in order; an empty separator separates nothing.
template <typename Part>
void for_each_part(std::string_view text, std::string_view separator, const Part& part) {
  while (!separator.empty()) {
    std::size_t found = separator.size() == 1 ? text.find(separator[0]) : text.find(separator);
    if (found == std::string_view::npos) break;
    part(text.substr(0, found));
    text.remove_prefix(found + separator.size());
  }
  part(text);
}

/// The most parts that the rows can have: one more a row than there are first bytes of the separator.
std::size_t part_count_max(const StringArgument& texts, const StringArgument& separators, std::int64_t row_count) {
  auto rows = static_cast<std::size_t>(row_count);
  if (!separators.is_literal() || texts.is_literal()) return texts.total_bytes(row_count) + rows;
  if (separators[0].empty()) return rows;
  return static_cast<std::size_t>(std::ranges::count(texts.bytes(), separators[0][0])) + rows;
}

Column split(const FunctionCall& call) {
  constexpr auto kMax = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  StringArgument texts(call, 0);
  StringArgument separators(call, 1);
  MemoryBudget& memory = call.context.memory;
  std::size_t part_max = part_count_max(texts, separators, call.row_count);
  std::size_t bytes_max = texts.total_bytes(call.row_count);
  if (bytes_max > kMax || part_max > kMax) {
    throw Error(ErrorCode::kUnsupported, "a column of strings holds more than 2 GiB in one batch",
                "make the strings shorter, or use smaller batches");
  }
  auto row_count = static_cast<std::size_t>(call.row_count);
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, (row_count + 1) * sizeof(std::int32_t));
  std::shared_ptr<Buffer> part_offsets = Buffer::allocate(memory, (part_max + 1) * sizeof(std::int32_t));
  std::shared_ptr<Buffer> bytes = Buffer::allocate(memory, bytes_max);
  auto* row_starts = offsets->mutable_as<std::int32_t>();
  auto* part_starts = part_offsets->mutable_as<std::int32_t>();
  char* to = bytes->mutable_as<char>();
  std::int32_t part_count = 0, size = 0;
  part_starts[0] = 0;
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    row_starts[row] = part_count;
    if (!is_valid_row(call, row)) continue;
    for_each_part(texts[row], separators[row], [&](std::string_view part) {
      if (!part.empty()) std::memcpy(to + size, part.data(), part.size());
      size += static_cast<std::int32_t>(part.size());
      part_starts[++part_count] = size;
    });
  }
  row_starts[call.row_count] = part_count;
  Column parts = Column::binary(TypeKind::kString, part_count, std::move(part_offsets), std::move(bytes));
  return Column::list(call.expr.type, call.row_count, std::move(offsets), std::move(parts));
}

}  // namespace

const Function kSplit = {
    .name = "split",
    .group = "string",
    .signature = "split(text: string, separator: string) -> list<string>",
    .summary =
        "The parts of the text between the separators, empty ones too: one more than there are separators. The "
        "separator is plain text; an empty one separates nothing.",
    .examples = {{"split('a b  c', ' ')", "[a, b, , c]"}, {"split('a.b', '.')", "[a, b]"}, {"split('ab', '')", "[ab]"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kSplit, given, {Accept::kString, Accept::kString}), Type::list(TypeKind::kString)};
    },
    .eval = split,
    .reads_literals = true,
    .fails = Fails::kNever,
};

}  // namespace headrace
