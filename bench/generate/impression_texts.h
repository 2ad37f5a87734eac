// The four wide texts of an impression: what a browser and a web page say about it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "bench/generate/tables.h"

namespace headrace::bench {

class ImpressionTexts {
 public:
  /// Makes the texts of row `row`; the former ones are gone. None needs quotes as CSV but the user agent.
  void make(const World& world, const Impression& impression, std::int64_t row);

  const UserAgent* user_agent = nullptr;
  std::string url;
  std::string referrer;
  std::string search_text;

 private:
  void make_url(const World& world, const Impression& impression, Random& random);
  void make_search_text(const World& world, Random& random);
  void make_referrer(const World& world, Random& random);
  /// The words of the search text as the query of a url.
  void append_query(const World& world);

  std::array<std::int64_t, 12> words_{};
  std::size_t word_count_ = 0;
};

}  // namespace headrace::bench
