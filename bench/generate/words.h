// The names and words that the tables are made of: lists of what exists, and made-up ones where there have to be many.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headrace::bench {

inline constexpr int kDevices = 4;
extern const std::array<std::string_view, kDevices> kDeviceNames;
inline constexpr int kCategories = 40;
extern const std::array<std::string_view, kCategories> kCategoryNames;
inline constexpr int kInterests = 12;
extern const std::array<std::string_view, kInterests> kInterestNames;
inline constexpr int kCountries = 200;
/// Two letters each, no separator between them; the countries with the most users come first.
extern const std::string_view kCountryCodes;

inline std::string_view country_code(std::int64_t index) {
  return kCountryCodes.substr(static_cast<std::size_t>(index) * 2, 2);
}

/// A word, and how it is written in the query of a url.
struct Word {
  std::string plain;
  std::string encoded;
};

/// About `count` words, frequent ones first: some of English, some that are not ASCII, the rest made up.
std::vector<Word> make_words(std::size_t count);

/// `count` different host names such as "www.velora-shop.com".
std::vector<std::string> make_domains(std::size_t count);

/// `count` different names of brands or companies, without commas and quotes. `series` picks the list.
std::vector<std::string> make_names(std::size_t count, int series);

/// A name of a category as part of a url.
std::string slug(std::string_view name);

}  // namespace headrace::bench
