// What is true of users, items and campaigns, in whatever table it shows: each is computed from the id, so no table
// needs another one in memory. One object, made once, read by all threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/generate/random.h"
#include "bench/generate/scale.h"
#include "bench/generate/user_agents.h"
#include "bench/generate/words.h"

namespace headrace::bench {

struct UserTraits {
  int device;               // the one used most
  std::uint32_t interests;  // bit i: interest i
  int category;             // the one looked at most
  double eagerness;         // to click, around 1
};

struct ItemTraits {
  int category;
  std::int64_t price_cents;
};

class World {
 public:
  explicit World(const RowCounts& rows);

  const RowCounts& rows() const { return rows_; }
  const WordList& words() const { return words_; }
  const std::vector<std::string>& domains() const { return domains_; }
  const std::vector<std::string>& brands() const { return brands_; }
  const std::vector<std::string>& advertisers() const { return advertisers_; }
  const std::vector<UserAgent>& user_agents(int device) const { return user_agents_[static_cast<std::size_t>(device)]; }
  /// The category as part of a url.
  const std::string& category_slug(int category) const { return category_slugs_[static_cast<std::size_t>(category)]; }

  UserTraits user(std::int64_t user_id) const;
  ItemTraits item(std::int64_t item_id) const;
  /// A category as often as the items have it.
  int any_category(Random& random) const { return static_cast<int>(category_ranks_.rank(random.unit())); }
  std::int64_t any_word(double unit) const { return word_ranks_.rank(unit); }
  std::int64_t any_domain(double unit) const { return domain_ranks_.rank(unit); }

  /// Ids as often as they are in impressions, and users as often as in visits.
  std::int64_t any_user(double unit) const { return user_ids_.id(user_ranks_.rank(unit)); }
  std::int64_t any_visitor(double unit) const { return user_ids_.id(visitor_ranks_.rank(unit)); }
  std::int64_t any_item(double unit) const { return item_ids_.id(item_ranks_.rank(unit)); }
  std::int64_t any_campaign(double unit) const { return campaign_ids_.id(campaign_ranks_.rank(unit)); }

  /// Bots are users with thousands of visits.
  std::int64_t any_bot(Random& random) const { return bot_ids_.id(random.below(bots_)); }
  std::int64_t bots() const { return bots_; }
  /// Of the visits, the part that bots make.
  double bot_visits() const { return bot_visits_; }

 private:
  RowCounts rows_;
  WordList words_;
  std::vector<std::string> domains_;
  std::vector<std::string> brands_;
  std::vector<std::string> advertisers_;
  std::vector<std::string> category_slugs_;
  std::array<std::vector<UserAgent>, kDevices> user_agents_;
  Skew category_ranks_;
  Skew word_ranks_;
  Skew domain_ranks_;
  Skew user_ranks_;
  Skew visitor_ranks_;
  Skew item_ranks_;
  Skew campaign_ranks_;
  Scatter user_ids_;
  Scatter item_ids_;
  Scatter campaign_ids_;
  Scatter bot_ids_;
  std::int64_t bots_;
  double bot_visits_;
};

}  // namespace headrace::bench
