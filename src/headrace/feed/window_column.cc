// See window_column.h.
#include "headrace/feed/window_column.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/element_range.h"
#include "headrace/feed/packed_values.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

[[noreturn]] void refuse_nulls(const TensorColumn& tensor, const char* what) {
  throw Error(
      ErrorCode::kBadData, fmt::format("column '{}' has {}, and tensors have no nulls", tensor.name, what),
      fmt::format("nulls={{\"{}\": \"zero\"}}, \"nan\" or \"mask\", or fill them in the pipeline", tensor.name));
}

void check_nulls(const Column& column, const TensorColumn& tensor, NullPolicy nulls) {
  if (column.type().is_list() && nulls != NullPolicy::kZero && !column.child(0).is_dictionary() &&
      column.child(0).null_count() > 0) {
    refuse_nulls(tensor, "nulls in its lists");
  }
  if (nulls == NullPolicy::kError && column.null_count() > 0) refuse_nulls(tensor, "nulls");
}

/// Values as numbers of entries in a dictionary: what pages hold, so that values need not be made before they are
/// placed.
template <typename T>
class CodedValues {
 public:
  CodedValues(std::int64_t capacity, MemoryBudget& memory) : codes_(capacity, memory) {}

  /// Takes rows in dictionary layout. False, with nothing changed, when there are too many entries to be reached fast,
  /// or nulls.
  bool append(const Column& rows) {
    const Column& entries = *rows.dictionary();
    if (entries.is_dictionary() || entries.null_count() > 0) return false;
    std::span<const T> values(reinterpret_cast<const T*>(entries.raw_values()),
                              static_cast<std::size_t>(entries.length()));
    std::optional<std::size_t> base = base_of(rows.dictionary(), values);
    if (!base) return false;
    return codes_.append_codes(rows.codes(), static_cast<std::uint32_t>(*base),
                               static_cast<std::uint32_t>(entries_.size()));
  }
  std::int64_t count() const { return codes_.count(); }
  void gather(std::span<const std::uint32_t> rows, std::size_t width, T* out) const {
    codes_.gather_entries(rows, width, entries_.data(), out);
  }

 private:
  static constexpr std::size_t kEntriesMax = 1 << 15;

  /// What to add to codes of a dictionary, whose entries join those before unless they are among them.
  std::optional<std::size_t> base_of(const std::shared_ptr<const Column>& dictionary, std::span<const T> values) {
    if (dictionary == last_) return last_base_;
    std::size_t shared = std::min(values.size(), entries_.size());
    std::size_t base = std::memcmp(values.data(), entries_.data(), shared * sizeof(T)) == 0 ? 0 : entries_.size();
    if (base + values.size() > kEntriesMax) return std::nullopt;
    if (base > 0) {
      entries_.insert(entries_.end(), values.begin(), values.end());
    } else if (values.size() > entries_.size()) {
      entries_.assign(values.begin(), values.end());
    }
    last_ = dictionary;
    last_base_ = base;
    return base;
  }

  std::vector<T> entries_;
  PackedValues<std::uint32_t> codes_;
  std::shared_ptr<const Column> last_;
  std::size_t last_base_ = 0;
};

/// Values of one number, or lists of one length.
template <typename T>
class FixedWindowColumn final : public WindowColumn {
 public:
  FixedWindowColumn(const TensorColumn& tensor, NullPolicy nulls, std::int64_t row_count, MemoryBudget& memory)
      : tensor_(tensor),
        nulls_(nulls),
        width_(static_cast<std::size_t>(tensor.width)),
        capacity_(row_count * tensor.width),
        memory_(memory) {}

  void append(const Column& rows) override {
    if (rows.is_dictionary()) {
      if (values_ == nullptr && append_codes(rows)) return;
      return append(flatten(memory_, rows));
    }
    check_nulls(rows, tensor_, nulls_);
    bool is_list = rows.type().kind() == TypeKind::kFixedSizeList;
    Column values = is_list ? rows.child(0) : rows;
    if (values.is_dictionary()) {
      if (values_ == nullptr && rows.validity() == nullptr && append_codes(values)) return;
      values = flatten(memory_, values);
    }
    begin_values();
    if (rows.type().kind() == TypeKind::kList) return append_lists(rows);
    std::span<const T> span(reinterpret_cast<const T*>(values.raw_values()),
                            static_cast<std::size_t>(rows.length()) * width_);
    if constexpr (std::is_floating_point_v<T>) {
      if (nulls_ == NullPolicy::kNan && rows.null_count() > 0) return append_nans(rows, span);
    }
    values_->append(span);
  }

