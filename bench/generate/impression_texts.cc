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

void ImpressionTexts::make(const World& world, const Impression& impression, std::int64_t row) {
  // A user keeps a browser for each device.
  Random browser(Stream::kUserAgent, impression.user_id * kDevices + impression.device);
  const std::vector<UserAgent>& agents = world.user_agents(impression.device);
  double unit = browser.unit();
  user_agent = &agents[static_cast<std::size_t>(unit * unit * unit * static_cast<double>(agents.size()))];
  Random random(Stream::kImpressionText, row);
  make_url(world, impression, random);
  make_search_text(world, random);
  make_referrer(world, random);
}

void ImpressionTexts::make_url(const World& world, const Impression& impression, Random& random) {
  std::uint64_t name = mix_bits(static_cast<std::uint64_t>(impression.item_id));
  std::uint64_t bits = random.bits();
  url = "https://";
  url += world.domains()[static_cast<std::size_t>(world.any_domain(random.unit()))];
  url += '/';
  url += world.category_slug(world.item(impression.item_id).category);
  url += '/';
  const std::vector<Word>& words = world.words();
  url += words[static_cast<std::size_t>(squared_rank(name, static_cast<std::int64_t>(words.size())))].encoded;
  url += '-';
  append_number(url, impression.item_id);
  if ((bits & 7) == 0) return;
  url += "?utm_source=";
  url += kCampaignTags[static_cast<std::size_t>(squared_rank(bits >> 8, kCampaignTags.size()))];
  if ((bits & 7) == 1) return;
  url += "&sid=";
  append_hex(url, random.bits());
}

void ImpressionTexts::make_search_text(const World& world, Random& random) {
  word_count_ = static_cast<std::size_t>(random.between(2, 12));
  search_text.clear();
  for (std::size_t i = 0; i < word_count_; ++i) {
    words_[i] = world.any_word(random.unit());
    if (i > 0) search_text += ' ';
    search_text += world.words()[static_cast<std::size_t>(words_[i])].plain;
  }
}

void ImpressionTexts::append_query(const World& world) {
  for (std::size_t i = 0; i < word_count_; ++i) {
    if (i > 0) referrer += '+';
    referrer += world.words()[static_cast<std::size_t>(words_[i])].encoded;
  }
}

void ImpressionTexts::make_referrer(const World& world, Random& random) {
  referrer.clear();
  std::uint64_t bits = random.bits();
  std::uint64_t kind = bits % 100;
  if (kind < 12) return;
  if (kind < 45) {
    referrer += "https://www.google.com/search?q=";
    append_query(world);
    referrer += "&sca_esv=";
    append_hex(referrer, random.bits());
    referrer += "&source=hp&ei=";
    append_token(referrer, random.bits(), 10);
    referrer += "&oq=";
    append_query(world);
    referrer += "&gs_lp=Egdnd3Mtd2l6&sclient=gws-wiz";
  } else if (kind < 60) {
    referrer += "https://www.bing.com/search?q=";
    append_query(world);
    referrer += "&form=QBLH&sp=-1&sc=10-18&cvid=";
    append_hex(referrer, random.bits());
  } else if (kind < 65) {
    referrer += "https://duckduckgo.com/?q=";
    append_query(world);
    referrer += "&t=h_&ia=web";
  } else {
    referrer += "https://";
    referrer += world.domains()[static_cast<std::size_t>(world.any_domain(random.unit()))];
    referrer += '/';
    referrer += world.category_slug(static_cast<int>((bits >> 8) % kCategories));
    referrer += "/2026/01/";
    append_query(world);
    referrer += ".html";
  }
}

}  // namespace headrace::bench
