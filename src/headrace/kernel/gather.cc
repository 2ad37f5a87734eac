// See gather.h. Fixed-width values are copied by a loop per width; strings by two passes, offsets then bytes.
#include "headrace/kernel/gather.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

using Rows = std::span<const std::int32_t>;

std::shared_ptr<Buffer> gather_validity(MemoryBudget& memory, const Column& column, Rows rows) {
  bool has_missing = std::any_of(rows.begin(), rows.end(), [](std::int32_t row) { return row < 0; });
  const std::uint8_t* validity = column.validity();
  if (!has_missing && validity == nullptr) return nullptr;
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, rows.size());
  auto* out = buffer->mutable_as<std::uint8_t>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i] = rows[i] < 0 ? std::uint8_t{0} : validity == nullptr ? std::uint8_t{1} : validity[rows[i]];
  }
  return buffer;
}

template <typename T>
std::shared_ptr<Buffer> gather_values(MemoryBudget& memory, const Column& column, Rows rows) {
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, rows.size() * sizeof(T));
  T* out = buffer->mutable_as<T>();
  const T* in = reinterpret_cast<const T*>(column.raw_values());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = rows[i] < 0 ? T{} : in[rows[i]];
  return buffer;
}

std::int32_t checked_offset(std::size_t offset) {
  if (offset > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::kUnsupported, "a column holds more than 2 GiB of text, or more than 2^31 list elements",
                "drop the column, or reduce it to a hash or a length before this step");
  }
  return static_cast<std::int32_t>(offset);
}

Column gather_binary(MemoryBudget& memory, const Column& column, Rows rows) {
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, (rows.size() + 1) * sizeof(std::int32_t));
  auto* out = offsets->mutable_as<std::int32_t>();
  const std::int32_t* in = column.offsets().data();
  std::size_t total = 0;
  out[0] = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= 0) total += static_cast<std::size_t>(in[rows[i] + 1] - in[rows[i]]);
    out[i + 1] = checked_offset(total);
  }
  std::shared_ptr<Buffer> bytes = Buffer::allocate(memory, total);
  char* to = bytes->mutable_as<char>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    std::size_t size = static_cast<std::size_t>(out[i + 1] - out[i]);
    if (size > 0) std::memcpy(to + out[i], column.bytes() + in[rows[i]], size);
  }
  return Column::binary(column.type(), static_cast<std::int64_t>(rows.size()), std::move(offsets), std::move(bytes),
                        gather_validity(memory, column, rows));
}

Column gather_list(MemoryBudget& memory, const Column& column, Rows rows) {
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, (rows.size() + 1) * sizeof(std::int32_t));
  auto* out = offsets->mutable_as<std::int32_t>();
  std::vector<std::int32_t> child_rows;
  out[0] = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= 0) {
      std::size_t row = static_cast<std::size_t>(rows[i]);
      for (std::int32_t at = column.offsets()[row]; at < column.offsets()[row + 1]; ++at) child_rows.push_back(at);
    }
    out[i + 1] = checked_offset(child_rows.size());
  }
  return Column::list(column.type(), static_cast<std::int64_t>(rows.size()), std::move(offsets),
                      gather(memory, column.child(0), child_rows), gather_validity(memory, column, rows));
}

Column gather_fixed_size_list(MemoryBudget& memory, const Column& column, Rows rows) {
  std::int32_t size = column.type().list_size();
  std::vector<std::int32_t> child_rows;
  child_rows.reserve(rows.size() * static_cast<std::size_t>(size));
  for (std::int32_t row : rows) {
    for (std::int32_t i = 0; i < size; ++i) child_rows.push_back(row < 0 ? -1 : row * size + i);
  }
  return Column::fixed_size_list(column.type(), static_cast<std::int64_t>(rows.size()),
                                 gather(memory, column.child(0), child_rows), gather_validity(memory, column, rows));
}