  void write(std::span<const std::uint32_t> rows, std::byte* out) const override {
    if (coded_ != nullptr) return coded_->gather(rows, width_, reinterpret_cast<T*>(out));
    values_->gather(rows, width_, reinterpret_cast<T*>(out));
  }
  RaggedPiece piece(std::span<const std::uint32_t>, std::int64_t) override { HEADRACE_CHECK(false); }

 private:
  bool append_codes(const Column& rows) {
    if (coded_ == nullptr) coded_ = std::make_unique<CodedValues<T>>(capacity_, memory_);
    return coded_->append(rows);
  }

  /// From here on rows are kept as values, those before too.
  void begin_values() {
    if (values_ != nullptr) return;
    values_ = std::make_unique<PackedValues<T>>(capacity_, memory_);
    std::unique_ptr<CodedValues<T>> coded = std::move(coded_);
    if (coded == nullptr) return;
    std::vector<std::uint32_t> rows(static_cast<std::size_t>(coded->count()));
    std::iota(rows.begin(), rows.end(), std::uint32_t{0});
    std::vector<T> values(rows.size());
    coded->gather(rows, 1, values.data());
    values_->append(values);
  }

  /// Lists of any length, cut or filled up.
  void append_lists(const Column& rows) {
    const T* elements = reinterpret_cast<const T*>(rows.child(0).raw_values());
    for (std::int64_t row = 0; row < rows.length(); ++row) {
      ElementRange range = elements_of(rows, row);
      std::size_t count = rows.is_null(row) ? 0 : std::min(static_cast<std::size_t>(range.count()), width_);
      values_->append({elements + range.first, count});
      values_->append_zeros(width_ - count);
    }
  }

  void append_nans(const Column& rows, std::span<const T> values) {
    std::vector<T> filled(values.begin(), values.end());
    for (std::size_t row = 0; row < filled.size() / width_; ++row) {
      if (!rows.is_null(static_cast<std::int64_t>(row))) continue;
      std::fill_n(filled.begin() + static_cast<std::ptrdiff_t>(row * width_), width_,
                  std::numeric_limits<T>::quiet_NaN());
    }
    values_->append(filled);
  }

  const TensorColumn& tensor_;
  NullPolicy nulls_;
  std::size_t width_;
  std::int64_t capacity_;
  MemoryBudget& memory_;
  std::unique_ptr<CodedValues<T>> coded_;    // as long as all rows came in dictionary layout
  std::unique_ptr<PackedValues<T>> values_;  // else
};

class MaskWindowColumn final : public WindowColumn {
 public:
  MaskWindowColumn(std::int64_t row_count, MemoryBudget& memory) : values_(row_count, memory) {}

  void append(const Column& rows) override {
    std::vector<std::uint8_t> is_valid(static_cast<std::size_t>(rows.length()), 1);
    if (rows.validity() != nullptr) std::copy_n(rows.validity(), rows.length(), is_valid.begin());
    values_.append(is_valid);
  }
  void write(std::span<const std::uint32_t> rows, std::byte* out) const override {
    values_.gather(rows, 1, reinterpret_cast<std::uint8_t*>(out));
  }
  RaggedPiece piece(std::span<const std::uint32_t>, std::int64_t) override { HEADRACE_CHECK(false); }

 private:
  PackedValues<std::uint8_t> values_;
};

/// Lists of any length.
class RaggedWindowColumn final : public WindowColumn {
 public:
  RaggedWindowColumn(const TensorColumn& tensor, NullPolicy nulls, MemoryBudget& memory)
      : tensor_(tensor), nulls_(nulls), memory_(memory) {}

  void append(const Column& rows) override {
    check_nulls(rows, tensor_, nulls_);
    chunks_.push_back(rows);
  }
  void write(std::span<const std::uint32_t>, std::byte*) const override { HEADRACE_CHECK(false); }

