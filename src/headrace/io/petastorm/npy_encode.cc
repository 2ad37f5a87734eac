// Lists as arrays. See npy_column.h.
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/io/petastorm/npy.h"
#include "headrace/io/petastorm/npy_column.h"

namespace headrace {
namespace {

std::string_view descr_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool: return "|b1";
    case TypeKind::kInt8: return "|i1";
    case TypeKind::kInt16: return "<i2";
    case TypeKind::kInt32: return "<i4";
    case TypeKind::kInt64: return "<i8";
    case TypeKind::kFloat32: return "<f4";
    case TypeKind::kFloat64: return "<f8";
    case TypeKind::kDate: return "<M8[D]";
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return "<M8[us]";
    default: return {};
  }
}

/// The elements [begin, end) of a row.
struct RowPlace {
  std::int64_t begin;
  std::int64_t end;
};

RowPlace place_of(const Column& lists, std::int64_t row) {
  if (lists.type().kind() == TypeKind::kList) {
    return {lists.offsets()[static_cast<std::size_t>(row)], lists.offsets()[static_cast<std::size_t>(row) + 1]};
  }
  std::int64_t size = lists.type().list_size();
  return {row * size, (row + 1) * size};
}

class Encoder {
 public:
  Encoder(const Column& lists, std::string_view what, MemoryBudget& memory)
      : lists_(lists),
        elements_(lists.child(0)),
        kind_(elements_.type().kind()),
        what_(what),
        bytes_(memory),
        offsets_(memory),
        validity_(memory) {}

  Column encode() {
    offsets_.append_value(std::int32_t{0});
    bool has_nulls = false;
    for (std::int64_t row = 0; row < lists_.length(); ++row) {
      bool is_null = lists_.is_null(row);
      has_nulls = has_nulls || is_null;
      validity_.append_value(static_cast<std::uint8_t>(is_null ? 0 : 1));
      if (!is_null) append(place_of(lists_, row));
      if (bytes_.size_bytes() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        throw Error(ErrorCode::kUnsupported, fmt::format("{} holds more than 2 GiB in one batch", what_),
                    "shorten the lists");
      }
      offsets_.append_value(static_cast<std::int32_t>(bytes_.size_bytes()));
    }
    std::shared_ptr<const Buffer> validity = has_nulls ? validity_.take() : nullptr;
    return Column::binary(TypeKind::kBinary, lists_.length(), offsets_.take(), bytes_.take(), std::move(validity));
  }

 private:
  void append(RowPlace row) {
    std::int64_t size = row.end - row.begin;
    if (size != header_size_) {
      header_ = npy_header(descr_of(kind_), size);
      header_size_ = size;
    }
    bytes_.append(header_.data(), header_.size());
    if (elements_.validity() != nullptr && std::memchr(elements_.validity() + row.begin, 0, size) != nullptr) {
      throw Error(ErrorCode::kBadData, fmt::format("{}: a list holds a null, which arrays of numpy cannot", what_),
                  "fill the nulls in a step");
    }
    if (kind_ == TypeKind::kDate) return append_dates(row);
    std::size_t value_bytes = elements_.type().value_bytes();
    bytes_.append(elements_.raw_values() + static_cast<std::size_t>(row.begin) * value_bytes,
                  static_cast<std::size_t>(size) * value_bytes);
  }

  void append_dates(RowPlace row) {
    std::span<const std::int32_t> days = elements_.values<std::int32_t>();
    for (std::int64_t i = row.begin; i < row.end; ++i) {
      bytes_.append_value(std::int64_t{days[static_cast<std::size_t>(i)]});
    }
  }

  const Column& lists_;
  const Column& elements_;
  TypeKind kind_;
  std::string_view what_;
  BufferBuilder bytes_;
  BufferBuilder offsets_;
  BufferBuilder validity_;
  std::string header_;
  std::int64_t header_size_ = -1;
};

}  // namespace

bool can_be_array(const Type& type) { return type.is_list() && !descr_of(type.element().kind()).empty(); }

Column encode_arrays(const Column& lists, std::string_view what, MemoryBudget& memory) {
  HEADRACE_CHECK(can_be_array(lists.type()));
  return Encoder(lists, what, memory).encode();
}

}  // namespace headrace
