// See value_index.h.
#include "headrace/expr/function/value_index.h"

#include <bit>

#include "headrace/base/error.h"
#include "headrace/expr/function/loops.h"
#include "headrace/kernel/hash.h"

namespace headrace {

std::int64_t index_key(std::int64_t value) { return value; }
std::int64_t index_key(double value) { return static_cast<std::int64_t>(canonical_float64_bits(value)); }

ValueIndex::ValueIndex(const Column& values) : values_(values) {
  std::size_t row_count = static_cast<std::size_t>(values.length());
  if (row_count == 0 || values.type().kind() == TypeKind::kNull) {
    has_null_ = row_count > 0;
    return;
  }
  HEADRACE_CHECK(!values.type().is_nested());
  bool by_bytes = values.type().is_binary_like() || values.type().kind() == TypeKind::kDecimal128;
  if (!by_bytes) {
    keys_.resize(row_count);
    visit_fixed(values.type().kind(), [&](auto tag) {
      using T = typename decltype(tag)::type;
      if constexpr (!std::is_same_v<T, Int128>) {
        for (std::size_t i = 0; i < row_count; ++i) keys_[i] = index_key(values.values<T>()[i]);
      }
    });
  }
  slots_.assign(std::bit_ceil(row_count * 2), Slot{});
  mask_ = slots_.size() - 1;
  for (std::size_t i = 0; i < row_count; ++i) add(static_cast<std::int32_t>(i));
}

std::string_view ValueIndex::bytes_at(std::int32_t row) const {
  if (values_.type().is_binary_like()) return values_.string_at(row);
  const std::byte* start = values_.raw_values() + static_cast<std::size_t>(row) * sizeof(Int128);
  return {reinterpret_cast<const char*>(start), sizeof(Int128)};
}

void ValueIndex::add(std::int32_t row) {
  if (values_.is_null(row)) {
    has_null_ = true;
    return;
  }
  bool by_bytes = keys_.empty();
  std::uint64_t hash = by_bytes ? hash_bytes(bytes_at(row)) : mix(keys_[static_cast<std::size_t>(row)]);
  std::size_t at = static_cast<std::size_t>(hash) & mask_;
  for (; slots_[at].row != kMissing; at = (at + 1) & mask_) {
    std::int32_t other = slots_[at].row;
    bool equal = by_bytes ? bytes_at(other) == bytes_at(row)
                          : keys_[static_cast<std::size_t>(other)] == keys_[static_cast<std::size_t>(row)];
    if (equal) {
      duplicates_.push_back(row);
      return;
    }
  }
  slots_[at] = {row, tag_of(hash)};
}

}  // namespace headrace