std::shared_ptr<Buffer> concat_validity(MemoryBudget& memory, std::span<const Column> columns, std::int64_t length) {
  bool any = std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.validity() != nullptr; });
  if (!any) return nullptr;
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, static_cast<std::size_t>(length));
  auto* out = buffer->mutable_as<std::uint8_t>();
  for (const Column& column : columns) {
    std::size_t rows = static_cast<std::size_t>(column.length());
    if (rows == 0) continue;
    if (column.validity() != nullptr) {
      std::memcpy(out, column.validity(), rows);
    } else {
      std::memset(out, 1, rows);
    }
    out += rows;
  }
  return buffer;
}

/// Joined offsets, starting at 0; `starts[i]` and `ends[i]` are the range of column i's own child or bytes.
std::shared_ptr<Buffer> concat_offsets(MemoryBudget& memory, std::span<const Column> columns, std::int64_t length) {
  std::shared_ptr<Buffer> buffer =
      Buffer::allocate(memory, static_cast<std::size_t>(length + 1) * sizeof(std::int32_t));
  auto* out = buffer->mutable_as<std::int32_t>();
  std::size_t total = 0;
  *out++ = 0;
  for (const Column& column : columns) {
    std::span<const std::int32_t> in = column.offsets();
    for (std::size_t i = 1; i < in.size(); ++i)
      *out++ = checked_offset(total + static_cast<std::size_t>(in[i] - in[0]));
    total += static_cast<std::size_t>(in.back() - in.front());
  }
  return buffer;
}

std::vector<Column> children_of(std::span<const Column> columns, std::size_t index) {
  std::vector<Column> children;
  for (const Column& column : columns) {
    const Column& child = column.child(index);
    bool is_list = column.type().kind() == TypeKind::kList;
    children.push_back(
        is_list ? child.slice(column.offsets().front(), column.offsets().back() - column.offsets().front()) : child);
  }
  return children;
}

std::shared_ptr<const Buffer> gather_codes(MemoryBudget& memory, const Column& column, Rows rows) {
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, rows.size() * sizeof(std::int32_t));
  auto* out = buffer->mutable_as<std::int32_t>();
  const std::int32_t* in = column.codes().data();
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = rows[i] < 0 ? -1 : in[rows[i]];
  return buffer;
}

std::int64_t length_of(Rows rows) { return static_cast<std::int64_t>(rows.size()); }

/// Several dictionary columns as one over the same dictionary.
Column concat_codes(MemoryBudget& memory, std::span<const Column> columns, std::int64_t length) {
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, static_cast<std::size_t>(length) * sizeof(std::int32_t));
  auto* out = buffer->mutable_as<std::int32_t>();
  for (const Column& column : columns) out = std::copy(column.codes().begin(), column.codes().end(), out);
  return Column::dictionary(length, std::move(buffer), columns[0].dictionary());
}

/// The values of several dictionaries of strings, each once.
class DictionaryUnion {
 public:
  DictionaryUnion(MemoryBudget& memory, const Type& type) : memory_(memory), values_(memory, type) {}

  /// Sets codes_of(dictionary)[i] to the place of the dictionary's value i; -1 for null.
  const std::vector<std::int32_t>& codes_of(const std::shared_ptr<const Column>& dictionary) {
    auto [entry, is_new] = codes_.try_emplace(dictionary.get());
    if (!is_new) return entry->second;
    for (std::int64_t i = 0; i < dictionary->length(); ++i) {
      if (dictionary->is_null(i)) {
        entry->second.push_back(-1);
        continue;
      }
      auto [place, is_new_value] =
          places_.try_emplace(dictionary->string_at(i), static_cast<std::int32_t>(places_.size()));
      if (is_new_value) values_.append_string(place->first);
      entry->second.push_back(place->second);
    }
    return entry->second;
  }
  std::shared_ptr<const Column> finish() { return std::make_shared<const Column>(values_.finish()); }
  MemoryBudget& memory() { return memory_; }

