// Dates without quotes, in the conditions of a split.
#pragma once

#include <string>
#include <string_view>

namespace headrace {

/// `text` with each bare date and time made a literal: "< 2013-11-01" becomes "< date '2013-11-01'", and
/// ">= 2013-11-01T06:00:00Z" becomes ">= timestamp '2013-11-01T06:00:00Z'". A date has four, two and two digits; a time
/// stands after a 'T' or one blank, with or without seconds, fraction and zone. Text in quotes is left alone.
std::string quote_bare_dates(std::string_view text);

}  // namespace headrace
