// weather.csv: the temperature of each country in each hour. See tables.h.
#include "bench/generate/tables.h"
#include "bench/generate/text.h"

namespace headrace::bench {

TextChunk make_weather(std::int64_t begin, std::int64_t end) {
  TextChunk chunk{};
  for (std::int64_t country = begin; country < end; ++country) {
    Random of_country(Stream::kCountry, country);
    std::int64_t tenths = of_country.between(-120, 280);
    std::int64_t noon = of_country.below(24);
    for (std::int64_t hour = 0; hour < kLogHours; ++hour) {
      Random random(Stream::kWeather, country * kLogHours + hour);
      std::int64_t from_noon = (hour + 36 - noon) % 24 - 12;  // hours from noon, -12 … 11
      std::int64_t warmer = 60 - 10 * (from_noon < 0 ? -from_noon : from_noon);
      chunk.text += country_code(country);
      chunk.text += ',';
      append_time(chunk.text, kLogStart + hour * 3'600'000'000);
      chunk.text += ',';
      append_decimal(chunk.text, tenths + warmer + random.between(-25, 25), 1);
      chunk.text += '\n';
    }
  }
  chunk.csv_bytes = static_cast<std::int64_t>(chunk.text.size());
  return chunk;
}

}  // namespace headrace::bench
