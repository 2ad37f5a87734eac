// Numbers as people write and read them: byte sizes, counts, seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headrace {

/// "512 B", "1.5 KiB", "2 GiB": at most two decimals, trailing zeros dropped.
std::string format_bytes(std::size_t bytes);

/// Reads "512", "64KiB", "1.5 GiB", "2GB" (KB = 1000 bytes, KiB and K = 1024). Empty on anything else or on overflow.
std::optional<std::size_t> parse_bytes(std::string_view text);

/// "336,776": groups of three digits.
std::string format_count(std::int64_t count);

}  // namespace headrace
