// Pieces of CSV and JSON text, added to the end of a string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headrace::bench {

/// Decimal digits of a number not below 0.
int digit_count(std::int64_t number);

void append_number(std::string& text, std::int64_t number);

/// The number units / 10^decimals with at least one digit after the point and no zeros beyond it: "12.0", "0.05".
void append_decimal(std::string& text, std::int64_t units, int decimals);
/// How many bytes append_decimal() adds.
int decimal_size(std::int64_t units, int decimals);

/// 16 digits.
void append_hex(std::string& text, std::uint64_t bits);
/// `count` letters and digits, a new one for each 6 bits; at most 10.
void append_token(std::string& text, std::uint64_t bits, int count);

/// "2026-01-01T00:00:00.123456Z" for microseconds since 1970.
void append_time(std::string& text, std::int64_t micros);
inline constexpr int kTimeSize = 27;
/// "2026-01-01" for days since 1970.
void append_date(std::string& text, std::int64_t days);
inline constexpr int kDateSize = 10;

/// `field` in double quotes, those inside doubled.
void append_quoted(std::string& text, std::string_view field);
/// The size of a field in CSV that quotes only where it must.
std::int64_t csv_size(std::string_view field);

}  // namespace headrace::bench
