// See record_table.h.
#include "headrace/kernel/record_table.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/column/same_codes.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {
namespace {

/// Rows taken column by column at a time: their records stay in the first-level cache.
constexpr std::size_t kPieceRows = 256;
constexpr std::size_t kWordsMax = 256;

bool is_list(const Type& type) { return type.kind() == TypeKind::kFixedSizeList; }

/// The codes of a dictionary column, from its first row on.
std::shared_ptr<const Buffer> codes_of(const Column& column) {
  return Buffer::wrap(column.codes().data(), column.codes().size_bytes(), column.codes_buffer());
}

bool is_float(const Type& type) { return type.kind() == TypeKind::kFloat32 || type.kind() == TypeKind::kFloat64; }

/// The values of a column, or of its elements; of a dictionary column its codes.
Column values_of(const Column& column) {
  if (column.is_dictionary()) return Column::fixed(TypeKind::kInt32, column.length(), codes_of(column));
  return is_list(column.type()) ? column.child(0) : column;
}

/// Calls `visit` with an unsigned integer of `bytes` bytes.
template <typename Visit>
void with_word(std::size_t bytes, const Visit& visit) {
  switch (bytes) {
    case 1: return visit(std::uint8_t{});
    case 2: return visit(std::uint16_t{});
    case 4: return visit(std::uint32_t{});
    case 8: return visit(std::uint64_t{});
    default: return visit(Uint128{});
  }
}

std::size_t bytes_for(std::uint64_t greatest) {
  if (greatest <= std::numeric_limits<std::uint8_t>::max()) return 1;
  if (greatest <= std::numeric_limits<std::uint16_t>::max()) return 2;
  return greatest <= std::numeric_limits<std::uint32_t>::max() ? 4 : 8;
}

/// The least value, as a number, and the distance of the greatest from it.
template <typename Word>
std::pair<std::uint64_t, std::uint64_t> range_of(const Column& values) {
  using Signed = std::make_signed_t<Word>;
  const Signed* data = reinterpret_cast<const Signed*>(values.raw_values());
  if (values.length() == 0) return {0, 0};
  Signed least = data[0];
  Signed greatest = data[0];
  for (std::int64_t i = 0; i < values.length(); ++i) {
    least = std::min(least, data[i]);
    greatest = std::max(greatest, data[i]);
  }
  std::uint64_t base = static_cast<std::uint64_t>(std::int64_t{least});
  return {base, static_cast<std::uint64_t>(std::int64_t{greatest}) - base};
}

/// The distinct values, sorted by their bits; empty when there are too many.
template <typename Word>
std::vector<std::uint64_t> distinct_words(const Column& values) {
  const Word* data = reinterpret_cast<const Word*>(values.raw_values());
  std::vector<std::uint64_t> words;
  Word last = 0;
  for (std::int64_t i = 0; i < values.length(); ++i) {
    if (!words.empty() && data[i] == last) continue;
    last = data[i];
    auto place = std::ranges::lower_bound(words, std::uint64_t{last});
    if (place != words.end() && *place == last) continue;
    if (words.size() == kWordsMax) return {};
    words.insert(place, last);
  }
  return words;
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

}  // namespace

struct RecordTable::Output {
  std::shared_ptr<Buffer> values;
  std::shared_ptr<Buffer> validity;
};

bool RecordTable::can_hold(const Column& column) {
  if (column.is_dictionary()) return !column.dictionary()->is_dictionary();
  if (!is_list(column.type())) return column.type().value_bytes() > 0;
  const Column& values = column.child(0);
  return !values.is_dictionary() && !values.type().is_nested() && values.type().value_bytes() > 0 &&
         values.validity() == nullptr && column.validity() == nullptr && column.type().list_size() > 0;
}

RecordTable::Lane RecordTable::measure(const Column& column) {
  Column values = values_of(column);
  Lane lane;
  lane.type = column.type();
  if (column.is_dictionary()) {
    lane.dictionary = column.dictionary();
    lane.missing = ~std::uint64_t{0};
  } else if (is_list(column.type())) {
    lane.value_count = column.type().list_size();
  }
  lane.value_bytes = lane.stored_bytes = values.type().value_bytes();
  with_word(lane.value_bytes, [&](auto word) {
    using Word = decltype(word);
    if constexpr (sizeof(Word) <= sizeof(std::uint64_t)) {
      if (is_float(values.type())) {
        lane.words = distinct_words<Word>(values);
        if (!lane.words.empty()) lane.stored_bytes = 1;
      } else {
        auto [base, distance] = range_of<Word>(values);
        lane.base = base;
        lane.stored_bytes = std::min(lane.value_bytes, bytes_for(distance));
      }
    }
  });
  return lane;
}

RecordTable::RecordTable(MemoryBudget& memory, const Columns& columns, std::size_t bytes_max)
    : columns_(columns.begin(), columns.end()) {
  HEADRACE_CHECK(!columns.empty() && columns[0]->length() > 0);
  for (const auto& column : columns) {
    HEADRACE_CHECK(can_hold(*column) && column->length() == columns[0]->length());
    lanes_.push_back(measure(*column));
  }
  for (Lane& lane : lanes_) {
    lane.offset = record_bytes_;
    record_bytes_ += lane.stored_bytes * static_cast<std::size_t>(lane.value_count);
  }
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (!columns[i]->is_dictionary() && columns[i]->validity() != nullptr) lanes_[i].validity_offset = record_bytes_++;
  }
  std::size_t rows = static_cast<std::size_t>(columns[0]->length());
  if (rows > bytes_max / record_bytes_) {
    throw Error(ErrorCode::kOutOfMemory, "records would take too much of the memory budget");
  }
  records_ = Buffer::allocate(memory, rows * record_bytes_);
  for (std::size_t i = 0; i < lanes_.size(); ++i) put(*columns[i], lanes_[i]);
}

