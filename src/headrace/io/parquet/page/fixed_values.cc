// Values of fixed width. See leaf_values.h.
#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/parquet/page/code_decoder.h"
#include "headrace/io/parquet/page/delta_decoder.h"
#include "headrace/io/parquet/page/leaf_values.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/spread.h"
#include "headrace/io/parquet/page/text_values.h"

namespace headrace {
namespace {

constexpr std::size_t kChunk = 1024;  // values decoded at a time where they take a second step

[[noreturn]] void too_few_values() { damaged_page("a page has fewer values than its header says"); }

[[noreturn]] void unsupported(PageEncoding encoding) {
  throw PageUnsupported(fmt::format("a page of encoding {}", static_cast<int>(encoding)));
}

/// The column that grows: the values so far, zero under nulls.
template <typename T>
class FixedColumn {
 public:
  FixedColumn(Type type, MemoryBudget& memory, ColumnPool* pool)
      : type_(std::move(type)), memory_(memory), pool_(pool) {}

  void begin(std::int64_t capacity) {
    length_ = 0;
    capacity_ = capacity;
    values_ = allocate_from(pool_, memory_, static_cast<std::size_t>(capacity) * sizeof(T));
  }

  /// Room for `count` more rows.
  T* grow(std::int64_t count) {
    if (count > capacity_ - length_) {
      capacity_ = std::max(capacity_ * 2, length_ + count);
      std::shared_ptr<Buffer> larger = allocate_from(pool_, memory_, static_cast<std::size_t>(capacity_) * sizeof(T));
      std::memcpy(larger->mutable_data(), values_->data(), static_cast<std::size_t>(length_) * sizeof(T));
      values_ = std::move(larger);
    }
    T* end = values_->mutable_as<T>() + length_;
    length_ += count;
    return end;
  }

  Column finish(std::shared_ptr<const Buffer> validity) {
    return Column::fixed(type_, length_, std::move(values_), std::move(validity));
  }
  /// The values as the codes of a dictionary column.
  Column finish_as_codes(std::shared_ptr<const Column> entries) {
    return Column::dictionary(length_, std::move(values_), std::move(entries));
  }
  std::int64_t length() const { return length_; }
  const T* values() const { return values_->mutable_as<T>(); }

 private:
  Type type_;
  MemoryBudget& memory_;
  ColumnPool* pool_;
  std::shared_ptr<Buffer> values_;
  std::int64_t length_ = 0;
  std::int64_t capacity_ = 0;
};

template <typename T>
struct Same {
  using Physical = T;
  using Value = T;
  static T convert(T value) { return value; }
};

template <typename T>
struct Cut {
  using Physical = std::int32_t;
  using Value = T;
  static T convert(std::int32_t value) { return static_cast<T>(value); }
};

struct Milliseconds {
  using Physical = std::int64_t;
  using Value = std::int64_t;
  static std::int64_t convert(std::int64_t value) {
    std::int64_t micros;
    if (__builtin_mul_overflow(value, 1000, &micros)) {
      damaged_page(fmt::format("timestamp out of range: {} ms since 1970", value));
    }
    return micros;
  }
};

struct Nanoseconds {
  using Physical = std::int64_t;
  using Value = std::int64_t;
  static std::int64_t convert(std::int64_t value) {
    if (value % 1000 != 0) {
      damaged_page(fmt::format("a timestamp of {} ns since 1970 is no whole number of microseconds", value));
    }
    return value / 1000;
  }
};

template <typename Form>
class FixedValues final : public LeafValues {
 public:
  using Physical = typename Form::Physical;
  using Value = typename Form::Value;
  static constexpr bool kIsSame = std::is_same_v<Form, Same<Value>>;

  /// Unless `is_plain`, rows without nulls come out as codes where their pages have such.
  FixedValues(const Type& type, bool is_plain, MemoryBudget& memory, ColumnPool* pool)
      : memory_(memory),
        type_(type),
        is_always_plain_(is_plain),
        column_(type, memory, pool),
        coded_(TypeKind::kInt32, memory, pool) {}

  void dictionary(const Page& page) override {
    std::size_t count = static_cast<std::size_t>(page.header.value_count);
    if (page.values.size() != count * sizeof(Physical)) too_few_values();
    dictionary_ = Buffer::allocate(memory_, count * sizeof(Value));
    convert_plain(page.values.data(), dictionary_->mutable_as<Value>(), count);
    entry_count_ = count;
    if (!is_always_plain_ && count <= kCodedEntriesMax) {
      entries_ = std::make_shared<const Column>(Column::fixed(type_, static_cast<std::int64_t>(count), dictionary_));
    }
  }

