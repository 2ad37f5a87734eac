// clicks.csv and conversions.ndjson: what came of the impressions. See tables.h.
//
// Of each chunk of impressions the same share is clicked, so that the counts are exact: those where a score is highest.
// The score is odds * u / (1 - u) with u uniform in (0, 1), which makes the chance of a click a logistic function of
// the logarithm of the odds, as a model would have it. The odds come from device, category, position and user.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "bench/generate/tables.h"
#include "bench/generate/text.h"

namespace headrace::bench {
namespace {

double random_odds(Random& random) {
  double unit = random.unit() + 0x1p-54;
  return unit / (1 - unit + 0x1p-54);
}

double click_odds(const World& world, const Impression& impression) {
  constexpr std::array kOfDevice = {1.2, 1.0, 0.8, 0.35};
  UserTraits user = world.user(impression.user_id);
  int category = world.item(impression.item_id).category;
  double odds = kOfDevice[static_cast<std::size_t>(impression.device)] * user.eagerness;
  odds *= 0.5 + 0.05 * ((category * 13) % kCategories);
  odds *= 2.0 / (1.0 + 0.45 * impression.position);
  if ((user.interests >> (category % kInterests) & 1) != 0) odds *= 2.5;
  if (user.category == category) odds *= 2;
  return odds;
}

/// The `count` rows of [begin, end) with the highest scores, ascending.
std::vector<std::int64_t> highest(std::vector<std::pair<double, std::int64_t>> scored, std::int64_t count) {
  auto middle = scored.begin() + count;
  auto above = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  if (middle != scored.end()) std::nth_element(scored.begin(), middle, scored.end(), above);
  std::vector<std::int64_t> rows;
  for (auto one = scored.begin(); one != middle; ++one) rows.push_back(one->second);
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// Puts lines in the order of keys; equal keys keep the order they came in.
class Lines {
 public:
  void add(std::uint64_t key, std::string line) { lines_.emplace_back(key, std::move(line)); }
  std::string join() {
    std::stable_sort(lines_.begin(), lines_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [key, line] : lines_) text += line;
    return text;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::string>> lines_;
};

struct Click {
  std::int64_t row;
  std::int64_t time;
  std::int64_t dwell_millis;
};

Click click_of(const World& world, std::int64_t row) {
  Random random(Stream::kClick, row);
  random.bits();  // the score's
  Click click{};
  click.row = row;
  click.time = impression_at(world, row).time + random.between(1'000'000, 600'000'000);
  double unit = random.unit();
  click.dwell_millis = 200 + static_cast<std::int64_t>(unit * unit * unit * 300e3);
  return click;
}

std::string click_line(const Click& click) {
  std::string line;
  append_number(line, click.row + 1);
  line += ',';
  append_time(line, click.time);
  line += ',';
  append_decimal(line, click.dwell_millis, 3);
  line += '\n';
  return line;
}

/// Line `index` of those that no reader can take: an id that is no number, a time that is none, a line that ends early.
std::string malformed_click(const World& world, std::int64_t index, std::int64_t row) {
  Random random(Stream::kMalformedClick, index);
  std::string line = click_line(click_of(world, row));
  std::size_t comma = line.find(',');
  switch (index % 3) {
    case 0: line.insert(static_cast<std::size_t>(random.below(static_cast<std::int64_t>(comma))), "x"); break;
    case 1: line.replace(comma + 6, 2, random.chance(0.5) ? "13" : "??"); break;
    default: line = line.substr(0, comma + static_cast<std::size_t>(random.between(0, 12))) + "\n"; break;
  }
  return line;
}

TextChunk make_clicks(const World& world, const std::vector<std::int64_t>& clicked, std::int64_t first,
                      std::int64_t begin, std::int64_t end) {
  const RowCounts& rows = world.rows();
  auto last = first + static_cast<std::int64_t>(clicked.size());
  Lines lines;
  for (std::int64_t row : clicked)
    lines.add(static_cast<std::uint64_t>(row - begin) << 8, click_line(click_of(world, row)));
  // Clicks evenly apart come twice; anywhere in the chunk, so a later time may come first.
  std::int64_t repeated = share(rows.repeated_clicks, first, rows.clicked());
  std::int64_t repeated_end = share(rows.repeated_clicks, last, rows.clicked());
  auto any_place = [&](Random& random) { return static_cast<std::uint64_t>(random.below(end - begin)) << 8 | 1; };
  for (std::int64_t i = repeated; i < repeated_end; ++i) {
    Random random(Stream::kRepeatedClick, i);
    auto place = share(static_cast<std::int64_t>(clicked.size()), i - repeated, repeated_end - repeated);
    Click click = click_of(world, clicked[static_cast<std::size_t>(place)]);
    if (i % 2 == 1) {
      click.time += random.between(1'000, 900'000'000);
      click.dwell_millis = random.between(200, 60'000);
    }
    lines.add(any_place(random), click_line(click));
  }
  for (std::int64_t i = share(rows.malformed_clicks, first, rows.clicked());
       i < share(rows.malformed_clicks, last, rows.clicked()); ++i) {
    Random random(Stream::kMalformedClick, -1 - i);
    lines.add(any_place(random), malformed_click(world, i, begin + random.below(end - begin)));
  }
  TextChunk chunk{lines.join(), 0};
  chunk.csv_bytes = static_cast<std::int64_t>(chunk.text.size());
  return chunk;
}

struct Conversion {
  std::string line;
  std::int64_t csv_bytes;
};

Conversion conversion_of(const World& world, std::int64_t row) {
  Random random(Stream::kConversion, row);
  Impression impression = impression_at(world, row);
  std::int64_t quantity = 1 + (random.chance(0.2) ? random.between(1, 3) : 0);
  std::int64_t cents = world.item(impression.item_id).price_cents * quantity;
  std::string items = std::to_string(impression.item_id);
  for (std::int64_t left = random.chance(0.4) ? random.between(1, 5) : 0; left > 0; --left) {
    std::int64_t item_id = world.any_item(random.unit());
    cents += world.item(item_id).price_cents;
    items += ',';
    append_number(items, item_id);
  }
  std::string line = "{\"impression_id\":";
  append_number(line, row + 1);
  line += ",\"time\":\"";
  append_time(line, click_of(world, row).time + random.between(20'000'000, 7'200'000'000));
  line += "\",\"value\":";
  append_decimal(line, cents, 2);
  line += ",\"items\":[";
  line += items;
  line += "]}\n";
  auto csv_bytes =
      static_cast<std::int64_t>(items.size()) + 4 + kTimeSize + digit_count(row + 1) + decimal_size(cents, 2);
  return {std::move(line), csv_bytes};
}

/// Line `index` of those that no reader can take: JSON that ends early, text for a number, no JSON at all.
std::string malformed_conversion(const World& world, std::int64_t index, std::int64_t row) {
  Random random(Stream::kMalformedConversion, index);
  std::string line = conversion_of(world, row).line;
  std::size_t value = line.find("\"value\":") + 8;
  switch (index % 3) {
    case 0:
      return line.substr(0, static_cast<std::size_t>(random.between(10, static_cast<std::int64_t>(line.size()) - 3))) +
             "\n";
    case 1: return line.substr(0, value) + "\"n/a\"" + line.substr(line.find(',', value));
    default: return "conversion " + std::to_string(row + 1) + " lost\n";
  }
}

TextChunk make_conversions(const World& world, const std::vector<std::int64_t>& clicked, std::int64_t first,
                           std::int64_t begin) {
  const RowCounts& rows = world.rows();
  auto last = first + static_cast<std::int64_t>(clicked.size());
  std::vector<std::pair<double, std::int64_t>> scored;
  for (std::int64_t row : clicked) {
    Random random(Stream::kConversionScore, row);
    Impression impression = impression_at(world, row);
    double odds = world.user(impression.user_id).category == world.item(impression.item_id).category ? 3 : 1;
    scored.emplace_back(odds * random_odds(random), row);
  }
  std::int64_t count = share(rows.converted(), last, rows.clicked()) - share(rows.converted(), first, rows.clicked());
  Lines lines;
  TextChunk chunk{};
  for (std::int64_t row : highest(std::move(scored), count)) {
    Conversion conversion = conversion_of(world, row);
    lines.add(static_cast<std::uint64_t>(row - begin) << 8, std::move(conversion.line));
    chunk.csv_bytes += conversion.csv_bytes;
  }
  for (std::int64_t i = share(rows.malformed_conversions, first, rows.clicked());
       i < share(rows.malformed_conversions, last, rows.clicked()); ++i) {
    Random random(Stream::kMalformedConversion, -1 - i);
    std::int64_t row = clicked[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(clicked.size())))];
    std::string line = malformed_conversion(world, i, row);
    chunk.csv_bytes += static_cast<std::int64_t>(line.size());
    lines.add(static_cast<std::uint64_t>(row - begin) << 8 | 1, std::move(line));
  }
  chunk.text = lines.join();
  return chunk;
}

}  // namespace

Answers make_answers(const World& world, std::int64_t begin, std::int64_t end) {
  const RowCounts& rows = world.rows();
  std::int64_t first = share(rows.clicked(), begin, rows.impressions);
  std::int64_t count = share(rows.clicked(), end, rows.impressions) - first;
  std::vector<std::pair<double, std::int64_t>> scored;
  for (std::int64_t row = begin; row < end; ++row) {
    Random random(Stream::kClick, row);
    scored.emplace_back(click_odds(world, impression_at(world, row)) * random_odds(random), row);
  }
  std::vector<std::int64_t> clicked = highest(std::move(scored), count);
  return {.clicks = make_clicks(world, clicked, first, begin, end),
          .conversions = make_conversions(world, clicked, first, begin)};
}

}  // namespace headrace::bench
