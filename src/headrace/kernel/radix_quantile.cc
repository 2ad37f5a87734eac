// All unresolved buckets share the number of known leading bits. A key finds its bucket by the leading bits that the
// first round counted, through a table, and then, where several buckets begin with these, by binary search over the
// prefixes.

#include "headrace/kernel/radix_quantile.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>
#include <utility>

#include "headrace/kernel/wide_integer.h"

namespace headrace {

namespace {

constexpr int kRoundBitsMax = 16;
// What each bucket of a later round gets at least, however little there is.
constexpr size_t kBucketCountersMin = 4;
constexpr size_t kBucketKeysMin = 8;

constexpr uint64_t leading_bits(uint64_t key, int bits) noexcept { return bits == 0 ? 0 : key >> (64 - bits); }

}  // namespace

uint64_t quantile_rank(const Probability& probability, uint64_t count) noexcept {
  const Uint128 product = static_cast<Uint128>(probability.numerator) * count;
  const auto rank = static_cast<uint64_t>((product + (probability.denominator - 1)) / probability.denominator);
  return rank == 0 ? 0 : rank - 1;
}

RadixQuantiles::RadixQuantiles(std::span<const Probability> probabilities, size_t round_bytes) {
  for (const Probability& probability : probabilities) requests_.push_back({probability, 0, 0, 0, std::nullopt});
  start(round_bytes);
}

RadixQuantiles RadixQuantiles::of_ranks(std::span<const uint64_t> ranks, size_t round_bytes) {
  RadixQuantiles quantiles;
  quantiles.ranks_given_ = true;
  for (const uint64_t rank : ranks) quantiles.requests_.push_back({{0, 1}, rank, 0, 0, std::nullopt});
  quantiles.start(round_bytes);
  return quantiles;
}

void RadixQuantiles::start(size_t round_bytes) {
  const size_t counters = std::max(kRoundBytesMin, round_bytes) / sizeof(Counter);
  Round round;
  round.round_bits = std::min(kRoundBitsMax, static_cast<int>(std::bit_width(counters)) - 1);
  round.table_bits = round.round_bits;
  round.buckets = {{0, 0, false, 0}};
  round.counter_count = size_t{1} << round.round_bits;
  round_ = std::make_shared<const Round>(std::move(round));
}

void RadixQuantiles::allocate() {
  counters_.resize(round_->counter_count);
  collected_.resize(round_->key_counts.size());
}

RadixQuantiles RadixQuantiles::fork() const {
  RadixQuantiles copy;
  copy.count_ = count_;
  copy.round_ = round_;
  return copy;
}

size_t RadixQuantiles::bytes() const noexcept {
  const size_t of_request = sizeof(Request) + sizeof(size_t) + 2 * sizeof(Bucket) + sizeof(uint64_t);
  const uint64_t keys = std::accumulate(round_->key_counts.begin(), round_->key_counts.end(), uint64_t{0});
  return sizeof(*this) + requests_.size() * of_request + (sizeof(uint32_t) << round_->table_bits) +
         round_->counter_count * sizeof(Counter) + keys * sizeof(uint64_t) +
         round_->key_counts.size() * sizeof(std::vector<uint64_t>);
}

void RadixQuantiles::take(const Bucket& bucket, uint64_t key, uint64_t times) {
  if (bucket.collects) {
    std::vector<uint64_t>& collected = collected_[bucket.place];
    if (collected.capacity() == 0) collected.reserve(bucket.count);
    collected.insert(collected.end(), times, key);
    return;
  }
  const uint64_t digit = leading_bits(key << round_->known_bits, round_->round_bits);
  counters_[(bucket.place << round_->round_bits) + digit].add(key, times);
}

void RadixQuantiles::update(std::span<const uint64_t> keys) {
  allocate();
  if (round_->known_bits == 0) {
    const int round_bits = round_->round_bits;
    for (const uint64_t key : keys) counters_[leading_bits(key, round_bits)].add(key, 1);
    return;
  }
  for (const uint64_t key : keys) {
    if (const Bucket* bucket = find_bucket(key)) take(*bucket, key, 1);
  }
}

void RadixQuantiles::update(uint64_t key, uint64_t times) {
  allocate();
  const Bucket* bucket = round_->known_bits == 0 ? round_->buckets.data() : find_bucket(key);
  if (bucket != nullptr) take(*bucket, key, times);
}

const RadixQuantiles::Bucket* RadixQuantiles::find_bucket(uint64_t key) const {
  const Round& round = *round_;
  const uint64_t leading = leading_bits(key, round.table_bits);
  const uint32_t begin = round.first_bucket[leading];
  const uint32_t end = round.first_bucket[leading + 1];
  if (begin == end) return nullptr;
  const uint64_t prefix = leading_bits(key, round.known_bits);
  const auto found = std::lower_bound(round.buckets.begin() + begin, round.buckets.begin() + end, prefix,
                                      [](const Bucket& bucket, uint64_t wanted) { return bucket.prefix < wanted; });
  return found != round.buckets.begin() + end && found->prefix == prefix ? &*found : nullptr;
}

void RadixQuantiles::merge(const RadixQuantiles& other) {
  assert(round_ == other.round_);
  allocate();
  for (size_t i = 0; i < other.counters_.size(); ++i) counters_[i].merge(other.counters_[i]);
  for (size_t i = 0; i < other.collected_.size(); ++i) {
    if (other.collected_[i].empty()) continue;
    collected_[i].reserve(round_->key_counts[i]);
    collected_[i].insert(collected_[i].end(), other.collected_[i].begin(), other.collected_[i].end());
  }
}

/// Ends the count of the whole column: turns probabilities into ranks and puts the requests in order.
void RadixQuantiles::rank_requests() {
  count_ = std::accumulate(counters_.begin(), counters_.end(), uint64_t{0},
                           [](uint64_t sum, const Counter& counter) { return sum + counter.count(); });
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
    const Bucket& bucket = round_->buckets[request.bucket];
    if (bucket.collects) request.key = collected_[bucket.place][request.rank - request.below];
  }
}

