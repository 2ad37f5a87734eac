// Traits of users and items, and how often which id occurs. See world.h.
#include "bench/generate/world.h"

#include <algorithm>

namespace headrace::bench {
namespace {

constexpr std::int64_t kBotVisits = 5000;
/// Fewer a bot would hardly be told from an eager user: a third of them is before T0, where 300 make a bot.
constexpr std::int64_t kBotVisitsMin = 1700;

/// Visits of all bots: 4 %, but at small scales as many as two bots need, or one where that is too much.
std::int64_t bot_visits_of(std::int64_t visits) {
  std::int64_t wanted = std::max(visits / 25, 2 * kBotVisitsMin);
  return wanted <= visits / 2 ? wanted : visits / 2;
}

std::int64_t bots_of(std::int64_t visits) {
  std::int64_t of_bots = bot_visits_of(visits);
  if (of_bots < 2 * kBotVisitsMin) return 1;
  return std::max<std::int64_t>((of_bots + kBotVisits / 2) / kBotVisits, 2);
}

}  // namespace

World::World(const RowCounts& rows)
    : rows_(rows),
      words_(4000),
      domains_(make_domains(1000)),
      brands_(make_names(5000, 1)),
      advertisers_(make_names(3000, 2)),
      user_agents_(make_user_agents()),
      category_ranks_(kCategories, 2, 2),
      word_ranks_(words_.size(), 2, 4),
      domain_ranks_(1000, 3, 2),
      user_ranks_(rows.users, 3, 64),
      // So flat that the most frequent visitor stays well below what makes a bot.
      visitor_ranks_(rows.users, 2, static_cast<double>(rows.users) * 8e-5),
      item_ranks_(rows.items, 5, 2),
      campaign_ranks_(rows.campaigns, 2, 4),
      user_ids_(rows.users, 12'345),
      item_ids_(rows.items, 777),
      campaign_ids_(rows.campaigns, 99),
      bot_ids_(rows.users, 424'242),
      bots_(bots_of(rows.visits)),
      bot_visits_(static_cast<double>(bot_visits_of(rows.visits)) / static_cast<double>(rows.visits)) {
  for (std::string_view name : kCategoryNames) category_slugs_.push_back(slug(name));
}

UserTraits World::user(std::int64_t user_id) const {
  constexpr std::array kDeviceUpTo = {0.55, 0.88, 0.96, 1.0};
  Random random(Stream::kUser, user_id);
  UserTraits user{};
  double unit = random.unit();
  while (unit >= kDeviceUpTo[static_cast<std::size_t>(user.device)]) ++user.device;
  for (std::int64_t left = random.between(0, 5); left > 0;) {
    std::uint32_t interest = std::uint32_t{1} << random.below(kInterests);
    if ((user.interests & interest) == 0) --left;
    user.interests |= interest;
  }
  user.category = any_category(random);
  user.eagerness = 0.4 + random.unit() + (random.chance(0.1) ? 1.5 : 0);
  return user;
}

ItemTraits World::item(std::int64_t item_id) const {
  Random random(Stream::kItem, item_id);
  ItemTraits item{};
  item.category = any_category(random);
  // Dear and cheap categories, and within one a long tail.
  double level = 500 + 700.0 * ((item.category * 7) % kCategories);
  double unit = random.unit();
  double tail = unit * unit * unit;
  item.price_cents = static_cast<std::int64_t>(level * (0.2 + unit + 12 * tail * tail)) + 1;
  return item;
}

}  // namespace headrace::bench