  RaggedPiece piece(std::span<const std::uint32_t> rows, std::int64_t first_row) override {
    if (chunks_.size() > 1) chunks_ = {concat(memory_, chunks_)};
    const Column& lists = chunks_.front();
    RaggedPiece piece{first_row, static_cast<std::int64_t>(rows.size()), nullptr, nullptr, 0};
    piece.lengths = Buffer::allocate(memory_, rows.size() * sizeof(std::int64_t));
    auto* lengths = piece.lengths->mutable_as<std::int64_t>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      lengths[i] = lists.is_null(rows[i]) ? 0 : elements_of(lists, rows[i]).count();
      piece.value_count += lengths[i];
    }
    std::size_t value_bytes = tensor_.type.value_bytes();
    piece.values = Buffer::allocate(memory_, static_cast<std::size_t>(piece.value_count) * value_bytes);
    std::byte* end = piece.values->mutable_data();
    const std::byte* values = lists.child(0).raw_values();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::size_t bytes = static_cast<std::size_t>(lengths[i]) * value_bytes;
      if (bytes == 0) continue;
      std::memcpy(end, values + static_cast<std::size_t>(elements_of(lists, rows[i]).first) * value_bytes, bytes);
      end += bytes;
    }
    return piece;
  }

 private:
  const TensorColumn& tensor_;
  NullPolicy nulls_;
  MemoryBudget& memory_;
  std::vector<Column> chunks_;
};

}  // namespace

RaggedRows join_pieces(std::vector<RaggedPiece> pieces, std::int64_t row_count, std::size_t value_bytes,
                       MemoryBudget& memory) {
  std::ranges::sort(pieces, {}, &RaggedPiece::first_row);
  std::shared_ptr<Buffer> offsets =
      Buffer::allocate(memory, static_cast<std::size_t>(row_count + 1) * sizeof(std::int64_t));
  auto* at = offsets->mutable_as<std::int64_t>();
  RaggedRows rows;
  std::int64_t row = 0;
  for (const RaggedPiece& piece : pieces) {
    for (std::int64_t i = 0; i < piece.row_count; ++i) {
      at[row++] = rows.value_count;
      rows.value_count += piece.lengths->mutable_as<std::int64_t>()[i];
    }
  }
  while (row <= row_count) at[row++] = rows.value_count;
  rows.offsets = std::move(offsets);
  if (pieces.size() == 1) {
    rows.values = pieces[0].values;
    return rows;
  }
  std::shared_ptr<Buffer> values = Buffer::allocate(memory, static_cast<std::size_t>(rows.value_count) * value_bytes);
  std::byte* end = values->mutable_data();
  for (const RaggedPiece& piece : pieces) {
    std::size_t bytes = static_cast<std::size_t>(piece.value_count) * value_bytes;
    if (bytes > 0) std::memcpy(end, piece.values->data(), bytes);
    end += bytes;
  }
  rows.values = std::move(values);
  return rows;
}

std::unique_ptr<WindowColumn> make_window_column(const TensorColumn& tensor, NullPolicy nulls, std::int64_t row_count,
                                                 MemoryBudget& memory) {
  if (tensor.is_ragged) return std::make_unique<RaggedWindowColumn>(tensor, nulls, memory);
  auto fixed = [&]<typename T>(T) -> std::unique_ptr<WindowColumn> {
    return std::make_unique<FixedWindowColumn<T>>(tensor, nulls, row_count, memory);
  };
  switch (tensor.type.kind()) {
    case TypeKind::kBool: return fixed(std::uint8_t{});
    case TypeKind::kInt8: return fixed(std::int8_t{});
    case TypeKind::kInt16: return fixed(std::int16_t{});
    case TypeKind::kInt32: return fixed(std::int32_t{});
    case TypeKind::kInt64: return fixed(std::int64_t{});
    case TypeKind::kFloat32: return fixed(float{});
    case TypeKind::kFloat64: return fixed(double{});
    default: HEADRACE_CHECK(false);
  }
}

std::unique_ptr<WindowColumn> make_window_mask(std::int64_t row_count, MemoryBudget& memory) {
  return std::make_unique<MaskWindowColumn>(row_count, memory);
}

}  // namespace headrace