/// Finds the counter that each request lies in. It resolves the request if its keys are all the same; otherwise it
/// becomes a bucket of the next round.
void RadixQuantiles::resolve_counted(std::vector<Bucket>& next) {
  const int round_bits = round_->round_bits;
  size_t bucket_index = round_->buckets.size();  // None yet.
  uint64_t digit = 0;
  uint64_t below = 0;
  for (const size_t index : by_rank_) {
    Request& request = requests_[index];
    if (request.key.has_value()) continue;
    const Bucket& bucket = round_->buckets[request.bucket];
    if (request.bucket != bucket_index) {
      bucket_index = request.bucket;
      digit = 0;
      below = request.below;
    }
    const Counter* counters = counters_.data() + (bucket.place << round_bits);
    while (below + counters[digit].count() <= request.rank) below += counters[digit++].count();
    const Counter& counter = counters[digit];
    if (counter.has_one_key()) {
      request.key = counter.key();
      continue;
    }
    const uint64_t prefix = (bucket.prefix << round_bits) | digit;
    if (next.empty() || next.back().prefix != prefix) next.push_back({prefix, counter.count(), false, 0});
    request.below = below;
    request.bucket = next.size() - 1;
  }
}

/// Shares out memory among the buckets of the next round: half of it to counters, half to collected keys.
void RadixQuantiles::open_round(std::vector<Bucket> buckets, size_t round_bytes) {
  Round round;
  round.known_bits = round_->known_bits + round_->round_bits;
  round.table_bits = round_->table_bits;
  round.buckets = std::move(buckets);
  const size_t half = std::clamp(round_bytes, kRoundBytesMin, kRoundBytesMax) / 2;
  const size_t keys_max = half / sizeof(uint64_t) / std::max<size_t>(1, round.buckets.size());
  size_t counted = 0;
  for (Bucket& bucket : round.buckets) {
    bucket.collects = bucket.count <= std::max(kBucketKeysMin, keys_max);
    bucket.place = bucket.collects ? round.key_counts.size() : counted++;
    if (bucket.collects) round.key_counts.push_back(bucket.count);
  }
  const size_t share = std::max(kBucketCountersMin, half / sizeof(Counter) / std::max<size_t>(1, counted));
  round.round_bits = std::min({kRoundBitsMax, static_cast<int>(std::bit_width(share)) - 1, 64 - round.known_bits});
  round.counter_count = counted << round.round_bits;

  round.first_bucket.resize((size_t{1} << round.table_bits) + 1);
  for (const Bucket& bucket : round.buckets) {
    ++round.first_bucket[(bucket.prefix >> (round.known_bits - round.table_bits)) + 1];
  }
  std::partial_sum(round.first_bucket.begin(), round.first_bucket.end(), round.first_bucket.begin());
  round_ = std::make_shared<const Round>(std::move(round));
}