void RecordTable::put(const Column& column, const Lane& lane) {
  Column values = values_of(column);
  std::size_t rows = static_cast<std::size_t>(column.length());
  std::size_t count = static_cast<std::size_t>(lane.value_count);
  std::byte* to = records_->mutable_data() + lane.offset;
  with_word(lane.value_bytes, [&](auto value_word) {
    with_word(lane.stored_bytes, [&](auto stored_word) {
      using Value = decltype(value_word);
      using Stored = decltype(stored_word);
      if constexpr (sizeof(Stored) <= sizeof(Value)) {
        const Value* data = reinterpret_cast<const Value*>(values.raw_values());
        auto put_all = [&](const auto& encode) {
          for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t i = 0; i < count; ++i) {
              Stored stored = static_cast<Stored>(encode(data[row * count + i]));
              std::memcpy(to + row * record_bytes_ + i * sizeof(stored), &stored, sizeof(stored));
            }
          }
        };
        if (lane.words.empty()) {
          put_all([base = static_cast<Value>(lane.base)](Value value) { return static_cast<Value>(value - base); });
        } else {
          put_all([&](Value value) {
            return std::ranges::lower_bound(lane.words, static_cast<std::uint64_t>(value)) - lane.words.begin();
          });
        }
      }
    });
  });
  if (!lane.validity_offset) return;
  std::byte* valid = records_->mutable_data() + *lane.validity_offset;
  for (std::size_t row = 0; row < rows; ++row) {
    valid[row * record_bytes_] = static_cast<std::byte>(column.validity()[row]);
  }
}

std::optional<std::size_t> RecordTable::find(const std::shared_ptr<const Column>& column) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (is_same_object(columns_[i], column)) return i;
  }
  return std::nullopt;
}