  void start_page(const Page& page) override {
    encoding_ = page.header.encoding;
    switch (encoding_) {
      case PageEncoding::kPlain: plain_ = page.values; break;
      case PageEncoding::kPlainDictionary:
      case PageEncoding::kRleDictionary: codes_ = CodeDecoder(page.values, entry_count_); break;
      case PageEncoding::kDeltaBinaryPacked:
        if (std::is_floating_point_v<Physical>) unsupported(encoding_);
        if (page.values.empty()) too_few_values();
        deltas_ = DeltaDecoder(page.values);
        break;
      default: unsupported(encoding_);
    }
  }

  void end_page() override {
    bool ended = encoding_ == PageEncoding::kPlain               ? plain_.empty()
                 : encoding_ == PageEncoding::kDeltaBinaryPacked ? deltas_.values_left() == 0
                                                                 : codes_.at_end();
    if (!ended) damaged_page("a page has more values than its header says");
  }

  void begin(std::int64_t capacity) override {
    capacity_ = capacity;
    layout_ = Layout::kOpen;
  }

  void append(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) override {
    bool comes_coded = entries_ != nullptr && has_codes() && valid_count == count;
    if (layout_ == Layout::kOpen) {
      layout_ = comes_coded ? Layout::kCoded : Layout::kPlain;
      comes_coded ? coded_.begin(capacity_) : column_.begin(capacity_);
    }
    if (layout_ == Layout::kCoded && comes_coded) {
      // Codes are less than the number of entries, which is a 32-bit number with a sign.
      codes_.decode(reinterpret_cast<std::uint32_t*>(coded_.grow(count)), static_cast<std::size_t>(count));
      return;
    }
    if (layout_ == Layout::kCoded) become_plain();
    Value* out = column_.grow(count);
    decode(out, static_cast<std::size_t>(valid_count));
    if (valid_count < count) spread(out, count, validity, valid_count, Value{});
  }

  Column finish(std::shared_ptr<const Buffer> validity) override {
    if (layout_ == Layout::kOpen) column_.begin(0);
    return layout_ == Layout::kCoded ? coded_.finish_as_codes(entries_) : column_.finish(std::move(validity));
  }

 private:
  static constexpr std::size_t kCodedEntriesMax = 1 << 14;
  /// Of the rows at hand: the first ones decide, as the dictionary may be read with them only.
  enum class Layout { kOpen, kCoded, kPlain };

  bool has_codes() const {
    return encoding_ == PageEncoding::kPlainDictionary || encoding_ == PageEncoding::kRleDictionary;
  }

  /// What has been appended as codes becomes values.
  void become_plain() {
    layout_ = Layout::kPlain;
    column_.begin(capacity_);
    Value* out = column_.grow(coded_.length());
    for (std::int64_t i = 0; i < coded_.length(); ++i) out[i] = dictionary_->mutable_as<Value>()[coded_.values()[i]];
  }

  void decode(Value* out, std::size_t count) {
    switch (encoding_) {
      case PageEncoding::kPlain: return decode_plain(out, count);
      case PageEncoding::kDeltaBinaryPacked: return decode_deltas(out, count);
      default: return decode_codes(out, count);
    }
  }

  void decode_plain(Value* out, std::size_t count) {
    if (plain_.size() / sizeof(Physical) < count) too_few_values();
    convert_plain(plain_.data(), out, count);
    plain_ = plain_.subspan(count * sizeof(Physical));
  }

  static void convert_plain(const std::byte* in, Value* out, std::size_t count) {
    if constexpr (kIsSame) {
      if (count > 0) std::memcpy(out, in, count * sizeof(Value));
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        Physical value;
        std::memcpy(&value, in + i * sizeof(Physical), sizeof(Physical));
        out[i] = Form::convert(value);
      }
    }
  }

  void decode_deltas(Value* out, std::size_t count) {
    if constexpr (std::is_floating_point_v<Physical>) {
      HEADRACE_CHECK(false);
    } else if constexpr (kIsSame) {
      deltas_.decode(out, count);
    } else {
      std::array<Physical, kChunk> values;
      for (std::size_t done = 0; done < count; done += kChunk) {
        std::size_t taken = std::min(kChunk, count - done);
        deltas_.decode(values.data(), taken);
        for (std::size_t i = 0; i < taken; ++i) out[done + i] = Form::convert(values[i]);
      }
    }
  }

