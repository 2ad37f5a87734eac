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

/// Words as text, and as they are written in the query of a url; frequent ones first. Some are English, some not ASCII,
/// the rest made up. All bytes lie close together: words are drawn at random many times a row.
class WordList {
 public:
  /// At least `count` words.
  explicit WordList(std::size_t count);

  std::int64_t size() const { return static_cast<std::int64_t>(words_.size()); }
  std::string_view plain(std::int64_t index) const {
    const Word& word = words_[static_cast<std::size_t>(index)];
    return {bytes_.data() + word.plain, word.plain_size};
  }
  std::string_view encoded(std::int64_t index) const {
    const Word& word = words_[static_cast<std::size_t>(index)];
    return {bytes_.data() + word.encoded, word.encoded_size};
  }

 private:
  struct Word {  // where in bytes_; ASCII words are the same in both forms
    std::uint32_t plain;
    std::uint32_t encoded;
    std::uint16_t plain_size;
    std::uint16_t encoded_size;
  };

  std::vector<Word> words_;
  std::string bytes_;
};

/// `count` different host names such as "www.velora-shop.com".
std::vector<std::string> make_domains(std::size_t count);

/// `count` different names of brands or companies, without commas and quotes. `series` picks the list.
std::vector<std::string> make_names(std::size_t count, int series);

/// A name of a category as part of a url.
std::string slug(std::string_view name);

}  // namespace headrace::bench
