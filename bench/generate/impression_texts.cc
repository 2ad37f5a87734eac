// User agent, url, referrer and search text. See impression_texts.h.
#include "bench/generate/impression_texts.h"

#include "bench/generate/text.h"

namespace headrace::bench {
namespace {

constexpr std::array<std::string_view, 6> kCampaignTags = {"newsletter&utm_medium=email",
                                                           "google&utm_medium=cpc",
                                                           "instagram&utm_medium=social",
                                                           "partner&utm_medium=affiliate",
                                                           "home",
                                                           "push"};

/// A rank below `count`, by square, from 16 of the bits.
std::int64_t squared_rank(std::uint64_t bits, std::int64_t count) {
  double unit = static_cast<double>(bits & 0xffff) * 0x1p-16;
  return static_cast<std::int64_t>(unit * unit * static_cast<double>(count));
}

}  // namespace

std::int64_t ImpressionTexts::add(const World& world, const Impression& impression, std::int64_t row) {
  std::int64_t csv_bytes = add_user_agent(world, impression);
  Random random(Stream::kImpressionText, row);
  append_url(url.text(), world, impression, random);
  append_search_text(search_text.text(), world, random);
  append_referrer(referrer.text(), world, random);
  for (TextColumn* column : {&url, &search_text, &referrer}) {
    csv_bytes += column->row_size();
    column->end_row();
  }
  return csv_bytes;
}

std::int64_t ImpressionTexts::add_user_agent(const World& world, const Impression& impression) {
  // A user keeps a browser for each device.
  Random browser(Stream::kUserAgent, impression.user_id * kDevices + impression.device);
  const std::vector<UserAgent>& agents = world.user_agents(impression.device);
  double unit = browser.unit();
  const UserAgent& agent = agents[static_cast<std::size_t>(unit * unit * unit * static_cast<double>(agents.size()))];
  user_agent.text() += agent.text;
  user_agent.end_row();
  return agent.csv_size;
}

void ImpressionTexts::append_url(std::string& text, const World& world, const Impression& impression, Random& random) {
  std::uint64_t name = mix_bits(static_cast<std::uint64_t>(impression.item_id));
  std::uint64_t bits = random.bits();
  text += "https://";
  text += world.domains()[static_cast<std::size_t>(world.any_domain(random.unit()))];
  text += '/';
  text += world.category_slug(world.item(impression.item_id).category);
  text += '/';
  text += world.words().encoded(squared_rank(name, world.words().size()));
  text += '-';
  append_number(text, impression.item_id);
  if ((bits & 7) == 0) return;
  text += "?utm_source=";
  text += kCampaignTags[static_cast<std::size_t>(squared_rank(bits >> 8, kCampaignTags.size()))];
  if ((bits & 7) == 1) return;
  text += "&sid=";
  append_hex(text, random.bits());
}

void ImpressionTexts::append_search_text(std::string& text, const World& world, Random& random) {
  word_count_ = static_cast<std::size_t>(random.between(2, 12));
  for (std::size_t i = 0; i < word_count_; ++i) {
    words_[i] = world.any_word(random.unit());
    if (i > 0) text += ' ';
    text += world.words().plain(words_[i]);
  }
}

void ImpressionTexts::append_query(std::string& text, const WordList& words) const {
  for (std::size_t i = 0; i < word_count_; ++i) {
    if (i > 0) text += '+';
    text += words.encoded(words_[i]);
  }
}

void ImpressionTexts::append_referrer(std::string& text, const World& world, Random& random) const {
  std::uint64_t bits = random.bits();
  std::uint64_t kind = bits % 100;
  if (kind < 12) return;
  if (kind < 45) {
    text += "https://www.google.com/search?q=";
    append_query(text, world.words());
    text += "&sca_esv=";
    append_hex(text, random.bits());
    text += "&source=hp&ei=";
    append_token(text, random.bits(), 10);
    text += "&oq=";
    append_query(text, world.words());
    text += "&gs_lp=Egdnd3Mtd2l6&sclient=gws-wiz";
  } else if (kind < 60) {
    text += "https://www.bing.com/search?q=";
    append_query(text, world.words());
    text += "&form=QBLH&sp=-1&sc=10-18&cvid=";
    append_hex(text, random.bits());
  } else if (kind < 65) {
    text += "https://duckduckgo.com/?q=";
    append_query(text, world.words());
    text += "&t=h_&ia=web";
  } else {
    text += "https://";
    text += world.domains()[static_cast<std::size_t>(world.any_domain(random.unit()))];
    text += '/';
    text += world.category_slug(static_cast<int>((bits >> 8) % kCategories));
    text += "/2026/01/";
    append_query(text, world.words());
    text += ".html";
  }
}

}  // namespace headrace::bench
