// All unresolved buckets share the number of known leading bits. A key finds its bucket by its leading 16 bits, through
// a table, and then, where several buckets begin with these, by binary search over the prefixes.

#include "headrace/kernel/radix_quantile.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>
#include <utility>

#include "headrace/kernel/wide_integer.h"

namespace headrace {

namespace {

constexpr int kFirstBits = 16;
constexpr int kRoundBitsMax = 16;
// What all buckets of a round share: counters (24 bytes each) and collected keys (8 bytes each).
constexpr size_t kCountersMax = size_t{1} << 19;
constexpr size_t kKeysMax = size_t{1} << 19;

constexpr uint64_t leading_bits(uint64_t key, int bits) noexcept { return bits == 0 ? 0 : key >> (64 - bits); }

}  // namespace

uint64_t quantile_rank(const Probability& probability, uint64_t count) noexcept {
  const Uint128 product = static_cast<Uint128>(probability.numerator) * count;
  const auto rank = static_cast<uint64_t>((product + (probability.denominator - 1)) / probability.denominator);
  return rank == 0 ? 0 : rank - 1;
}

RadixQuantiles::RadixQuantiles(std::span<const Probability> probabilities) {
  for (const Probability& probability : probabilities) requests_.push_back({probability, 0, 0, 0, std::nullopt});
  start();
}

RadixQuantiles RadixQuantiles::of_ranks(std::span<const uint64_t> ranks) {
  RadixQuantiles quantiles;
  quantiles.ranks_given_ = true;
  for (const uint64_t rank : ranks) quantiles.requests_.push_back({{0, 1}, rank, 0, 0, std::nullopt});
  quantiles.start();
  return quantiles;
}

void RadixQuantiles::start() {
  buckets_ = {{0, 0, false, 0}};
  counters_.assign(size_t{1} << kFirstBits, {});
}

RadixQuantiles RadixQuantiles::fork() const {
  RadixQuantiles copy = *this;
  std::fill(copy.counters_.begin(), copy.counters_.end(), Counter{});
  for (std::vector<uint64_t>& keys : copy.collected_) keys.clear();
  return copy;
}

void RadixQuantiles::take(const Bucket& bucket, uint64_t key, uint64_t times) {
  if (bucket.collects) {
    std::vector<uint64_t>& collected = collected_[bucket.place];
    if (collected.capacity() == 0) collected.reserve(bucket.count);
    collected.insert(collected.end(), times, key);
    return;
  }
  const uint64_t digit = leading_bits(key << known_bits_, round_bits_);
  Counter& counter = counters_[(bucket.place << round_bits_) + digit];
  counter.count += times;
  counter.key_min = std::min(counter.key_min, key);
  counter.key_max = std::max(counter.key_max, key);
}

void RadixQuantiles::update(std::span<const uint64_t> keys) {
  if (known_bits_ == 0) {
    for (const uint64_t key : keys) take(buckets_[0], key, 1);
    return;
  }
  for (const uint64_t key : keys) {
    if (const Bucket* bucket = find_bucket(key)) take(*bucket, key, 1);
  }
}

void RadixQuantiles::update(uint64_t key, uint64_t times) {
  const Bucket* bucket = known_bits_ == 0 ? buckets_.data() : find_bucket(key);
  if (bucket != nullptr) take(*bucket, key, times);
}

const RadixQuantiles::Bucket* RadixQuantiles::find_bucket(uint64_t key) const {
  const uint64_t leading = leading_bits(key, kFirstBits);
  const uint32_t begin = first_bucket_[leading];
  const uint32_t end = first_bucket_[leading + 1];
  if (begin == end) return nullptr;
  const uint64_t prefix = leading_bits(key, known_bits_);
  const auto found = std::lower_bound(buckets_.begin() + begin, buckets_.begin() + end, prefix,
                                      [](const Bucket& bucket, uint64_t wanted) { return bucket.prefix < wanted; });
  return found != buckets_.begin() + end && found->prefix == prefix ? &*found : nullptr;
}

void RadixQuantiles::merge(const RadixQuantiles& other) {
  assert(known_bits_ == other.known_bits_ && counters_.size() == other.counters_.size() &&
         collected_.size() == other.collected_.size());
  for (size_t i = 0; i < counters_.size(); ++i) {
    counters_[i].count += other.counters_[i].count;
    counters_[i].key_min = std::min(counters_[i].key_min, other.counters_[i].key_min);
    counters_[i].key_max = std::max(counters_[i].key_max, other.counters_[i].key_max);
  }
  for (size_t i = 0; i < collected_.size(); ++i) {
    collected_[i].reserve(collected_[i].size() + other.collected_[i].size());
    collected_[i].insert(collected_[i].end(), other.collected_[i].begin(), other.collected_[i].end());
  }
}

/// Ends the count of the whole column: turns probabilities into ranks and puts the requests in order.
void RadixQuantiles::rank_requests() {
  count_ = std::accumulate(counters_.begin(), counters_.end(), uint64_t{0},
                           [](uint64_t sum, const Counter& counter) { return sum + counter.count; });
  buckets_[0].count = count_;
  if (count_ == 0) return;
  for (size_t i = 0; i < requests_.size(); ++i) {
    Request& request = requests_[i];
    if (!ranks_given_) request.rank = quantile_rank(request.probability, count_);
    if (request.rank < count_) by_rank_.push_back(i);
  }
  std::sort(by_rank_.begin(), by_rank_.end(),
            [this](size_t a, size_t b) { return requests_[a].rank < requests_[b].rank; });
}

void RadixQuantiles::resolve_collected() {
  for (std::vector<uint64_t>& keys : collected_) std::sort(keys.begin(), keys.end());
  for (const size_t index : by_rank_) {
    Request& request = requests_[index];
    const Bucket& bucket = buckets_[request.bucket];
    if (bucket.collects) request.key = collected_[bucket.place][request.rank - request.below];
  }
}

/// Finds the counter that each request lies in. It resolves the request if its keys are all the same; otherwise it
/// becomes a bucket of the next round.
void RadixQuantiles::resolve_counted(std::vector<Bucket>& next) {
  size_t bucket_index = buckets_.size();  // None yet.
  uint64_t digit = 0;
  uint64_t below = 0;
  for (const size_t index : by_rank_) {
    Request& request = requests_[index];
    if (request.key.has_value()) continue;
    const Bucket& bucket = buckets_[request.bucket];
    if (request.bucket != bucket_index) {
      bucket_index = request.bucket;
      digit = 0;
      below = request.below;
    }
    const Counter* counters = counters_.data() + (bucket.place << round_bits_);
    while (below + counters[digit].count <= request.rank) below += counters[digit++].count;
    const Counter& counter = counters[digit];
    if (counter.key_min == counter.key_max) {
      request.key = counter.key_min;
      continue;
    }
    const uint64_t prefix = (bucket.prefix << round_bits_) | digit;
    if (next.empty() || next.back().prefix != prefix) next.push_back({prefix, counter.count, false, 0});
    request.below = below;
    request.bucket = next.size() - 1;
  }
}

/// Shares out memory among the buckets of the next round.
void RadixQuantiles::open_round(std::vector<Bucket> buckets) {
  known_bits_ += round_bits_;
  buckets_ = std::move(buckets);
  collected_.clear();
  counters_.clear();
  if (buckets_.empty()) return;

  size_t counted = 0;
  size_t collecting = 0;
  for (Bucket& bucket : buckets_) {
    bucket.collects = bucket.count <= kKeysMax / buckets_.size();
    bucket.place = bucket.collects ? collecting++ : counted++;
  }
  const size_t share = std::max<size_t>(2, kCountersMax / std::max<size_t>(1, counted));
  round_bits_ = std::min({kRoundBitsMax, static_cast<int>(std::bit_width(share)) - 1, 64 - known_bits_});
  collected_.resize(collecting);
  counters_.resize(counted << round_bits_);

  first_bucket_.assign((size_t{1} << kFirstBits) + 1, 0);
  for (const Bucket& bucket : buckets_) ++first_bucket_[(bucket.prefix >> (known_bits_ - kFirstBits)) + 1];
  std::partial_sum(first_bucket_.begin(), first_bucket_.end(), first_bucket_.begin());
}

bool RadixQuantiles::finish_round() {
  if (known_bits_ == 0) rank_requests();
  std::vector<Bucket> next;
  resolve_collected();
  resolve_counted(next);
  std::erase_if(by_rank_, [this](size_t index) { return requests_[index].key.has_value(); });
  open_round(std::move(next));
  return !by_rank_.empty();
}

std::vector<std::optional<uint64_t>> RadixQuantiles::results() const {
  std::vector<std::optional<uint64_t>> keys;
  keys.reserve(requests_.size());
  for (const Request& request : requests_) keys.push_back(request.key);
  return keys;
}

}  // namespace headrace
