// vocabulary: ids of the words that the training rows hold, by falling frequency.
//
//   0 padding   1 null   2 … 1 + oov_buckets   then the words
//
// Words are ordered by count, descending, then by bytes (integers: by value), ascending, so the ids depend on nothing
// but the rows. A value that is no word goes to the hash bucket 2 + hash % oov_buckets.
//
// Of a list, the words are its elements, and its ids are theirs; a null list has none.
//
// State: {"type": "string" | "int64", "count": values seen, "distinct": different values seen, "words": [...]}.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "headrace/expr/function/list_rows.h"
#include "headrace/feature/check_inputs.h"
#include "headrace/feature/count_map.h"
#include "headrace/feature/formula.h"
#include "headrace/kernel/hash.h"

namespace headrace {

extern const TransformKind kVocabularyTransform;

namespace {

constexpr std::int64_t kFirstBucketId = 2;
constexpr std::int64_t kOovBucketsMax = 1'000'000'000;

struct Limits {
  std::int64_t min_count;
  std::int64_t max_size;  // 0: unlimited
  std::int64_t oov_buckets;
};

std::int64_t integer_of(std::string_view key) {
  std::int64_t value;
  std::memcpy(&value, key.data(), sizeof value);
  return value;
}

/// Counts the values of one column, or the elements of its lists: strings, or int64 as their 8 bytes.
class WordCounter final : public Accumulator {
 public:
  WordCounter(MemoryBudget& memory, bool integers, Limits limits)
      : counts_(memory), integers_(integers), limits_(limits) {}

  void update(std::span<const Column> inputs) override {
    bool lists = inputs.front().type().kind() == TypeKind::kList;
    Column values = lists ? list_rows(counts_.memory(), inputs.front()).elements : inputs.front();
    if (integers_) {
      update_integers(values);
    } else {
      update_strings(values);
    }
  }
  void update_counted(std::span<const Column> inputs, std::span<const std::int64_t> counts) override {
    const Column& column = inputs.front();
    bool lists = column.type().kind() == TypeKind::kList;
    ListRows rows = lists ? list_rows(counts_.memory(), column) : ListRows{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      auto row = static_cast<std::int64_t>(i);
      if (counts[i] == 0) continue;
      if (!lists) {
        count_value(column, row, counts[i]);
        continue;
      }
      for (std::int32_t at = rows.begin(row); at < rows.end(row); ++at) count_value(rows.elements, at, counts[i]);
    }
  }
  void merge(const Accumulator& other) override {
    const auto& counter = dynamic_cast<const WordCounter&>(other);
    counts_.add_all(counter.counts_);
    value_count_ += counter.value_count_;
    dropped_count_ += counter.dropped_count_;
  }
  std::unique_ptr<Accumulator> fork() const override {
    return std::make_unique<WordCounter>(counts_.memory(), integers_, limits_);
  }
  Json finish() override {
    Json words = Json::array();
    for (const CountMap::Entry& entry : chosen_words()) {
      std::string_view key = counts_.key(entry);
      words.push_back(integers_ ? Json(integer_of(key)) : Json(key));
    }
    Json state = Json::object();
    state["type"] = integers_ ? "int64" : "string";
    state["count"] = value_count_;
    state["distinct"] = counts_.entries().size() + dropped_count_;
    state["words"] = std::move(words);
    return state;
  }
  void write(ByteWriter& out) const override { write_part(out, 0, 1); }
  void write_part(ByteWriter& out, std::size_t part, std::size_t part_count) const override {
    std::vector<const CountMap::Entry*> entries;
    for (const CountMap::Entry& entry : counts_.entries()) {
      if (part_of(entry.hash, part_count) == part) entries.push_back(&entry);
    }
    // Values are counted once, whatever part they are in.
    out.put(part == 0 ? value_count_ : 0);
    out.put(part == 0 ? dropped_count_ : 0);
    out.put<std::uint64_t>(entries.size());
    for (const CountMap::Entry* entry : entries) {
      out.put(entry->hash);
      out.put(entry->count);
      out.put_text(counts_.key(*entry));
    }
  }
  void read(ByteReader& in) override {
    counts_ = CountMap(counts_.memory());
    value_count_ = in.get<std::int64_t>();
    dropped_count_ = in.get<std::uint64_t>();
    for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
      auto hash = in.get<std::uint64_t>();
      auto times = in.get<std::int64_t>();
      std::string_view key = in.get_text();
      if (integers_ && key.size() != sizeof(std::int64_t)) in.refuse();
      counts_.add(key, hash, times);
    }
  }
  bool is_keyed() const override { return true; }
  void settle() override {
    CountMap kept(counts_.memory());
    for (const CountMap::Entry& entry : chosen_words()) kept.add(counts_.key(entry), entry.hash, entry.count);
    dropped_count_ += counts_.entries().size() - kept.entries().size();
    counts_ = std::move(kept);
  }
  std::size_t state_bytes() const override { return counts_.state_bytes() + sizeof(*this); }

