// See footer.h.
#include "headrace/io/parquet/footer.h"

#include <cstdint>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

/// In thrift's compact protocol the value follows its key after a field header (next field, binary: 0x18) and its
/// length.
constexpr std::string_view kValueHeader = "\x18\x10";
constexpr std::size_t kTrailerBytes = 8;  // length and magic

/// Where the digits stand, or npos.
std::size_t find_digits(std::string_view footer) {
  std::string wanted = std::string(kFooterKey) + std::string(kValueHeader);
  std::size_t at = footer.rfind(wanted);
  if (at == std::string_view::npos) return at;
  at += wanted.size();
  return at + kFooterValueBlank.size() <= footer.size() ? at : std::string_view::npos;
}

std::string digits_of(std::string_view footer, std::size_t digits_at) {
  std::string blank(footer);
  blank.replace(digits_at, kFooterValueBlank.size(), kFooterValueBlank);
  return fmt::format("{:016x}", XXH3_64bits(blank.data(), blank.size()));
}

}  // namespace

void seal_footer(std::string& file_end) {
  HEADRACE_CHECK(file_end.size() > kTrailerBytes && file_end.ends_with("PAR1"));
  std::uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, file_end.data() + file_end.size() - kTrailerBytes, sizeof(footer_bytes));
  HEADRACE_CHECK(footer_bytes <= file_end.size() - kTrailerBytes);
  std::size_t start = file_end.size() - kTrailerBytes - footer_bytes;
  std::string_view footer = std::string_view(file_end).substr(start, footer_bytes);
  std::size_t digits_at = find_digits(footer);
  HEADRACE_CHECK(digits_at != std::string_view::npos);
  file_end.replace(start + digits_at, kFooterValueBlank.size(), digits_of(footer, digits_at));
}

std::optional<bool> footer_is_intact(std::string_view footer) {
  std::size_t digits_at = find_digits(footer);
  if (digits_at == std::string_view::npos) return std::nullopt;
  return footer.substr(digits_at, kFooterValueBlank.size()) == digits_of(footer, digits_at);
}

}  // namespace headrace
