// Who wrote a data set, and when.
#pragma once

#include <string>

namespace headrace {

/// A new name for a run, made from time and chance: "20131101T000000Z-5f3a01c2".
std::string make_run_id();

/// The time now in UTC, ISO 8601: "2013-11-01T00:00:00Z".
std::string utc_text_now();

}  // namespace headrace