 private:
  MemoryBudget& memory_;
  ColumnBuilder values_;
  std::unordered_map<std::string_view, std::int32_t> places_;  // views into the dictionaries
  std::unordered_map<const Column*, std::vector<std::int32_t>> codes_;
};

Column concat_united(MemoryBudget& memory, std::span<const Column> columns, std::int64_t length) {
  DictionaryUnion values(memory, columns[0].type());
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, static_cast<std::size_t>(length) * sizeof(std::int32_t));
  auto* out = buffer->mutable_as<std::int32_t>();
  for (const Column& column : columns) {
    const std::vector<std::int32_t>& codes = values.codes_of(column.dictionary());
    for (std::int32_t code : column.codes()) *out++ = code < 0 ? -1 : codes[static_cast<std::size_t>(code)];
  }
  return Column::dictionary(length, std::move(buffer), values.finish());
}

/// Strings that repeat at least this often are kept as codes when columns are joined.
constexpr std::int64_t kRepeatsMin = 4;

/// Joins dictionary columns without touching values, if that makes sense; else returns false.
bool concat_dictionaries(MemoryBudget& memory, std::span<const Column> columns, std::int64_t length, Column& result) {
  if (!std::ranges::all_of(columns, &Column::is_dictionary)) return false;
  bool is_one =
      std::ranges::all_of(columns, [&](const Column& c) { return c.dictionary() == columns[0].dictionary(); });
  if (is_one) {
    result = concat_codes(memory, columns, length);
    return true;
  }
  if (!columns[0].type().is_binary_like()) return false;
  std::unordered_set<const Column*> dictionaries;
  std::int64_t value_count = 0;
  for (const Column& column : columns) {
    if (dictionaries.insert(column.dictionary().get()).second) value_count += column.dictionary()->length();
  }
  if (value_count * kRepeatsMin > length) return false;
  result = concat_united(memory, columns, length);
  return true;
}

}  // namespace

Column gather(MemoryBudget& memory, const Column& column, Rows rows) {
  std::int64_t length = length_of(rows);
  if (column.is_dictionary()) {
    return Column::dictionary(length, gather_codes(memory, column, rows), column.dictionary());
  }
  auto fixed = [&](std::shared_ptr<Buffer> values) {
    return Column::fixed(column.type(), length, std::move(values), gather_validity(memory, column, rows));
  };
  switch (column.type().kind()) {
    case TypeKind::kNull: return Column::nulls(memory, column.type(), length);
    case TypeKind::kString:
    case TypeKind::kBinary: return gather_binary(memory, column, rows);
    case TypeKind::kList: return gather_list(memory, column, rows);
    case TypeKind::kFixedSizeList: return gather_fixed_size_list(memory, column, rows);
    case TypeKind::kStruct: {
      std::vector<Column> children;
      for (const Column& child : column.children()) children.push_back(gather(memory, child, rows));
      return Column::structure(column.type(), length, std::move(children), gather_validity(memory, column, rows));
    }
    default: break;
  }
  switch (column.type().value_bytes()) {
    case 1: return fixed(gather_values<std::uint8_t>(memory, column, rows));
    case 2: return fixed(gather_values<std::uint16_t>(memory, column, rows));
    case 4: return fixed(gather_values<std::uint32_t>(memory, column, rows));
    case 8: return fixed(gather_values<std::uint64_t>(memory, column, rows));
    default: return fixed(gather_values<Int128>(memory, column, rows));
  }
}

Batch gather(MemoryBudget& memory, const Batch& batch, Rows rows) {
  Batch out{batch.schema, {}, static_cast<std::int64_t>(rows.size())};
  out.columns.reserve(batch.columns.size());
  std::unordered_map<const std::int32_t*, std::shared_ptr<const Buffer>> picked;  // by the codes they were picked from
  for (const Column& column : batch.columns) {
    if (!column.is_dictionary()) {
      out.columns.push_back(gather(memory, column, rows));
      continue;
    }
    std::shared_ptr<const Buffer>& codes = picked[column.codes().data()];
    if (!codes) codes = gather_codes(memory, column, rows);
    out.columns.push_back(Column::dictionary(length_of(rows), codes, column.dictionary()));
  }
  return out;
}

