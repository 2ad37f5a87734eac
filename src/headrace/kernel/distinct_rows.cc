// See distinct_rows.h. A hash table without deletion; its size is bounded, so that it is not charged to a budget.
#include "headrace/kernel/distinct_rows.h"

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "headrace/kernel/gather.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

constexpr std::int32_t kCountMax = 1 << 14;
constexpr std::size_t kRowBytesMax = 256;
/// At most one row in so many of a piece may be a new one, from the second on.
constexpr std::int64_t kRowsPerNewRow = 8;

bool is_list(const Column& column) { return column.type().kind() == TypeKind::kFixedSizeList; }

Column values_of(const Column& column) { return is_list(column) ? column.child(0) : column; }

std::size_t row_bytes_of(const Column& column) {
  std::size_t count = is_list(column) ? static_cast<std::size_t>(column.type().list_size()) : 1;
  return count * values_of(column).type().value_bytes();
}

}  // namespace

bool DistinctRows::can_take(const Column& column) {
  if (column.is_dictionary() || column.validity() != nullptr) return false;
  if (is_list(column)) {
    const Column& values = column.child(0);
    if (values.is_dictionary() || values.type().is_nested() || values.validity() != nullptr) return false;
  }
  std::size_t bytes = row_bytes_of(column);
  return bytes > 0 && bytes <= kRowBytesMax;
}

bool DistinctRows::add(MemoryBudget& memory, const Column& piece) {
  if (!can_take(piece) || (row_bytes_ != 0 && row_bytes_of(piece) != row_bytes_)) return false;
  bool is_first = row_bytes_ == 0;
  row_bytes_ = row_bytes_of(piece);
  if (is_first) slots_.assign(1024, 0);
  std::int32_t known = count_;
  std::vector<std::int32_t> new_rows;
  std::shared_ptr<Buffer> codes =
      Buffer::allocate(memory, static_cast<std::size_t>(piece.length()) * sizeof(std::int32_t));
  const std::byte* rows = values_of(piece).raw_values();
  for (std::int64_t row = 0; row < piece.length(); ++row) {
    std::int32_t code = find_or_add(rows + static_cast<std::size_t>(row) * row_bytes_);
    codes->mutable_as<std::int32_t>()[row] = code;
    if (code == known + static_cast<std::int32_t>(new_rows.size())) new_rows.push_back(static_cast<std::int32_t>(row));
    if (count_ > kCountMax) return false;
  }
  if (!is_first && std::ssize(new_rows) * kRowsPerNewRow > piece.length()) return false;
  codes_.push_back(Column::fixed(TypeKind::kInt32, piece.length(), std::move(codes)));
  if (!new_rows.empty()) values_.push_back(gather(memory, piece, new_rows));
  return true;
}

Column DistinctRows::finish(MemoryBudget& memory) {
  Column codes = concat(memory, codes_);
  auto values = std::make_shared<const Column>(concat(memory, values_));
  return Column::dictionary(codes.length(), codes.values_buffer(), std::move(values));
}

std::int32_t DistinctRows::find_or_add(const std::byte* row) {
  std::string_view bytes(reinterpret_cast<const char*>(row), row_bytes_);
  std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash_bytes(bytes) & mask;; slot = (slot + 1) & mask) {
    std::int32_t place = slots_[slot];
    if (place == 0) {
      slots_[slot] = ++count_;
      rows_.insert(rows_.end(), row, row + row_bytes_);
      if (static_cast<std::size_t>(count_) * 2 > slots_.size()) grow();
      return count_ - 1;
    }
    const std::byte* known = rows_.data() + static_cast<std::size_t>(place - 1) * row_bytes_;
    if (std::memcmp(known, row, row_bytes_) == 0) return place - 1;
  }
}

void DistinctRows::grow() {
  std::vector<std::int32_t> slots(slots_.size() * 2, 0);
  std::size_t mask = slots.size() - 1;
  for (std::int32_t i = 0; i < count_; ++i) {
    const std::byte* row = rows_.data() + static_cast<std::size_t>(i) * row_bytes_;
    std::size_t slot = hash_bytes({reinterpret_cast<const char*>(row), row_bytes_}) & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = i + 1;
  }
  slots_ = std::move(slots);
}

}  // namespace headrace
