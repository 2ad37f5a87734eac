// See text_profile.h.
#include "headrace/exec/statistics/text_profile.h"

#include <algorithm>

#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

constexpr const char* kWhat = "values of a column";

/// Where a text may be cut: behind at most `bytes_max` bytes, and before the first byte of a character.
std::size_t cut_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t end = bytes_max;
  while (end > bytes_max - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return end;
}

}  // namespace

TextProfile::TextProfile(MemoryBudget& memory)
    : counts_(memory), known_bytes_(memory, 0, kWhat), memory_(memory.shared_from_this()) {}

void TextProfile::add(const Column& column, std::span<const std::int64_t> times) {
  std::size_t rows = static_cast<std::size_t>(column.length());
  if (rows == 0) return;
  hashes_.resize(rows);
  hash_bytes_batch(column.offsets(), column.bytes(), hashes_);
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t count = times.empty() ? 1 : times[row];
    auto at = static_cast<std::int64_t>(row);
    if (count == 0 || column.is_null(at)) continue;
    add_one(column.string_at(at), hashes_[row], count);
  }
}

void TextProfile::add_one(std::string_view text, std::uint64_t hash, std::int64_t times) {
  auto length = static_cast<std::int64_t>(text.size());
  length_min_ = count_ == 0 ? length : std::min(length_min_, length);
  length_max_ = std::max(length_max_, length);
  length_sum_ += length * times;
  count_ += times;
  if (!wide_) {
    KeyHistogram::Outcome outcome = counts_.add(hash, times);
    if (outcome == KeyHistogram::Outcome::kKnown) return;
    if (outcome == KeyHistogram::Outcome::kNew) {
      std::size_t end = cut_of(text, kTextBytesMax);
      return know(hash, std::string(text.substr(0, end)), end < text.size());
    }
    go_wide();
  }
  wide_->add(hash);
}

void TextProfile::know(std::uint64_t hash, std::string text, bool is_cut) {
  known_bytes_.resize(known_bytes_.bytes() + 2 * sizeof(Known) + text.capacity(), kWhat);
  known_.push_back({hash, std::move(text), is_cut});
}

void TextProfile::go_wide() {
  wide_ = std::make_unique<DistinctSketch>(*memory_);
  for (const KeyHistogram::Range& value : counts_.ranges()) wide_->add(value.first);
  counts_ = KeyHistogram(*memory_);
  known_ = {};
  known_bytes_.resize(0, kWhat);
}

void TextProfile::merge(const TextProfile& other) {
  if (other.count_ == 0) return;
  length_min_ = count_ == 0 ? other.length_min_ : std::min(length_min_, other.length_min_);
  length_max_ = std::max(length_max_, other.length_max_);
  length_sum_ += other.length_sum_;
  count_ += other.count_;
  if (other.wide_) {
    if (!wide_) go_wide();
    return wide_->merge(*other.wide_);
  }
  if (!wide_) {
    std::vector<KeyHistogram::Range> before = counts_.ranges();
    if (counts_.merge(other.counts_)) {
      for (const Known& value : other.known_) {
        if (!std::ranges::binary_search(before, value.hash, {}, &KeyHistogram::Range::first)) {
          know(value.hash, value.text, value.is_cut);
        }
      }
      return;
    }
    go_wide();
  }
  for (const KeyHistogram::Range& value : other.counts_.ranges()) wide_->add(value.first);
}

void TextProfile::write(ByteWriter& out) const {
  for (std::int64_t figure : {count_, length_min_, length_max_, length_sum_}) out.put(figure);
  out.put<std::uint8_t>(wide_ ? 1 : 0);
  if (wide_) return wide_->write(out);
  counts_.write(out);
  out.put<std::uint64_t>(known_.size());
  for (const Known& value : known_) {
    out.put(value.hash);
    out.put_text(value.text);
    out.put<std::uint8_t>(value.is_cut ? 1 : 0);
  }
}

void TextProfile::read(ByteReader& in) {
  for (std::int64_t* figure : {&count_, &length_min_, &length_max_, &length_sum_}) *figure = in.get<std::int64_t>();
  if (in.get<std::uint8_t>() != 0) {
    go_wide();
    return wide_->read(in);
  }
  counts_.read(in);
  for (auto size = in.get<std::uint64_t>(); size > 0; --size) {
    auto hash = in.get<std::uint64_t>();
    std::string text(in.get_text());
    know(hash, std::move(text), in.get<std::uint8_t>() != 0);
  }
  // Each value that was counted has its text.
  std::vector<KeyHistogram::Range> counts = counts_.ranges();
  if (counts.size() != known_.size()) in.refuse();
  for (const Known& value : known_) {
    if (!std::ranges::binary_search(counts, value.hash, {}, &KeyHistogram::Range::first)) in.refuse();
  }
}

std::size_t TextProfile::bytes() const { return counts_.bytes() + known_bytes_.bytes() + (wide_ ? wide_->bytes() : 0); }

std::optional<std::vector<TextProfile::Counted>> TextProfile::counted() const {
  if (wide_) return std::nullopt;
  std::vector<KeyHistogram::Range> counts = counts_.ranges();
  std::vector<Counted> values;
  for (const Known& value : known_) {
    auto at = std::ranges::lower_bound(counts, value.hash, {}, &KeyHistogram::Range::first);
    values.push_back({value.text, value.is_cut, at->count});
  }
  std::ranges::sort(values, [](const Counted& a, const Counted& b) {
    return a.count != b.count ? a.count > b.count : a.text < b.text;
  });
  return values;
}

std::int64_t TextProfile::distinct() const {
  return wide_ ? wide_->estimate() : static_cast<std::int64_t>(counts_.size());
}

bool TextProfile::is_distinct_exact() const { return !wide_ || wide_->is_exact(); }

}  // namespace headrace