  void decode_codes(Value* out, std::size_t count) {
    std::array<std::uint32_t, kChunk> codes;
    const Value* entries = dictionary_ == nullptr ? nullptr : dictionary_->mutable_as<Value>();
    for (std::size_t done = 0; done < count; done += kChunk) {
      std::size_t taken = std::min(kChunk, count - done);
      codes_.decode(codes.data(), taken);
      for (std::size_t i = 0; i < taken; ++i) out[done + i] = entries[codes[i]];
    }
  }

  MemoryBudget& memory_;
  Type type_;
  bool is_always_plain_;
  FixedColumn<Value> column_;
  FixedColumn<std::int32_t> coded_;
  std::int64_t capacity_ = 0;
  Layout layout_ = Layout::kOpen;
  std::shared_ptr<Buffer> dictionary_;
  std::shared_ptr<const Column> entries_;  // where it is small enough to hand out
  std::size_t entry_count_ = 0;
  PageEncoding encoding_ = PageEncoding::kPlain;
  std::span<const std::byte> plain_;
  CodeDecoder codes_;
  DeltaDecoder deltas_;
};

/// Bools: packed bits, or runs behind their length.
class BoolValues final : public LeafValues {
 public:
  BoolValues(MemoryBudget& memory, ColumnPool* pool) : column_(TypeKind::kBool, memory, pool) {}

  void dictionary(const Page&) override { throw PageUnsupported("a dictionary of bools"); }

  void start_page(const Page& page) override {
    if (page.header.encoding == PageEncoding::kPlain) {
      bits_ = HybridDecoder::packed(page.values, 1);
    } else if (page.header.encoding == PageEncoding::kRle) {
      std::uint32_t size_bytes = 0;
      if (page.values.size() < sizeof(size_bytes)) too_few_values();
      std::memcpy(&size_bytes, page.values.data(), sizeof(size_bytes));
      if (page.values.size() - sizeof(size_bytes) != size_bytes) too_few_values();
      bits_ = HybridDecoder(page.values.subspan(sizeof(size_bytes)), 1);
    } else {
      unsupported(page.header.encoding);
    }
  }

  void end_page() override {
    if (!bits_.at_end()) damaged_page("a page has more values than its header says");
  }

  void begin(std::int64_t capacity) override { column_.begin(capacity); }

  void append(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) override {
    std::uint8_t* out = column_.grow(count);
    bits_.decode(out, static_cast<std::size_t>(valid_count));
    if (valid_count < count) spread(out, count, validity, valid_count, std::uint8_t{0});
  }

  Column finish(std::shared_ptr<const Buffer> validity) override { return column_.finish(std::move(validity)); }

 private:
  FixedColumn<std::uint8_t> column_;
  HybridDecoder bits_;
};

}  // namespace

std::unique_ptr<LeafValues> make_leaf_values(LeafForm form, const Type& type, bool is_plain, MemoryBudget& memory,
                                             ColumnPool* pool) {
  switch (form) {
    case LeafForm::kBool: return std::make_unique<BoolValues>(memory, pool);
    case LeafForm::kInt8: return std::make_unique<FixedValues<Cut<std::int8_t>>>(type, is_plain, memory, pool);
    case LeafForm::kInt16: return std::make_unique<FixedValues<Cut<std::int16_t>>>(type, is_plain, memory, pool);
    case LeafForm::kInt32: return std::make_unique<FixedValues<Same<std::int32_t>>>(type, is_plain, memory, pool);
    case LeafForm::kInt64: return std::make_unique<FixedValues<Same<std::int64_t>>>(type, is_plain, memory, pool);
    case LeafForm::kMilliseconds: return std::make_unique<FixedValues<Milliseconds>>(type, is_plain, memory, pool);
    case LeafForm::kNanoseconds: return std::make_unique<FixedValues<Nanoseconds>>(type, is_plain, memory, pool);
    case LeafForm::kFloat32: return std::make_unique<FixedValues<Same<float>>>(type, is_plain, memory, pool);
    case LeafForm::kFloat64: return std::make_unique<FixedValues<Same<double>>>(type, is_plain, memory, pool);
    case LeafForm::kText: return make_text_values(type, is_plain, memory);
  }
  HEADRACE_CHECK(false);
}

}  // namespace headrace
