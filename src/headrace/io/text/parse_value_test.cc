// The fast readers against the full parsers.
#include "headrace/io/text/parse_value.h"

#include <array>
#include <bit>
#include <cstring>
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/test_size.h"
#include "headrace/io/text/cast_text.h"

namespace headrace {
namespace {

/// Text with bytes behind it that look like a continuation.
struct Padded {
  explicit Padded(std::string_view text) { std::memcpy(bytes + 16, text.data(), text.size()); }
  const char* at() const { return bytes + 16; }
  char bytes[128] = {'1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6'};
};

std::string random_text(std::mt19937_64& random, std::string_view alphabet, std::size_t size_max) {
  std::string text(random() % (size_max + 1), ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

/// What the fast reader accepts, the full parser accepts with the same bits.
template <typename T, typename Read>
void check_agreement(const Type& type, std::string_view alphabet, std::size_t size_max, Read read) {
  std::mt19937_64 random(1);
  int accepted = 0;
  for (int i = 0; i < repetitions(200'000); ++i) {
    std::string text = random_text(random, alphabet, size_max);
    Padded padded(text);
    std::memset(padded.bytes + 16 + text.size(), '7', 16);
    T fast{};
    if (!read(padded.at(), text.size(), fast)) continue;
    ++accepted;
    std::array<std::byte, sizeof(T)> full{};
    bool is_valid = parse_text(type, text, full.data());
    if (is_valid && std::bit_cast<std::array<std::byte, sizeof(T)>>(fast) == full) continue;
    CAPTURE(text);
    FAIL_CHECK("the fast reader and the full parser differ");
    return;
  }
  CHECK(accepted > repetitions(100));
}

}  // namespace

TEST_CASE("fast readers give the bits of the full parsers, or nothing") {
  check_agreement<std::int8_t>(TypeKind::kInt8, "0123-", 4, read_integer<std::int8_t>);
  check_agreement<std::int32_t>(TypeKind::kInt32, "0123456789-+ ", 12, read_integer<std::int32_t>);
  check_agreement<std::int64_t>(TypeKind::kInt64, "0123456789", 20, read_integer<std::int64_t>);
  check_agreement<double>(TypeKind::kFloat64, "0123456789.", 9, read_float<double>);
  check_agreement<double>(TypeKind::kFloat64, "0123456789012345678901234567890123456789-.", 18, read_float<double>);
  check_agreement<float>(TypeKind::kFloat32, "0123456789.", 9, read_float<float>);
  check_agreement<float>(TypeKind::kFloat32, "00000001234567890.-", 17, read_float<float>);
}

TEST_CASE("true and false are read in any case, and no other word") {
  std::uint8_t value = 9;
  for (const char* word : {"true", "TRUE", "tRuE"}) CHECK((read_bool(Padded(word).at(), 4, value) && value == 1));
  for (const char* word : {"false", "False", "FALSE"}) CHECK((read_bool(Padded(word).at(), 5, value) && value == 0));
  for (const char* word : {"", "tru", "truer", "trie", "fals", "falsy", "true "}) {
    CHECK_FALSE(read_bool(Padded(word).at(), std::strlen(word), value));
  }
}

TEST_CASE("dates and times agree with the calendar on every day and at the edges") {
  for (std::int32_t days = -800'000; days < 2'932'896; days += 97 * kTestShare) {
    std::string text = format_date(days);
    if (text.size() != 10) continue;
    std::int32_t read = 0;
    REQUIRE(read_date(Padded(text).at(), read));
    REQUIRE(read == days);
  }
  std::int64_t micros = 0;
  CHECK(TimestampReader().read_seconds(Padded("1970-01-02T01:02:03").at(), micros));
  CHECK(micros == kMicrosPerDay + 3'723 * kMicrosPerSecond);
  for (const char* text : {"1970-01-02T24:00:00", "1970-01-02T00:60:00", "1970-01-02T00:00:60", "1970-01-02x00:00:00",
                           "1970-02-30T00:00:00", "1970-00-01T00:00:00", "1970-01-00T00:00:00", "197a-01-01T00:00:00",
                           "1970-01-01T0 :00:00", "1970/01-01T00:00:00"}) {
    CHECK_FALSE(TimestampReader().read_seconds(Padded(text).at(), micros));
  }
}

TEST_CASE("timestamps with digits of a second are read as the full parser does, whatever came before") {
  std::mt19937_64 random(3);
  TimestampReader reader;
  int accepted = 0;
  for (int i = 0; i < repetitions(100'000); ++i) {
    std::string text =
        fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", 1960 + random() % 2 * 60, 1 + random() % 13,
                    28 + random() % 3, random() % 9 == 0 ? ' ' : 'T', random() % 25, random() % 61, random() % 60);
    if (random() % 4 != 0) text += "." + std::to_string(random() % 10'000'000).substr(0, random() % 8);
    if (random() % 2 == 0) text += "Z";
    if (random() % 20 == 0) text[random() % text.size()] = 'x';
    bool has_zone = random() % 2 == 0;
    std::int64_t micros = 0;
    if (!reader.read(Padded(text).at(), text.size(), has_zone, micros)) continue;
    ++accepted;
    std::optional<ParsedTimestamp> parsed = parse_timestamp(text);
    CAPTURE(text);
    REQUIRE(parsed);
    REQUIRE(parsed->micros == micros);
    REQUIRE((has_zone || !parsed->has_zone));
  }
  CHECK(accepted > repetitions(20'000));
}

}  // namespace headrace