 private:
  /// By the upper half of the hash: tables look at the lower one.
  static std::size_t part_of(std::uint64_t hash, std::size_t part_count) { return (hash >> 32) * part_count >> 32; }

  void update_strings(const Column& column) {
    hashes_.resize(static_cast<std::size_t>(column.length()));
    hash_bytes_batch(column.offsets(), column.bytes(), hashes_);
    for (std::int64_t i = 0; i < column.length(); ++i) {
      if (!column.is_null(i)) count(column.string_at(i), hashes_[static_cast<std::size_t>(i)]);
    }
  }

  void update_integers(const Column& column) {
    std::span<const std::int64_t> values = column.values<std::int64_t>();
    hashes_.resize(values.size());
    hash_int64_batch(values, hashes_);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (column.is_null(static_cast<std::int64_t>(i))) continue;
      auto bytes = std::bit_cast<std::array<char, sizeof(std::int64_t)>>(values[i]);
      count({bytes.data(), bytes.size()}, hashes_[i]);
    }
  }

  void count_value(const Column& column, std::int64_t row, std::int64_t times) {
    if (column.is_null(row)) return;
    if (integers_) {
      std::int64_t value = column.values<std::int64_t>()[static_cast<std::size_t>(row)];
      auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
      count({bytes.data(), bytes.size()}, hash_int64(value), times);
    } else {
      std::string_view value = column.string_at(row);
      count(value, hash_bytes(value), times);
    }
  }

  void count(std::string_view key, std::uint64_t hash, std::int64_t times = 1) {
    counts_.add(key, hash, times);
    value_count_ += times;
  }

  std::vector<CountMap::Entry> chosen_words() const {
    std::vector<CountMap::Entry> words;
    for (const CountMap::Entry& entry : counts_.entries()) {
      if (entry.count >= limits_.min_count) words.push_back(entry);
    }
    std::sort(words.begin(), words.end(), [&](const CountMap::Entry& a, const CountMap::Entry& b) {
      if (a.count != b.count) return a.count > b.count;
      if (integers_) return integer_of(counts_.key(a)) < integer_of(counts_.key(b));
      return counts_.key(a) < counts_.key(b);
    });
    if (limits_.max_size > 0 && std::ssize(words) > limits_.max_size) {
      words.resize(static_cast<std::size_t>(limits_.max_size));
    }
    return words;
  }

  CountMap counts_;
  bool integers_;
  Limits limits_;
  std::int64_t value_count_ = 0;
  std::uint64_t dropped_count_ = 0;  // different values that settle() let go of
  std::vector<std::uint64_t> hashes_;
};

struct State {
  std::int64_t distinct;
  const Json* words;
};

/// A view of `json`.
State read_state(const Json& json, bool integers) {
  StateReader reader(json, "vocabulary", {"type", "count", "distinct", "words"});
  // Comparing JSON with a text would make JSON of the text, where nothing may throw.
  const auto* type = reader.any("type").get_ptr<const std::string*>();
  if (type == nullptr || *type != (integers ? "int64" : "string")) {
    reader.refuse("type", "is not that of the feature's column");
  }
  reader.integer("count");
  State state{reader.integer("distinct"), &reader.array("words")};
  for (const Json& word : *state.words) {
    bool fits = integers ? is_int64(word) : word.is_string();
    if (!fits) reader.refuse("words", "holds a word of another type");
  }
  if (std::ssize(*state.words) > state.distinct) reader.refuse("words", "has more words than 'distinct' says");
  return state;
}

/// The type of the words of a column.
Type word_type(const Type& column) { return column.kind() == TypeKind::kList ? column.element() : column; }

