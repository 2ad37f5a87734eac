// substr, left, right: parts of a text by position.
//
// Positions count code points from 1. A part is computed as a half-open range [begin, end) counted from 0; counts are
// clamped first, so that no sum can overflow.
#include <algorithm>
#include <limits>
#include <optional>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/utf8.h"

namespace headrace {

extern const Function kSubstr;
extern const Function kLeft;
extern const Function kRight;

namespace {

/// A text whose code points can be cut out; `ascii` says that they are its bytes.
struct Text {
  std::string_view bytes;
  bool ascii;

  std::int64_t length() const { return ascii ? static_cast<std::int64_t>(bytes.size()) : count_code_points(bytes); }

  /// Code points begin to end - 1, those of them that exist. Any numbers are allowed.
  std::string_view slice(std::int64_t begin, std::int64_t end) const {
    begin = std::max<std::int64_t>(begin, 0);
    if (end <= begin) return {};
    auto size = static_cast<std::int64_t>(bytes.size());
    begin = std::min(begin, size);
    end = std::min(end, size);
    if (ascii) return bytes.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    std::string_view rest = bytes.substr(offset_of_code_point(bytes, begin));
    return rest.substr(0, offset_of_code_point(rest, end - begin));
  }
};

/// No text has so many code points; a count beyond it means the same as the count itself and adds up without overflow.
constexpr std::int64_t kCountMax = std::numeric_limits<std::int32_t>::max();

std::int64_t clamped(std::int64_t count) { return std::clamp(count, -kCountMax - 1, kCountMax); }

/// Where the part from `start` begins, `start` being counted from 1 or, when negative, from the end; 0 is 1. It may lie
/// before the text: what lies there counts for the length of the part, but is not in it.
std::int64_t begin_of(Text text, std::int64_t start) {
  start = clamped(start);
  if (start < 0) return text.length() + start;
  return start > 0 ? start - 1 : 0;
}

Column substr(const FunctionCall& call) {
  StringArgument texts(call, 0);
  bool ascii = is_ascii(texts.bytes());
  IntArgument starts(call, 1);
  std::optional<IntArgument> lengths;
  if (call.args.size() > 2) lengths.emplace(call, 2);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    Text text{texts[row], ascii};
    std::int64_t begin = begin_of(text, starts[row]);
    out.append(text.slice(begin, lengths ? begin + clamped((*lengths)[row]) : kCountMax));
  });
}

Column left(const FunctionCall& call) {
  StringArgument texts(call, 0);
  bool ascii = is_ascii(texts.bytes());
  IntArgument counts(call, 1);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    out.append(Text{texts[row], ascii}.slice(0, counts[row]));
  });
}

Column right(const FunctionCall& call) {
  StringArgument texts(call, 0);
  bool ascii = is_ascii(texts.bytes());
  IntArgument counts(call, 1);
  return make_strings(call, texts.bytes().size(), [&](std::int64_t row, StringRows& out) {
    Text text{texts[row], ascii};
    std::int64_t length = text.length();
    out.append(text.slice(length - std::clamp<std::int64_t>(counts[row], 0, length), length));
  });
}

Resolved resolve_cut(const Function& function, std::span<const Type> given) {
  return {accept(function, given, {Accept::kString, Accept::kInteger}), TypeKind::kString};
}

}  // namespace

const Function kSubstr = {
    .name = "substr",
    .group = "string",
    .signature = "substr(text: string, start: int64, length: int64 = rest) -> string",
    .summary =
        "At most `length` characters from position `start`, counted from 1, or from the end when negative; 0 means "
        "1. What lies outside the text is left out; a length below 1 gives ''.",
    .examples = {{"substr('headrace', 5)", "race"},
                 {"substr('headrace', 1, 4)", "head"},
                 {"substr('headrace', -4, 2)", "ra"},
                 {"substr('Zürich', 2, 2)", "ür"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kSubstr, given, {Accept::kString, Accept::kInteger, Accept::kInteger}, 1), TypeKind::kString};
    },
    .eval = substr,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kLeft = {
    .name = "left",
    .group = "string",
    .signature = "left(text: string, count: int64) -> string",
    .summary = "The first `count` characters; '' when count is below 1.",
    .examples = {{"left('headrace', 4)", "head"}},
    .resolve = [](std::span<const Type> given) { return resolve_cut(kLeft, given); },
    .eval = left,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kRight = {
    .name = "right",
    .group = "string",
    .signature = "right(text: string, count: int64) -> string",
    .summary = "The last `count` characters; '' when count is below 1.",
    .examples = {{"right('headrace', 4)", "race"}},
    .resolve = [](std::span<const Type> given) { return resolve_cut(kRight, given); },
    .eval = right,
    .reads_literals = true,
    .fails = Fails::kNever,
};

}  // namespace headrace
