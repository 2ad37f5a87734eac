// See mds_decoder.h.
#include "headrace/io/mds/mds_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <arrow/util/float16.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

struct Half {
  std::uint16_t bits;
};

template <typename To, typename From>
To convert(From value) {
  return static_cast<To>(value);
}
template <>
float convert<float, Half>(Half value) {
  return arrow::util::Float16::FromBits(value.bits).ToFloat();
}

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

/// Calls `body` with the type of a number in the file and the one that it is kept as in a column of `type`.
template <typename Body>
auto with_number(MdsNumber number, const Type& type, Body body) {
  switch (number) {
    case MdsNumber::kUInt8:
      if (type.kind() == TypeKind::kBool) return body(std::uint8_t{}, std::uint8_t{});
      return body(std::uint8_t{}, std::int16_t{});
    case MdsNumber::kInt8: return body(std::int8_t{}, std::int8_t{});
    case MdsNumber::kUInt16: return body(std::uint16_t{}, std::int32_t{});
    case MdsNumber::kInt16: return body(std::int16_t{}, std::int16_t{});
    case MdsNumber::kFloat16: return body(Half{}, float{});
    case MdsNumber::kUInt32: return body(std::uint32_t{}, std::int64_t{});
    case MdsNumber::kInt32: return body(std::int32_t{}, std::int32_t{});
    case MdsNumber::kFloat32: return body(float{}, float{});
    case MdsNumber::kUInt64: return body(std::uint64_t{}, Int128{});
    case MdsNumber::kInt64: return body(std::int64_t{}, std::int64_t{});
    case MdsNumber::kFloat64: return body(double{}, double{});
  }
  HEADRACE_CHECK(false);
}

/// The type of the innermost elements of a list.
Type leaf_type(Type type) {
  while (type.is_list()) type = Type(type.element());
  return type;
}

/// `rows` values of a type of nested lists of fixed size, or of its elements.
Column in_lists(const Type& type, std::int64_t rows, Column leaves) {
  if (type.kind() != TypeKind::kFixedSizeList) return leaves;
  Column child = in_lists(type.element(), rows * type.list_size(), std::move(leaves));
  return Column::fixed_size_list(type, rows, std::move(child));
}

/// Reads a decimal whose digits all fit; empty when `text` is none.
std::optional<Int128> exact_decimal(std::string_view text, const Type& type) {
  std::optional<NumberText> number = split_number(text);
  if (!number || std::ssize(number->digits) - number->point > type.scale()) return std::nullopt;
  return parse_decimal(text, type.precision(), type.scale());
}

}  // namespace

/// The values of one column in the samples at hand.
class MdsDecoder::Values {
 public:
  Values(const Target& target, std::size_t index, const char* bytes, const std::uint32_t* places,
         const std::uint32_t* sizes, std::size_t row_count, MemoryBudget& memory, std::vector<RowProblem>& problems)
      : target_(target),
        index_(index),
        bytes_(bytes + target.fixed_bytes_before),
        places_(places),
        sizes_(sizes),
        rows_(row_count),
        memory_(memory),
        problems_(problems) {}

  Column decode() {
    using Kind = MdsEncoding::Kind;
    switch (target_.encoding.kind) {
      case Kind::kNumber: return numbers();
      case Kind::kText:
      case Kind::kBytes: return texts();
      case Kind::kDecimalText:
        if (target_.type.kind() == TypeKind::kString) return texts();
        return parsed<Int128>([&](std::string_view text) { return exact_decimal(text, target_.type); });
      case Kind::kIntText: return parsed<std::int64_t>([](std::string_view text) { return parse_int64(text); });
      case Kind::kFloatText: return parsed<double>([](std::string_view text) { return parse_float64(text); });
      case Kind::kArray: return arrays();
      case Kind::kRaggedArray: return lists();
      case Kind::kOther: break;
    }
    HEADRACE_CHECK(false);
  }

 private:
  const char* at(std::size_t row) const { return bytes_ + places_[row]; }
  std::string_view text_at(std::size_t row) const { return {at(row), sizes_[row]}; }
  std::int64_t length() const { return static_cast<std::int64_t>(rows_); }

  void report(std::size_t row, const char* kind, std::string message, std::string text = {}) {
    problems_.push_back({static_cast<std::int64_t>(row), index_, kind, std::move(message), std::move(text)});
  }

  template <typename T>
  std::shared_ptr<Buffer> allocate(std::size_t count) {
    return Buffer::allocate(memory_, count * sizeof(T));
  }

