// campaigns.ndjson: who advertises, from when to when. See tables.h.
#include "bench/generate/tables.h"
#include "bench/generate/text.h"
#include "headrace/column/calendar.h"

namespace headrace::bench {

TextChunk make_campaigns(const World& world, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kLogDay = kLogStart / kMicrosPerDay;
  Skew advertiser_ranks(static_cast<std::int64_t>(world.advertisers().size()), 2, 4);
  TextChunk chunk{};
  std::string& text = chunk.text;
  for (std::int64_t campaign_id = begin + 1; campaign_id <= end; ++campaign_id) {
    Random random(Stream::kCampaign, campaign_id);
    const std::string& advertiser = world.advertisers()[static_cast<std::size_t>(advertiser_ranks.rank(random.unit()))];
    double level = random.unit();
    std::int64_t budget_cents = 10'000 + static_cast<std::int64_t>(level * level * level * 50e6);
    std::int64_t start = kLogDay - random.between(0, 120);
    text += "{\"campaign_id\":";
    append_number(text, campaign_id);
    text += ",\"advertiser\":\"";
    text += advertiser;
    text += "\",\"budget\":";
    append_decimal(text, budget_cents, 2);
    text += ",\"start\":\"";
    append_date(text, start);
    text += "\",\"end\":\"";
    append_date(text, kLogDay + random.between(20, 150));
    text += "\"}\n";
    chunk.csv_bytes += digit_count(campaign_id) + static_cast<std::int64_t>(advertiser.size()) +
                       decimal_size(budget_cents, 2) + 2 * kDateSize + 5;
  }
  return chunk;
}

}  // namespace headrace::bench