Column flatten(MemoryBudget& memory, const Column& column) {
  if (!column.is_dictionary()) return column;
  return flatten(memory, gather(memory, *column.dictionary(), column.codes()));
}

Batch flatten(MemoryBudget& memory, const Batch& batch) {
  Batch flat = batch;
  for (Column& column : flat.columns) column = flatten(memory, column);
  return flat;
}

Column concat(MemoryBudget& memory, std::span<const Column> columns) {
  HEADRACE_CHECK(!columns.empty());
  if (columns.size() == 1) return columns[0];
  const Type& type = columns[0].type();
  std::int64_t length = 0;
  for (const Column& column : columns) length += column.length();
  if (Column joined; concat_dictionaries(memory, columns, length, joined)) return joined;
  if (std::ranges::any_of(columns, &Column::is_dictionary)) {
    std::vector<Column> flat;
    for (const Column& column : columns) flat.push_back(flatten(memory, column));
    return concat(memory, flat);
  }
  std::shared_ptr<Buffer> validity = concat_validity(memory, columns, length);
  switch (type.kind()) {
    case TypeKind::kNull: return Column::nulls(memory, type, length);
    case TypeKind::kString:
    case TypeKind::kBinary: {
      std::shared_ptr<Buffer> offsets = concat_offsets(memory, columns, length);
      std::size_t total = static_cast<std::size_t>(offsets->mutable_as<std::int32_t>()[length]);
      std::shared_ptr<Buffer> bytes = Buffer::allocate(memory, total);
      char* to = bytes->mutable_as<char>();
      for (const Column& column : columns) {
        std::size_t size = static_cast<std::size_t>(column.offsets().back() - column.offsets().front());
        if (size > 0) std::memcpy(to, column.bytes() + column.offsets().front(), size);
        to += size;
      }
      return Column::binary(type, length, std::move(offsets), std::move(bytes), std::move(validity));
    }
    case TypeKind::kList:
      return Column::list(type, length, concat_offsets(memory, columns, length),
                          concat(memory, children_of(columns, 0)), std::move(validity));
    case TypeKind::kFixedSizeList:
      return Column::fixed_size_list(type, length, concat(memory, children_of(columns, 0)), std::move(validity));
    case TypeKind::kStruct: {
      std::vector<Column> children;
      for (std::size_t i = 0; i < type.fields().size(); ++i) {
        children.push_back(concat(memory, children_of(columns, i)));
      }
      return Column::structure(type, length, std::move(children), std::move(validity));
    }
    default: break;
  }
  std::size_t value_bytes = type.value_bytes();
  std::shared_ptr<Buffer> values = Buffer::allocate(memory, static_cast<std::size_t>(length) * value_bytes);
  std::byte* to = values->mutable_data();
  for (const Column& column : columns) {
    std::size_t size = static_cast<std::size_t>(column.length()) * value_bytes;
    if (size > 0) std::memcpy(to, column.raw_values(), size);
    to += size;
  }
  return Column::fixed(type, length, std::move(values), std::move(validity));
}

Batch concat(MemoryBudget& memory, const std::shared_ptr<const Schema>& schema, std::span<const Batch> batches) {
  Batch out{schema, {}, 0};
  for (const Batch& batch : batches) out.row_count += batch.row_count;
  for (std::size_t i = 0; i < schema->size(); ++i) {
    std::vector<Column> columns;
    for (const Batch& batch : batches) columns.push_back(batch.columns[i]);
    out.columns.push_back(columns.empty() ? Column::nulls(memory, (*schema)[i].type, 0) : concat(memory, columns));
  }
  return out;
}

}  // namespace headrace
