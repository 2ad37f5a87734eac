// See row_digest.h.
#include "headrace/io/data_set/row_digest.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <xxhash.h>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

/// Rows hashed at a time: their hashes stay in the second-level cache.
constexpr std::int64_t kPieceRows = 1024;

void hash_column(const Column& column, std::span<std::uint64_t> hashes);

template <typename T>
void hash_ints(const Column& column, std::span<std::uint64_t> hashes) {
  std::span<const T> values = column.values<T>();
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = hash_int64(static_cast<std::int64_t>(values[i]));
}

template <typename T>
void hash_floats(const Column& column, std::span<std::uint64_t> hashes) {
  std::span<const T> values = column.values<T>();
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = hash_float64(static_cast<double>(values[i]));
}

void hash_decimals(const Column& column, std::span<std::uint64_t> hashes) {
  std::span<const Int128> values = column.values<Int128>();
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = hash_decimal128(static_cast<std::uint64_t>(values[i]), static_cast<std::int64_t>(values[i] >> 64));
  }
}

/// Rows whose parts are elements of one child.
void hash_lists(const Column& column, std::span<std::uint64_t> hashes) {
  std::size_t rows = hashes.size();
  bool is_fixed = column.type().kind() == TypeKind::kFixedSizeList;
  auto offset = [&](std::size_t row) {
    return is_fixed ? row * static_cast<std::size_t>(column.type().list_size())
                    : static_cast<std::size_t>(column.offsets()[row]);
  };
  std::size_t start = offset(0);
  std::vector<std::uint64_t> parts(offset(rows) - start);
  Column used = column.child(0).slice(static_cast<std::int64_t>(start), static_cast<std::int64_t>(parts.size()));
  hash_column(used, parts);
  for (std::size_t row = 0; row < rows; ++row) {
    hashes[row] = hash_combine(std::span(parts).subspan(offset(row) - start, offset(row + 1) - offset(row)));
  }
}

void hash_structs(const Column& column, std::span<std::uint64_t> hashes) {
  std::size_t width = column.children().size();
  std::vector<std::uint64_t> field(hashes.size());
  std::vector<std::uint64_t> parts(hashes.size() * width);
  for (std::size_t i = 0; i < width; ++i) {
    hash_column(column.child(i), field);
    for (std::size_t row = 0; row < field.size(); ++row) parts[row * width + i] = field[row];
  }
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    hashes[row] = hash_combine(std::span(parts).subspan(row * width, width));
  }
}

void hash_values(const Column& column, std::span<std::uint64_t> hashes) {
  switch (column.type().kind()) {
    case TypeKind::kNull: std::fill(hashes.begin(), hashes.end(), kNullHash); return;
    case TypeKind::kBool: return hash_ints<std::uint8_t>(column, hashes);
    case TypeKind::kInt8: return hash_ints<std::int8_t>(column, hashes);
    case TypeKind::kInt16: return hash_ints<std::int16_t>(column, hashes);
    case TypeKind::kDate:
    case TypeKind::kInt32: return hash_ints<std::int32_t>(column, hashes);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return hash_int64_batch(column.values<std::int64_t>(), hashes);
    case TypeKind::kFloat32: return hash_floats<float>(column, hashes);
    case TypeKind::kFloat64: return hash_float64_batch(column.values<double>(), hashes);
    case TypeKind::kDecimal128: return hash_decimals(column, hashes);
    case TypeKind::kString:
    case TypeKind::kBinary: return hash_bytes_batch(column.offsets(), column.bytes(), hashes);
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return hash_lists(column, hashes);
    case TypeKind::kStruct: return hash_structs(column, hashes);
  }
}

void hash_column(const Column& column, std::span<std::uint64_t> hashes) {
  hash_values(column, hashes);
  if (column.validity() == nullptr) return;
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    hashes[row] = column.validity()[row] != 0 ? hashes[row] : kNullHash;
  }
}

}  // namespace

void RowDigest::add(const Batch& batch) {
  std::size_t width = batch.columns.size();
  for (std::int64_t start = 0; start < batch.row_count; start += kPieceRows) {
    std::int64_t count = std::min(kPieceRows, batch.row_count - start);
    std::size_t rows = static_cast<std::size_t>(count);
    hashes_.resize(rows * width);
    column_hashes_.resize(rows);
    for (std::size_t i = 0; i < width; ++i) {
      hash_column(batch.columns[i].slice(start, count), column_hashes_);
      for (std::size_t row = 0; row < rows; ++row) hashes_[row * width + i] = column_hashes_[row];
    }
    for (std::size_t row = 0; row < rows; ++row) {
      XXH128_hash_t hash = XXH3_128bits(hashes_.data() + row * width, width * sizeof(std::uint64_t));
      sum_ += (static_cast<UInt128>(hash.high64) << 64) | hash.low64;
    }
  }
}

std::string RowDigest::to_string() const {
  return fmt::format("xxh3sum:{:016x}{:016x}", static_cast<std::uint64_t>(sum_ >> 64),
                     static_cast<std::uint64_t>(sum_));
}

}  // namespace headrace
