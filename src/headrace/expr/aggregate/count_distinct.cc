// count_distinct: the exact number of different values that are not null.
//
// One hash set for all groups holds pairs (group, value): an open-addressing table of slots with the value inside, so
// that many small groups cost no more than one large one. Values of fixed width are kept as 64 bits (decimals 128),
// with -0.0 as 0.0 and every NaN as one; texts as a reference into one arena.
#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

#include "headrace/expr/aggregate/grouped.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/kernel/hash.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

extern const AggregateFunction kCountDistinctAggregate;

namespace {

/// Spreads all bits of `bits` over the result (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

std::uint64_t slot_hash(std::uint64_t value_bits, std::uint32_t group) {
  return spread(value_bits + spread(std::uint64_t{group} + 0x9e3779b97f4a7c15));
}

/// The values of one width.
template <typename Key>
struct FixedKeys {
  struct Slot {
    Key value;
    std::uint32_t group_after;  // the group + 1; 0 in an empty slot
  };
  using View = Key;

  static std::uint64_t hash(View value, std::uint32_t group) {
    auto low = static_cast<std::uint64_t>(value);
    if constexpr (sizeof(Key) > sizeof(low)) low += spread(static_cast<std::uint64_t>(value >> 64));
    return slot_hash(low, group);
  }
  std::uint64_t hash(const Slot& slot) const { return hash(slot.value, slot.group_after - 1); }
  View view(const Slot& slot) const { return slot.value; }
  bool holds(const Slot& slot, View value, std::uint64_t) const { return slot.value == value; }
  Slot store(View value, std::uint32_t group, std::uint64_t) { return {value, group + 1}; }
  std::size_t bytes() const { return 0; }
};

/// Texts: their bytes stand in an arena, their hashes in the slots.
struct TextKeys {
  struct Slot {
    std::uint64_t hash;
    std::uint64_t offset;
    std::uint32_t length_bytes;
    std::uint32_t group_after;
  };
  using View = std::string_view;

  static std::uint64_t hash(View value, std::uint32_t group) { return slot_hash(hash_bytes(value), group); }
  std::uint64_t hash(const Slot& slot) const { return slot.hash; }
  View view(const Slot& slot) const { return {arena.data() + slot.offset, slot.length_bytes}; }
  bool holds(const Slot& slot, View value, std::uint64_t hash) const {
    return slot.hash == hash && view(slot) == value;
  }
  Slot store(View value, std::uint32_t group, std::uint64_t hash) {
    std::uint64_t offset = arena.size();
    arena += value;
    return {hash, offset, static_cast<std::uint32_t>(value.size()), group + 1};
  }
  std::size_t bytes() const { return arena.capacity(); }

  std::string arena;
};

/// The set of pairs (group, value). At most half of the slots are taken.
template <typename Keys>
class DistinctSet {
 public:
  using Slot = typename Keys::Slot;
  using View = typename Keys::View;

  /// Returns whether the pair is new.
  bool insert(View value, std::uint32_t group) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    std::uint64_t hash = Keys::hash(value, group);
    for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
      Slot& slot = slots_[i];
      if (slot.group_after == 0) {
        slot = keys_.store(value, group, hash);
        ++count_;
        return true;
      }
      if (slot.group_after == group + 1 && keys_.holds(slot, value, hash)) return false;
    }
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.group_after != 0) visit(keys_.view(slot), slot.group_after - 1);
    }
  }

  std::size_t bytes() const { return vector_bytes(slots_) + keys_.bytes(); }

 private:
  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max<std::size_t>(2 * old.size(), 16), Slot{});
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.group_after == 0) continue;
      std::size_t i = keys_.hash(slot) & mask_;
      while (slots_[i].group_after != 0) i = (i + 1) & mask_;
      slots_[i] = slot;
    }
  }

  Keys keys_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
};

template <typename T>
auto key_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return canonical_float64_bits(static_cast<double>(value));
  } else if constexpr (sizeof(T) > sizeof(std::uint64_t)) {
    return static_cast<Uint128>(value);
  } else {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
}

/// Reads row `row` of the argument, whose storage is T, or text for std::string_view.
template <typename T>
auto key_at(const Column& argument, std::size_t row) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return argument.string_at(static_cast<std::int64_t>(row));
  } else {
    return key_of(argument.values<T>()[row]);
  }
}

template <typename T, typename Keys>
class CountDistinct final : public GroupedAggregate {
 public:
  void resize(std::size_t group_count) override { counts_.resize(group_count); }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    for_each_valid(*argument, group_ids,
                   [&](std::uint32_t group, std::size_t row) { add(key_at<T>(*argument, row), group); });
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const CountDistinct&>(other);
    from.set_.for_each([&](auto value, std::uint32_t group) { add(value, group_ids[group]); });
  }

  Column finish(MemoryBudget& memory) override {
    return make_results<std::int64_t>(
        memory, TypeKind::kInt64, counts_.size(), [](std::size_t) { return true; },
        [&](std::size_t group) { return counts_[group]; });
  }

  std::size_t state_bytes() const override { return vector_bytes(counts_) + set_.bytes(); }

 private:
  void add(typename Keys::View value, std::uint32_t group) { counts_[group] += set_.insert(value, group) ? 1 : 0; }

  DistinctSet<Keys> set_;
  std::vector<std::int64_t> counts_;
};

std::unique_ptr<GroupedAggregate> make_count_distinct(const Type& type) {
  if (type.is_binary_like()) return std::make_unique<CountDistinct<std::string_view, TextKeys>>();
  return with_storage(type, [](auto storage) -> std::unique_ptr<GroupedAggregate> {
    using T = decltype(storage);
    return std::make_unique<CountDistinct<T, FixedKeys<decltype(key_of(T{}))>>>();
  });
}

}  // namespace

const AggregateFunction kCountDistinctAggregate = {
    .name = "count_distinct",
    .signature = "count_distinct(x: any scalar) -> int64",
    .summary = "The exact number of different values; nulls do not count, NaN equals NaN, and -0.0 equals 0.0.",
    .resolve =
        [](std::span<const Type> given, Type& arg_type, Type& result) {
          constexpr std::string_view kAccepted = "one argument that is no list or struct";
          require_arg_count("count_distinct", given, 1, 1, kAccepted);
          if (given[0].is_nested()) refuse_args("count_distinct", given, kAccepted);
          arg_type = given[0].kind() == TypeKind::kNull ? Type(TypeKind::kString) : given[0];
          result = TypeKind::kInt64;
        },
    .make = make_count_distinct,
};

}  // namespace headrace
