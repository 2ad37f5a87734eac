// See drop_rows.h. Buffers of one entry a row are copied run by run; strings in two passes, offsets then bytes; lists
// are left to gather().
#include "headrace/kernel/drop_rows.h"

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Rows = std::span<const std::int64_t>;

/// Rows are few when runs between them are about this long; shorter ones are copied faster value by value.
constexpr std::int64_t kRunRowsMin = 16;

/// Calls copy(begin, count) for each run of rows that stay.
template <typename Copy>
void for_each_run(std::int64_t row_count, Rows rows, const Copy& copy) {
  std::int64_t begin = 0;
  for (std::int64_t row : rows) {
    if (row > begin) copy(static_cast<std::size_t>(begin), static_cast<std::size_t>(row - begin));
    begin = row + 1;
  }
  if (row_count > begin) copy(static_cast<std::size_t>(begin), static_cast<std::size_t>(row_count - begin));
}

std::shared_ptr<Buffer> drop_entries(MemoryBudget& memory, const void* entries, std::size_t entry_bytes,
                                     std::int64_t row_count, Rows rows) {
  std::size_t kept = static_cast<std::size_t>(row_count) - rows.size();
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, kept * entry_bytes);
  std::byte* out = buffer->mutable_data();
  const auto* in = static_cast<const std::byte*>(entries);
  for_each_run(row_count, rows, [&](std::size_t begin, std::size_t count) {
    std::memcpy(out, in + begin * entry_bytes, count * entry_bytes);
    out += count * entry_bytes;
  });
  return buffer;
}

std::shared_ptr<Buffer> drop_validity(MemoryBudget& memory, const Column& column, Rows rows) {
  if (column.validity() == nullptr) return nullptr;
  return drop_entries(memory, column.validity(), 1, column.length(), rows);
}

Column drop_texts(MemoryBudget& memory, const Column& column, Rows rows) {
  std::size_t kept = static_cast<std::size_t>(column.length()) - rows.size();
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, (kept + 1) * sizeof(std::int32_t));
  auto* out = offsets->mutable_as<std::int32_t>();
  const std::int32_t* in = column.offsets().data();
  std::int32_t total = 0;
  *out++ = 0;
  for_each_run(column.length(), rows, [&](std::size_t begin, std::size_t count) {
    std::int32_t start = in[begin] - total;
    for (std::size_t i = 1; i <= count; ++i) *out++ = in[begin + i] - start;
    total = in[begin + count] - start;
  });
  std::shared_ptr<Buffer> bytes = Buffer::allocate(memory, static_cast<std::size_t>(total));
  char* to = bytes->mutable_as<char>();
  for_each_run(column.length(), rows, [&](std::size_t begin, std::size_t count) {
    auto size = static_cast<std::size_t>(in[begin + count] - in[begin]);
    if (size > 0) std::memcpy(to, column.bytes() + in[begin], size);
    to += size;
  });
  return Column::binary(column.type(), static_cast<std::int64_t>(kept), std::move(offsets), std::move(bytes),
                        drop_validity(memory, column, rows));
}

Column gather_others(MemoryBudget& memory, const Column& column, Rows rows) {
  std::vector<std::int32_t> others;
  others.reserve(static_cast<std::size_t>(column.length()) - rows.size());
  for_each_run(column.length(), rows, [&](std::size_t begin, std::size_t count) {
    for (std::size_t row = begin; row < begin + count; ++row) others.push_back(static_cast<std::int32_t>(row));
  });
  return gather(memory, column, others);
}

}  // namespace

Column drop_rows(MemoryBudget& memory, const Column& column, Rows rows) {
  if (rows.empty()) return column;
  std::int64_t length = column.length();
  std::int64_t kept = length - std::ssize(rows);
  if (std::ssize(rows) > length / kRunRowsMin) return gather_others(memory, column, rows);
  if (column.is_dictionary()) {
    return Column::dictionary(kept, drop_entries(memory, column.codes().data(), sizeof(std::int32_t), length, rows),
                              column.dictionary());
  }
  switch (column.type().kind()) {
    case TypeKind::kNull: return Column::nulls(memory, column.type(), kept);
    case TypeKind::kString:
    case TypeKind::kBinary: return drop_texts(memory, column, rows);
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return gather_others(memory, column, rows);
    case TypeKind::kStruct: {
      std::vector<Column> children;
      for (const Column& child : column.children()) children.push_back(drop_rows(memory, child, rows));
      return Column::structure(column.type(), kept, std::move(children), drop_validity(memory, column, rows));
    }
    default: break;
  }
  std::shared_ptr<Buffer> values = drop_entries(memory, column.raw_values(), column.type().value_bytes(), length, rows);
  return Column::fixed(column.type(), kept, std::move(values), drop_validity(memory, column, rows));
}

}  // namespace headrace