  /// Copies `count` numbers of row `row` from `in`; what is neither true nor false of a boolean is reported.
  template <typename From, typename To>
  void copy(std::size_t row, const char* in, std::size_t count, To* out) {
    if constexpr (std::is_same_v<From, To>) {
      if (count > 0) std::memcpy(out, in, count * sizeof(To));
    } else {
      for (std::size_t i = 0; i < count; ++i) out[i] = convert<To>(load<From>(in + i * sizeof(From)));
    }
    if constexpr (std::is_same_v<From, std::uint8_t> && std::is_same_v<To, std::uint8_t>) {
      for (std::size_t i = 0; i < count; ++i) {
        if (out[i] <= 1) continue;
        report(row, "cast", fmt::format("{} does not fit bool", out[i]), std::to_string(out[i]));
        out[i] = 0;
      }
    }
  }

  Column numbers() {
    return with_number(target_.encoding.number, target_.type, [&]<typename From, typename To>(From, To) {
      std::shared_ptr<Buffer> values = allocate<To>(rows_);
      To* out = values->mutable_as<To>();
      for (std::size_t row = 0; row < rows_; ++row) copy<From>(row, at(row), 1, out + row);
      return Column::fixed(target_.type, length(), std::move(values));
    });
  }

  Column arrays() {
    Type type = leaf_type(target_.type);
    std::size_t count = static_cast<std::size_t>(target_.encoding.element_count());
    return with_number(target_.encoding.number, type, [&]<typename From, typename To>(From, To) {
      std::shared_ptr<Buffer> values = allocate<To>(rows_ * count);
      To* out = values->mutable_as<To>();
      for (std::size_t row = 0; row < rows_; ++row) copy<From>(row, at(row), count, out + row * count);
      std::int64_t total = static_cast<std::int64_t>(rows_ * count);
      return in_lists(target_.type, length(), Column::fixed(type, total, std::move(values)));
    });
  }

  Column lists() {
    std::shared_ptr<Buffer> offsets = allocate<std::int32_t>(rows_ + 1);
    std::int32_t* ends = offsets->mutable_as<std::int32_t>();
    std::uint64_t total = 0;
    ends[0] = 0;
    for (std::size_t row = 0; row < rows_; ++row) {
      total += list_size(row);
      ends[row + 1] = checked_offset(total);
    }
    Type type = leaf_type(target_.type);
    return with_number(target_.encoding.number, type, [&]<typename From, typename To>(From, To) {
      std::shared_ptr<Buffer> values = allocate<To>(total);
      To* out = values->mutable_as<To>();
      for (std::size_t row = 0; row < rows_; ++row) {
        std::size_t count = static_cast<std::size_t>(ends[row + 1] - ends[row]);
        copy<From>(row, at(row) + sizes_[row] - count * sizeof(From), count, out + ends[row]);
      }
      Column child = Column::fixed(type, static_cast<std::int64_t>(total), std::move(values));
      return Column::list(target_.type, length(), std::move(offsets), std::move(child));
    });
  }

  /// Elements of the array of a row; 0, and a report, when it is none of one axis.
  std::uint64_t list_size(std::size_t row) {
    std::string_view value = text_at(row);
    if (value.empty()) {
      report(row, "malformed", "its array has no head");
      return 0;
    }
    unsigned head = static_cast<unsigned char>(value.front());
    std::size_t axes = head >> 2;
    std::size_t size_bytes = std::size_t{1} << (head & 3);
    if (axes != 1) {
      report(row, "shape", fmt::format("an array of {} axes where one is wanted", axes));
      return 0;
    }
    std::uint64_t count = 0;
    if (value.size() > size_bytes) std::memcpy(&count, value.data() + 1, size_bytes);
    std::uint64_t element_bytes = static_cast<std::uint64_t>(bytes_of(target_.encoding.number));
    std::size_t element_space = value.size() - std::min(value.size(), 1 + size_bytes);
    bool fits =
        value.size() > size_bytes && element_space % element_bytes == 0 && element_space / element_bytes == count;
    if (!fits)
      report(row, "malformed", fmt::format("its array has {} bytes, which is no number of elements", value.size()));
    return fits ? count : 0;
  }

  Column texts() {
    std::shared_ptr<Buffer> offsets = allocate<std::int32_t>(rows_ + 1);
    std::int32_t* ends = offsets->mutable_as<std::int32_t>();
    std::uint64_t total = 0;
    ends[0] = 0;
    for (std::size_t row = 0; row < rows_; ++row) {
      total += sizes_[row];
      ends[row + 1] = checked_offset(total);
    }
    std::shared_ptr<Buffer> values = allocate<char>(total);
    char* out = values->mutable_as<char>();
    for (std::size_t row = 0; row < rows_; ++row) {
      if (sizes_[row] > 0) std::memcpy(out + ends[row], at(row), sizes_[row]);
    }
    return Column::binary(target_.type, length(), std::move(offsets), std::move(values));
  }

