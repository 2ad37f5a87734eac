// "Did you mean": the candidate nearest to a name that was not found.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headrace {

/// Returns the candidate with the smallest edit distance to `name`, letter case ignored, if it is near enough to be a
/// likely slip (at most a third of the longer name's length, at least 1).
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates);

/// A hint for a wrong name: "did you mean 'x'?" if one is near, then the valid names, cut after `max_listed`.
std::string name_hint(std::string_view name, std::span<const std::string> candidates, std::string_view what,
                      std::size_t max_listed = 12);

}  // namespace headrace
