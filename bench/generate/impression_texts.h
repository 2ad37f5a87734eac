// The four wide texts of an impression: what a browser and a web page say about it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "bench/generate/tables.h"
#include "bench/generate/text_column.h"

namespace headrace::bench {

class ImpressionTexts {
 public:
  /// Appends the texts of row `row`. Returns their bytes as CSV; none needs quotes there but the user agent.
  std::int64_t add(const World& world, const Impression& impression, std::int64_t row);

  TextColumn user_agent;
  TextColumn url;
  TextColumn referrer;
  TextColumn search_text;

 private:
  std::int64_t add_user_agent(const World& world, const Impression& impression);
  static void append_url(std::string& text, const World& world, const Impression& impression, Random& random);
  void append_search_text(std::string& text, const World& world, Random& random);
  void append_referrer(std::string& text, const World& world, Random& random) const;
  /// The words of the search text as the query of a url.
  void append_query(std::string& text, const WordList& words) const;

  std::array<std::int64_t, 12> words_{};
  std::size_t word_count_ = 0;
};

}  // namespace headrace::bench