std::vector<Column> RecordTable::gather(MemoryBudget& memory, std::span<const std::int32_t> codes) const {
  bool has_null = std::ranges::any_of(codes, [](std::int32_t code) { return code < 0; });
  std::vector<Output> outputs(lanes_.size());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    std::size_t row_bytes = lanes_[i].value_bytes * static_cast<std::size_t>(lanes_[i].value_count);
    outputs[i].values = Buffer::allocate(memory, codes.size() * row_bytes);
    bool is_plain = lanes_[i].dictionary == nullptr;
    if (is_plain && (has_null || lanes_[i].validity_offset))
      outputs[i].validity = Buffer::allocate(memory, codes.size());
  }
  auto piece_at = [&](std::size_t row) {
    row = std::min(row, codes.size());
    return codes.subspan(row, std::min(kPieceRows, codes.size() - row));
  };
  prefetch(piece_at(0));
  for (std::size_t row = 0; row < codes.size(); row += kPieceRows) {
    std::span<const std::int32_t> piece = piece_at(row);
    prefetch(piece_at(row + kPieceRows));
    for (std::size_t i = 0; i < lanes_.size(); ++i) take(lanes_[i], piece, static_cast<std::int64_t>(row), outputs[i]);
  }
  std::vector<Column> columns;
  std::int64_t length = static_cast<std::int64_t>(codes.size());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[i];
    if (lane.dictionary) {
      columns.push_back(Column::dictionary(length, std::move(outputs[i].values), lane.dictionary));
      continue;
    }
    if (!is_list(lane.type)) {
      columns.push_back(Column::fixed(lane.type, length, std::move(outputs[i].values), std::move(outputs[i].validity)));
      continue;
    }
    std::shared_ptr<Buffer> element_validity;
    if (has_null) {
      // The elements of a null list are null.
      std::size_t count = static_cast<std::size_t>(lane.value_count);
      element_validity = Buffer::allocate(memory, codes.size() * count);
      auto* valid = element_validity->mutable_as<std::uint8_t>();
      for (std::int32_t code : codes) valid = std::fill_n(valid, count, static_cast<std::uint8_t>(code < 0 ? 0 : 1));
    }
    Column elements = Column::fixed(lane.type.element(), length * lane.value_count, std::move(outputs[i].values),
                                    std::move(element_validity));
    columns.push_back(Column::fixed_size_list(lane.type, length, std::move(elements), std::move(outputs[i].validity)));
  }
  return columns;
}

void RecordTable::prefetch(std::span<const std::int32_t> codes) const {
  constexpr std::size_t kLineBytes = 64;
  for (std::int32_t code : codes) {
    const std::byte* record = records_->data() + static_cast<std::size_t>(std::max(code, 0)) * record_bytes_;
    for (std::size_t at = 0; at < record_bytes_; at += kLineBytes) __builtin_prefetch(record + at);
    __builtin_prefetch(record + record_bytes_ - 1);
  }
}

void RecordTable::take(const Lane& lane, std::span<const std::int32_t> codes, std::int64_t first_row,
                       Output& out) const {
  const std::byte* from = records_->data() + lane.offset;
  std::size_t count = static_cast<std::size_t>(lane.value_count);
  std::byte* to = out.values->mutable_data() + static_cast<std::size_t>(first_row) * count * lane.value_bytes;
  // Where a code is null is chance: its row reads the first record, and a mask takes what is missing instead.
  auto record = [from, bytes = record_bytes_](std::int32_t code) {
    return from + static_cast<std::size_t>(code & ~(code >> 31)) * bytes;
  };
  with_word(lane.value_bytes, [&](auto value_word) {
    with_word(lane.stored_bytes, [&](auto stored_word) {
      using Value = decltype(value_word);
      using Stored = decltype(stored_word);
      if constexpr (sizeof(Stored) <= sizeof(Value)) {
        Value* values = reinterpret_cast<Value*>(to);
        Value missing = static_cast<Value>(lane.missing);
        auto take_all = [&](const auto& decode) {
          auto take_one = [&](const std::byte* stored, std::int32_t code) {
            const auto is_null = static_cast<Value>(static_cast<Int128>(code >> 31));  // all bits or none
            return static_cast<Value>((missing & is_null) | (decode(load<Stored>(stored)) & ~is_null));
          };
          if (count == 1) {
            for (std::int32_t code : codes) *values++ = take_one(record(code), code);
            return;
          }
          for (std::int32_t code : codes) {
            const std::byte* stored = record(code);
            for (std::size_t i = 0; i < count; ++i) *values++ = take_one(stored + i * sizeof(Stored), code);
          }
        };
        if (lane.words.empty()) {
          take_all([base = static_cast<Value>(lane.base)](Stored stored) { return static_cast<Value>(base + stored); });
        } else {
          take_all([&](Stored stored) { return static_cast<Value>(lane.words[static_cast<std::size_t>(stored)]); });
        }
      }
    });
  });
  if (!out.validity) return;
  std::byte* valid = out.validity->mutable_data() + first_row;
  const std::byte* stored_valid = records_->data() + lane.validity_offset.value_or(0);
  for (std::int32_t code : codes) {
    std::byte present = lane.validity_offset
                            ? stored_valid[static_cast<std::size_t>(code & ~(code >> 31)) * record_bytes_]
                            : std::byte{1};
    *valid++ = present & static_cast<std::byte>(~(code >> 31));
  }
}

}  // namespace headrace
