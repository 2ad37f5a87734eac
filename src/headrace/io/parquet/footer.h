// The checksum of a Parquet footer.
//
// Parquet has checksums for pages, none for the footer, where a single flipped bit can rename a column or change the
// statistics that row groups are skipped by. Our writer therefore puts one more key into the footer's metadata:
//
//   "headrace.footer" → 16 hex digits: XXH3-64, seed 0, of the footer's bytes with these digits as '0'
//
//   end of the file:  … | footer: thrift bytes, with the key in them | length, u32 LE | "PAR1" |
//
// Other readers ignore the key; files without it are read unchecked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headrace {

inline constexpr std::string_view kFooterKey = "headrace.footer";
inline constexpr std::string_view kFooterValueBlank = "0000000000000000";

/// Puts the checksum into the end of a file, from anywhere before the footer on, which was written with the blank
/// value.
void seal_footer(std::string& file_end);

/// Whether the footer (thrift bytes only) carries a checksum, and if so, whether it is right.
std::optional<bool> footer_is_intact(std::string_view footer);

}  // namespace headrace
