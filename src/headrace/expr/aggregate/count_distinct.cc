// count_distinct: the exact number of different values that are not null.
//
// Values are words (kernel/key_part.h): numbers by their bits, texts by a number of their own. While a column has at
// most 64 different values, a group's state is a set of bits, one a value. With more, one hash set for all groups holds
// pairs (group, word): an open-addressing table with the pair inside its slot, so that many small groups cost no more
// than one large one.
#include <bit>

#include "headrace/expr/aggregate/grouped.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/kernel/key_part.h"

namespace headrace {

extern const AggregateFunction kCountDistinctAggregate;

namespace {

/// Spreads all bits of `bits` over the result (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

/// The set of pairs (group, word). At most half of the slots are taken.
class PairSet {
 public:
  /// Returns whether the pair is new.
  bool insert(std::uint64_t word, std::uint32_t group) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    Slot& slot = slot_of(word, group);
    if (slot.group_after != 0) return false;
    slot = {word, group + 1};
    ++count_;
    return true;
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.group_after != 0) visit(slot.word, slot.group_after - 1);
    }
  }

  std::size_t bytes() const { return vector_bytes(slots_); }

 private:
  struct Slot {
    std::uint64_t word;
    std::uint32_t group_after;  // the group + 1; 0 in an empty slot
  };

  /// The slot of a pair, or the empty slot where it belongs.
  Slot& slot_of(std::uint64_t word, std::uint32_t group) {
    std::size_t mask = slots_.size() - 1;
    std::size_t at = spread(word + spread(std::uint64_t{group} + 0x9e3779b97f4a7c15)) & mask;
    while (slots_[at].group_after != 0 && (slots_[at].group_after != group + 1 || slots_[at].word != word)) {
      at = (at + 1) & mask;
    }
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max<std::size_t>(2 * old.size(), 16), Slot{});
    for (const Slot& slot : old) {
      if (slot.group_after != 0) slot_of(slot.word, slot.group_after - 1) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

class CountDistinct final : public GroupedAggregate {
 public:
  CountDistinct(const Type& type, MemoryBudget& memory) : values_(type, memory), codes_(&memory) {}

  void resize(std::size_t group_count) override {
    group_count_ = group_count;
    is_few_ ? bits_.resize(group_count) : counts_.resize(group_count);
  }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    values_.insert(*argument, rows_);
    if (is_few_ && number_words(rows_.words, rows_.valid)) {
      for (std::size_t row = 0; row < group_ids.size(); ++row) {
        // A null has code -1: no bit.
        auto code = static_cast<std::uint32_t>(row_codes_[row]);
        bits_[group_ids[row]] |= static_cast<std::uint64_t>(code < kFewValues) << (code % kFewValues);
      }
      return;
    }
    for (std::size_t row = 0; row < group_ids.size(); ++row) {
      if (rows_.valid == nullptr || rows_.valid[row] != 0) add_pair(rows_.words[row], group_ids[row]);
    }
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
             std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const CountDistinct&>(other);
    const std::vector<std::uint64_t> words_of = values_.translate(from.values_);
    auto translated = [&](std::uint64_t word) { return words_of.empty() ? word : words_of[word]; };
    if (from.is_few_) {
      std::vector<std::uint64_t> words;
      for (std::uint64_t word : from.code_words_) words.push_back(translated(word));
      bool stays_few = is_few_ && number_words(words, nullptr);
      for (std::size_t i = 0; i < group_ids.size(); ++i) {
        for (std::uint64_t bits = from.bits_[other_groups[i]]; bits != 0; bits &= bits - 1) {
          auto code = static_cast<std::size_t>(std::countr_zero(bits));
          if (stays_few) {
            bits_[group_ids[i]] |= std::uint64_t{1} << row_codes_[code];
          } else {
            add_pair(words[code], group_ids[i]);
          }
        }
      }
      return;
    }
    if (is_few_) start_pairs();
    constexpr std::uint32_t kNoGroup = ~std::uint32_t{0};
    std::vector<std::uint32_t> group_of(from.group_count_, kNoGroup);
    for (std::size_t i = 0; i < group_ids.size(); ++i) group_of[other_groups[i]] = group_ids[i];
    from.pairs_.for_each([&](std::uint64_t word, std::uint32_t group) {
      if (group_of[group] != kNoGroup) add_pair(translated(word), group_of[group]);
    });
  }

  Column finish(MemoryBudget& memory) override {
    return make_results<std::int64_t>(
        memory, TypeKind::kInt64, group_count_, [](std::size_t) { return true; },
        [&](std::size_t group) {
          return is_few_ ? static_cast<std::int64_t>(std::popcount(bits_[group])) : counts_[group];
        });
  }

  std::size_t state_bytes() const override { return vector_bytes(bits_) + vector_bytes(counts_) + pairs_.bytes(); }

 private:
  static constexpr std::uint32_t kFewValues = 64;

  /// Sets row_codes_ to the codes of words, -1 where one is not valid, and returns true; or, when there are more codes
  /// than bits, goes over to pairs and returns false.
  bool number_words(std::span<const std::uint64_t> words, const std::uint8_t* valid) {
    row_codes_.resize(words.size());
    auto new_code = [&](std::size_t row) {
      code_words_.push_back(words[row]);
      return static_cast<std::int32_t>(code_words_.size()) - 1;
    };
    codes_.insert(words, valid, row_codes_, new_code, [](std::size_t) { return -1; });
    if (code_words_.size() <= kFewValues) return true;
    start_pairs();
    return false;
  }

  void start_pairs() {
    is_few_ = false;
    counts_.resize(group_count_);
    for (std::size_t group = 0; group < bits_.size(); ++group) {
      for (std::uint64_t bits = bits_[group]; bits != 0; bits &= bits - 1) {
        add_pair(code_words_[static_cast<std::size_t>(std::countr_zero(bits))], static_cast<std::uint32_t>(group));
      }
    }
    bits_ = {};
    code_words_ = {};
  }

  void add_pair(std::uint64_t word, std::uint32_t group) { counts_[group] += pairs_.insert(word, group) ? 1 : 0; }

  KeyPart values_;
  PartRows rows_;
  std::size_t group_count_ = 0;

  bool is_few_ = true;  // no more different values than bits
  WordTable codes_;     // word to bit
  std::vector<std::uint64_t> code_words_;
  std::vector<std::int32_t> row_codes_;
  std::vector<std::uint64_t> bits_;

  PairSet pairs_;
  std::vector<std::int64_t> counts_;
};

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
    .make = [](const Type& type, MemoryBudget& memory) -> std::unique_ptr<GroupedAggregate> {
      return std::make_unique<CountDistinct>(type, memory);
    },
    .takes_dictionary = true,
};

}  // namespace headrace