class Vocabulary final : public Transform {
 public:
  Vocabulary(FeatureDomain input, Limits limits)
      : Transform(true),
        input_(std::move(input)),
        lists_(input_.type.kind() == TypeKind::kList),
        integers_(word_type(input_.type).is_integer()),
        limits_(limits) {}

  std::unique_ptr<Accumulator> make_accumulator(MemoryBudget& memory, std::size_t) const override {
    return std::make_unique<WordCounter>(memory, integers_, limits_);
  }
  std::vector<Expr> fit_inputs(std::span<const Expr> inputs) const override { return {widened(inputs.front())}; }

  Expr apply(std::span<const Expr> inputs, const Json& json) const override {
    State state = read_state(json, integers_);
    Expr x = widened(inputs.front());
    Expr buckets = integer_literal(limits_.oov_buckets);
    if (state.words->empty()) {
      return formula("hash_id(x, buckets)", {{"x", x}, {"buckets", buckets}});
    }
    Expr words = integers_ ? list_literal(state.words->get<std::vector<std::int64_t>>())
                           : list_literal(state.words->get<std::vector<std::string>>());
    return formula("vocabulary_id(x, words, buckets)", {{"x", x}, {"words", words}, {"buckets", buckets}});
  }

  FeatureDomain output(const Json& json) const override {
    FeatureDomain domain{ids_type(lists_), false, true, std::nullopt};
    if (!json.is_null())
      domain.id_count = kFirstBucketId + limits_.oov_buckets + std::ssize(*read_state(json, integers_).words);
    return domain;
  }

  std::string describe(const Json& json) const override {
    State state = read_state(json, integers_);
    std::string text = fmt::format("{} words", state.words->size());
    if (std::ssize(*state.words) < state.distinct) text += fmt::format(" of {} different values", state.distinct);
    return text +
           fmt::format(", {} out-of-vocabulary bucket{}", limits_.oov_buckets, limits_.oov_buckets == 1 ? "" : "s");
  }

 private:
  Expr widened(const Expr& x) const {
    bool is_wide = !integers_ || word_type(input_.type).kind() == TypeKind::kInt64;
    return is_wide ? x : cast(x, ids_type(lists_));
  }

  FeatureDomain input_;
  bool lists_;
  bool integers_;
  Limits limits_;
};

std::unique_ptr<Transform> bind_vocabulary(const TransformParameters& parameters,
                                           std::span<const FeatureDomain> inputs) {
  const FeatureDomain& input = one_input("vocabulary", inputs);
  const Type& word = word_type(input.type);
  if (word.kind() != TypeKind::kString && !word.is_integer()) {
    refuse_input("vocabulary", "strings, integers or lists of them", input.type,
                 input.type.is_floating() ? "make ids of numbers with 'bucketize', or cast to int64 under 'from'"
                                          : "cast it under 'from': cast(x as string)");
  }
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  return std::make_unique<Vocabulary>(input,
                                      Limits{.min_count = parameters.integer_in("min_count", 1, kMax),
                                             .max_size = parameters.integer_in("max_size", 0, kMax),
                                             .oov_buckets = parameters.integer_in("oov_buckets", 1, kOovBucketsMax)});
}

}  // namespace

const TransformKind kVocabularyTransform = {
    .name = "vocabulary",
    .summary =
        "Ids of the values of the training rows: 0 padding (never made), 1 null, then the out-of-vocabulary hash "
        "buckets, then the words by falling count, equal counts by bytes (integers by value). A value that is no "
        "word gets the bucket of its hash. Of a list, its elements are the words, and the ids are a list of as many; a "
        "null "
        "list has none.",
    .fitted = "the words and their order",
    .input = "a string, an integer, or a list of them",
    .output = "int64 ids, or lists of them; their number is 2 + oov_buckets + words",
    .parameters = {{"min_count", "integer", "1", "values seen less often are no words"},
                   {"max_size", "integer", "0", "keep the first so many words; 0: all of them"},
                   {"oov_buckets", "integer", "1", "hash buckets for other values, at least 1"}},
    .example = "{vocabulary: {min_count: 20, oov_buckets: 4}}",
    .source = {},
    .bind = bind_vocabulary,
};

}  // namespace headrace