bool RadixQuantiles::finish_round(size_t round_bytes) {
  allocate();
  if (round_->known_bits == 0) rank_requests();
  std::vector<Bucket> next;
  resolve_collected();
  resolve_counted(next);
  std::erase_if(by_rank_, [this](size_t index) { return requests_[index].key.has_value(); });
  counters_ = std::vector<Counter>();
  collected_ = std::vector<std::vector<uint64_t>>();
  open_round(std::move(next), round_bytes);
  return !by_rank_.empty();
}

void RadixQuantiles::Round::write(ByteWriter& out) const {
  for (const int bits : {known_bits, round_bits, table_bits}) out.put(static_cast<int32_t>(bits));
  out.put<uint64_t>(buckets.size());
  for (const Bucket& bucket : buckets) {
    out.put(bucket.prefix);
    out.put(bucket.count);
    out.put<uint8_t>(bucket.collects ? 1 : 0);
    out.put<uint64_t>(bucket.place);
  }
  out.put_all<uint32_t>(first_bucket);
  out.put<uint64_t>(counter_count);
  out.put_all<uint64_t>(key_counts);
}

RadixQuantiles::Round RadixQuantiles::Round::read(ByteReader& in) {
  Round round;
  for (int* bits : {&round.known_bits, &round.round_bits, &round.table_bits}) *bits = in.get<int32_t>();
  const bool are_bits = round.known_bits >= 0 && round.round_bits >= 0 && round.round_bits <= kRoundBitsMax &&
                        round.table_bits >= 0 && round.table_bits <= kRoundBitsMax &&
                        round.known_bits + round.round_bits <= 64;
  if (!are_bits) in.refuse();
  size_t counted = 0;
  for (auto count = in.get<uint64_t>(); count > 0; --count) {
    Bucket bucket{};
    bucket.prefix = in.get<uint64_t>();
    bucket.count = in.get<uint64_t>();
    bucket.collects = in.get<uint8_t>() != 0;
    bucket.place = in.get<uint64_t>();
    if (!bucket.collects && bucket.place != counted++) in.refuse();
    round.buckets.push_back(bucket);
  }
  round.first_bucket = in.get_all<uint32_t>();
  round.counter_count = in.get<uint64_t>();
  round.key_counts = in.get_all<uint64_t>();
  const bool has_table = round.known_bits == 0 || round.first_bucket.size() == (size_t{1} << round.table_bits) + 1;
  const bool is_table = std::is_sorted(round.first_bucket.begin(), round.first_bucket.end()) &&
                        (round.first_bucket.empty() || round.first_bucket.back() <= round.buckets.size());
  const bool is_whole = !round.buckets.empty() || round.known_bits > 0;
  if (!has_table || !is_table || !is_whole || round.counter_count != counted << round.round_bits) in.refuse();
  for (const Bucket& bucket : round.buckets) {
    if (bucket.collects && bucket.place >= round.key_counts.size()) in.refuse();
  }
  return round;
}

void RadixQuantiles::write(ByteWriter& out) const {
  out.put(count_);
  round_->write(out);
  // Few of the counters are used where there are few keys.
  uint64_t used = 0;
  for (const Counter& counter : counters_) used += counter.count() > 0 ? 1 : 0;
  out.put(used);
  for (size_t i = 0; i < counters_.size(); ++i) {
    if (counters_[i].count() == 0) continue;
    out.put<uint64_t>(i);
    counters_[i].write(out);
  }
  out.put<uint64_t>(collected_.size());
  for (const std::vector<uint64_t>& keys : collected_) out.put_all<uint64_t>(keys);
}

void RadixQuantiles::read(ByteReader& in) {
  count_ = in.get<uint64_t>();
  Round round = Round::read(in);
  // What is read into a fork can be merged into what it was forked from.
  if (round != *round_) round_ = std::make_shared<const Round>(std::move(round));
  counters_.clear();
  collected_.clear();
  const auto used = in.get<uint64_t>();
  if (used > round_->counter_count) in.refuse();
  if (used > 0) allocate();
  for (uint64_t i = 0; i < used; ++i) {
    const auto index = in.get<uint64_t>();
    if (index >= counters_.size()) in.refuse();
    counters_[index].read(in);
  }
  const auto lists = in.get<uint64_t>();
  if (lists != 0 && lists != round_->key_counts.size()) in.refuse();
  if (lists > 0) allocate();
  for (uint64_t i = 0; i < lists; ++i) collected_[i] = in.get_all<uint64_t>();
}

std::vector<std::optional<uint64_t>> RadixQuantiles::results() const {
  std::vector<std::optional<uint64_t>> keys;
  keys.reserve(requests_.size());
  for (const Request& request : requests_) keys.push_back(request.key);
  return keys;
}

}  // namespace headrace
