// items.csv: what is advertised, with titles that need their quotes. See tables.h.
#include "bench/generate/tables.h"
#include "bench/generate/text.h"

namespace headrace::bench {
namespace {

/// 3 to 9 words; some end with a comma, are in quotes, or are a number of inches.
std::string title_of(const World& world, std::int64_t item_id, std::string_view brand) {
  Random random(Stream::kItemTitle, item_id);
  std::string title(brand.substr(0, brand.find(' ')));
  for (std::int64_t left = random.between(2, 8); left > 0; --left) {
    title += ' ';
    std::string_view word = world.words().plain(world.any_word(random.unit()));
    double kind = random.unit();
    if (kind < 0.05) {
      title += '"';
      title += word;
      title += '"';
    } else if (kind < 0.09) {
      append_number(title, random.between(3, 85));
      title += '"';
    } else {
      title += word;
      if (kind < 0.2 && left > 1) title += ',';
    }
  }
  return title;
}

}  // namespace

TextChunk make_items(const World& world, std::int64_t begin, std::int64_t end) {
  Skew brand_ranks(static_cast<std::int64_t>(world.brands().size()), 3, 4);
  TextChunk chunk{};
  for (std::int64_t item_id = begin + 1; item_id <= end; ++item_id) {
    ItemTraits item = world.item(item_id);
    Random random(Stream::kItemTitle, -item_id);
    const std::string& brand = world.brands()[static_cast<std::size_t>(brand_ranks.rank(random.unit()))];
    append_number(chunk.text, item_id);
    chunk.text += ',';
    chunk.text += kCategoryNames[static_cast<std::size_t>(item.category)];
    chunk.text += ',';
    chunk.text += brand;
    chunk.text += ',';
    append_decimal(chunk.text, item.price_cents, 2);
    chunk.text += ',';
    append_quoted(chunk.text, title_of(world, item_id, brand));
    chunk.text += '\n';
  }
  chunk.csv_bytes = static_cast<std::int64_t>(chunk.text.size());
  return chunk;
}

}  // namespace headrace::bench