  template <typename T, typename Parse>
  Column parsed(Parse parse) {
    std::shared_ptr<Buffer> values = allocate<T>(rows_);
    T* out = values->mutable_as<T>();
    for (std::size_t row = 0; row < rows_; ++row) {
      std::string_view text = text_at(row);
      std::optional<T> value = parse(text);
      out[row] = value.value_or(T{});
      // A sample that is broken has no text; it is reported already.
      if (!value)
        report(row, "cast", fmt::format("{} does not fit {}", excerpt(text), target_.type.to_string()),
               std::string(text));
    }
    return Column::fixed(target_.type, length(), std::move(values));
  }

  std::int32_t checked_offset(std::uint64_t offset) const {
    if (offset <= INT32_MAX) return static_cast<std::int32_t>(offset);
    throw Error(ErrorCode::kUnsupported, fmt::format("column '{}' holds more than 2 GiB in one batch", target_.name));
  }

  const Target& target_;
  std::size_t index_;
  const char* bytes_;
  const std::uint32_t* places_;
  const std::uint32_t* sizes_;
  std::size_t rows_;
  MemoryBudget& memory_;
  std::vector<RowProblem>& problems_;
};

MdsDecoder::MdsDecoder(const std::vector<MdsColumn>& file_columns, std::span<const GateColumn> wanted,
                       MemoryBudget& memory)
    : memory_(memory) {
  std::vector<Target> columns;
  std::size_t value_bytes = 0;
  for (const MdsColumn& column : file_columns) {
    columns.push_back({column.name, column.encoding, {}, variable_count_, value_bytes});
    if (column.size_bytes == 0) ++variable_count_;
    value_bytes += static_cast<std::size_t>(column.size_bytes);
  }
  fixed_bytes_ = variable_count_ * sizeof(std::uint32_t) + value_bytes;
  for (const GateColumn& column : wanted) {
    auto found = std::find_if(columns.begin(), columns.end(),
                              [&](const Target& target) { return target.name == column.field.name; });
    HEADRACE_CHECK(found != columns.end());
    targets_.push_back(*found);
    targets_.back().type = column.file_type;
  }
}

std::vector<Column> MdsDecoder::decode(const char* bytes, std::span<const std::uint32_t> offsets,
                                       std::vector<RowProblem>& problems) {
  locate(bytes, offsets, problems);
  std::size_t rows = offsets.size() - 1;
  const auto* places = reinterpret_cast<const std::uint32_t*>(places_->data());
  const auto* sizes = reinterpret_cast<const std::uint32_t*>(sizes_->data());
  std::vector<Column> columns;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    std::size_t start = targets_[i].variables_before * rows;
    columns.push_back(Values(targets_[i], i, bytes, places + start, sizes + start, rows, memory_, problems).decode());
  }
  return columns;
}

void MdsDecoder::locate(const char* bytes, std::span<const std::uint32_t> offsets, std::vector<RowProblem>& problems) {
  std::size_t rows = offsets.size() - 1;
  std::size_t places_bytes = (variable_count_ + 1) * rows * sizeof(std::uint32_t);
  if (places_ == nullptr || places_->size_bytes() < places_bytes) {
    places_.reset();
    sizes_.reset();
    places_ = Buffer::allocate(memory_, places_bytes);
    sizes_ = Buffer::allocate(memory_, places_bytes);
  }
  auto* places = places_->mutable_as<std::uint32_t>();
  auto* sizes = sizes_->mutable_as<std::uint32_t>();
  std::size_t head_bytes = variable_count_ * sizeof(std::uint32_t);
  for (std::size_t row = 0; row < rows; ++row) {
    const char* head = bytes + offsets[row];
    std::uint64_t length = offsets[row + 1] - offsets[row];
    std::uint64_t needed = fixed_bytes_;
    if (length >= head_bytes) {
      for (std::size_t i = 0; i < variable_count_; ++i) needed += load<std::uint32_t>(head + i * sizeof(std::uint32_t));
    }
    bool is_sound = needed == length;
    if (!is_sound) {
      problems.push_back({static_cast<std::int64_t>(row),
                          RowProblem::kWholeRow,
                          "malformed",
                          fmt::format("the sample has {} bytes, its values need {}", length, needed),
                          {}});
    }
    std::uint32_t place = is_sound ? offsets[row] + static_cast<std::uint32_t>(head_bytes) : offsets.back();
    for (std::size_t i = 0; i < variable_count_; ++i) {
      std::uint32_t size = is_sound ? load<std::uint32_t>(head + i * sizeof(std::uint32_t)) : 0;
      places[i * rows + row] = place;
      sizes[i * rows + row] = size;
      place += size;
    }
    places[variable_count_ * rows + row] = place;
  }
}

}  // namespace headrace
