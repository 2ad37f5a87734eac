// See distinct_sketch.h.
#include "headrace/kernel/distinct_sketch.h"

#include <algorithm>
#include <iterator>

namespace headrace {

namespace {

constexpr size_t kSlotsMin = 16;
constexpr const char* kWhat = "a count of different values";

}  // namespace

DistinctSketch::DistinctSketch(MemoryBudget& memory) : reservation_(memory, 0, kWhat) { rebuild(kSlotsMin); }

void DistinctSketch::insert(uint64_t hash) {
  hash = std::max<uint64_t>(hash, 1);  // 0 stands for a free slot
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & mask;
  if (slots_[at] == hash) return;
  if (kept_ == kHashesMax) {
    raise_level();
    return add(hash);
  }
  if (2 * (kept_ + 1) > slots_.size()) {
    rebuild(2 * slots_.size());
    return add(hash);
  }
  slots_[at] = hash;
  ++kept_;
}

void DistinctSketch::raise_level() {
  ++level_;
  greatest_ >>= 1;
  rebuild(slots_.size());
}

void DistinctSketch::rebuild(size_t slot_count) {
  reservation_.resize(reservation_.bytes() + slot_count * sizeof(uint64_t), kWhat);
  const std::vector<uint64_t> old = std::move(slots_);
  slots_.assign(slot_count, 0);
  kept_ = 0;
  const size_t mask = slot_count - 1;
  for (const uint64_t hash : old) {
    if (hash == 0 || hash > greatest_) continue;
    size_t at = hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = hash;
    ++kept_;
  }
  reservation_.resize(slot_count * sizeof(uint64_t), kWhat);
}

void DistinctSketch::merge(const DistinctSketch& other) {
  while (level_ < other.level_) raise_level();
  for (const uint64_t hash : other.slots_) {
    if (hash != 0) add(hash);
  }
}

void DistinctSketch::write(ByteWriter& out) const {
  out.put<int32_t>(level_);
  std::vector<uint64_t> kept;
  kept.reserve(kept_);
  std::ranges::copy_if(slots_, std::back_inserter(kept), [](uint64_t hash) { return hash != 0; });
  out.put_all<uint64_t>(kept);
}

void DistinctSketch::read(ByteReader& in) {
  const auto level = in.get<int32_t>();
  if (level < 0 || level > 63) in.refuse();
  while (level_ < level) raise_level();
  const std::vector<uint64_t> kept = in.get_all<uint64_t>();
  if (kept.size() > kHashesMax) in.refuse();
  add(kept);
  if (kept_ != kept.size() || level_ != level) in.refuse();
}

}  // namespace headrace
