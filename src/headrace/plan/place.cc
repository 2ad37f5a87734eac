// See place.h.
#include "headrace/plan/place.h"

#include <fmt/format.h>

namespace headrace {

std::string format_place(const std::string& file, FilePlace place) {
  if (place.line == 0) return file;
  std::string position = fmt::format("{}:{}", place.line, place.column);
  return file.empty() ? "line " + position : file + ":" + position;
}

Error place_error(const std::string& file, FilePlace place, std::string_view message, std::string hint) {
  return with_prefix(Error(ErrorCode::kInvalidPipeline, std::string(message), std::move(hint)),
                     format_place(file, place));
}

Error with_prefix(const Error& error, std::string_view what) {
  if (what.empty()) return error;
  Error prefixed(error.code(), fmt::format("{}: {}", what, error.message()), error.hint());
  for (const std::string& context : error.context()) prefixed.add_context(context);
  return prefixed;
}

Error at_place(const Error& error, const std::string& file, FilePlace place, std::string_view what) {
  return with_prefix(with_prefix(error, what), format_place(file, place));
}

}  // namespace headrace
