// See count_map.h.

#include "headrace/feature/count_map.h"

#include <algorithm>
#include <limits>

#include "headrace/base/error.h"

namespace headrace {

namespace {

constexpr std::size_t kSlotsMin = 64;
constexpr std::size_t kArenaBytesMin = 1024;
constexpr std::string_view kWhat = "counts of a vocabulary";

}  // namespace

CountMap::CountMap(MemoryBudget& memory) : memory_(memory.shared_from_this()), reservation_(memory, 0, kWhat) {}

void CountMap::add(std::string_view key, std::uint64_t hash, std::int64_t count) {
  if ((entries_.size() + 1) * 2 > slots_.size()) grow_slots();
  std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) return insert(slot, key, hash, count);
    Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && this->key(entry) == key) {
      entry.count += count;
      return;
    }
  }
}

void CountMap::add_all(const CountMap& other) {
  for (const Entry& entry : other.entries_) add(other.key(entry), entry.hash, entry.count);
}

void CountMap::insert(std::size_t slot, std::string_view key, std::uint64_t hash, std::int64_t count) {
  if (arena_.size() + key.size() > arena_.capacity()) grow_arena(key.size());
  entries_.push_back({hash, count, arena_.size(), static_cast<std::uint32_t>(key.size())});
  arena_.insert(arena_.end(), key.begin(), key.end());
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
}

void CountMap::grow_slots() {
  std::size_t size = std::max(kSlotsMin, slots_.size() * 2);
  if (size / 2 > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::kUnsupported, "a vocabulary is fitted to more than 2^32 different values",
                "use 'hash' for this feature");
  }
  charge(size * sizeof(std::uint32_t) + size / 2 * sizeof(Entry));
  entries_.reserve(size / 2);
  slots_.assign(size, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = entries_[i].hash & (size - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (size - 1);
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
  charge(0);
}

void CountMap::grow_arena(std::size_t additional_bytes) {
  std::size_t bytes = std::max({kArenaBytesMin, arena_.capacity() * 2, arena_.size() + additional_bytes});
  charge(bytes);
  arena_.reserve(bytes);
  charge(0);
}

void CountMap::charge(std::size_t extra_bytes) {
  reservation_.resize(
      slots_.capacity() * sizeof(std::uint32_t) + entries_.capacity() * sizeof(Entry) + arena_.capacity() + extra_bytes,
      kWhat);
}

}  // namespace headrace
