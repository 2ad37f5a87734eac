// See example_encoder.h.
#include "headrace/io/tfrecord/example_encoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/io/row_range.h"

namespace headrace {
namespace {

constexpr std::size_t kSmallLengths = 4096;
/// Records are written in groups of about this size, half of the usual first-level cache.
constexpr std::size_t kGroupBytes = 16 << 10;
/// What the copy of a prefix writes too much is written over later: by the rest of the record or, behind the last
/// value, by the record's trailer and the next one's header.
constexpr std::uint32_t kPieceBytes = FeaturePrefixes::kPieceBytes;
static_assert(kPieceBytes <= kRecordTrailerBytes + kRecordHeaderBytes);

template <typename T>
const std::int64_t* widen(const Column& column, std::vector<std::int64_t>& room) {
  std::span<const T> values = column.values<T>();
  room.assign(values.begin(), values.end());
  return room.data();
}

/// The values of an integer-like column as int64: its own, or made in `room`.
const std::int64_t* as_int64(const Column& column, std::vector<std::int64_t>& room) {
  switch (column.type().kind()) {
    case TypeKind::kBool: return widen<std::uint8_t>(column, room);
    case TypeKind::kInt8: return widen<std::int8_t>(column, room);
    case TypeKind::kInt16: return widen<std::int16_t>(column, room);
    case TypeKind::kInt32:
    case TypeKind::kDate: return widen<std::int32_t>(column, room);
    default: return column.values<std::int64_t>().data();
  }
}

template <std::uint32_t kPieces>
void copy_pieces(char* out, const char* bytes) {
  for (std::uint32_t i = 0; i < kPieces; ++i) std::memcpy(out + i * kPieceBytes, bytes + i * kPieceBytes, kPieceBytes);
}

}  // namespace

FeatureKind feature_kind(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBool:
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return FeatureKind::kInt64;
    case TypeKind::kFloat32: return FeatureKind::kFloat;
    case TypeKind::kString:
    case TypeKind::kBinary: return FeatureKind::kBytes;
    case TypeKind::kList:
    case TypeKind::kFixedSizeList:
      return type.element().is_nested() ? FeatureKind::kNone : feature_kind(type.element());
    default: return FeatureKind::kNone;
  }
}

ExampleEncoder::ExampleEncoder(const Schema& schema, MemoryBudget& memory) : lists_(schema, memory) {
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (feature_list_kind(schema[i].type) != FeatureKind::kNone) continue;
    FeatureKind kind = feature_kind(schema[i].type);
    HEADRACE_CHECK(kind != FeatureKind::kNone);
    Shape shape = schema[i].type.is_nested() ? Shape::kList : Shape::kScalar;
    features_.push_back({schema[i].name, i, kind, shape, FeaturePrefixes(schema[i].name, kind)});
  }
  std::sort(features_.begin(), features_.end(), [](const Feature& a, const Feature& b) { return a.name < b.name; });
  for (std::uint64_t length = 0; length < kSmallLengths; ++length) {
    length_checksums_.push_back(masked_crc32c(&length, sizeof(length)));
  }
}

void ExampleEncoder::measure(const Batch& batch, std::int64_t start, std::size_t count) {
  HEADRACE_CHECK(count <= kBlockRows);
  sizes_.assign(count, 0);
  for (Feature& feature : features_) {
    feature.column = batch.columns[feature.column_index].slice(start, static_cast<std::int64_t>(count));
    feature.payload.resize(count);
    if (feature.shape == Shape::kList) {
      measure_lists(feature);
    } else if (feature.kind == FeatureKind::kInt64) {
      measure_int_scalars(feature);
    } else if (feature.kind == FeatureKind::kFloat) {
      measure_float_scalars(feature);
    } else {
      measure_byte_scalars(feature);
    }
  }
  lists_.encode(batch, start, count);
  record_bytes_.resize(count);
  for (std::size_t row = 0; row < count; ++row) {
    record_bytes_[row] =
        kRecordHeaderBytes + 1 + varint_bytes(sizes_[row]) + sizes_[row] + lists_.row(row).size() + kRecordTrailerBytes;
    if (sizes_[row] + 1 + kVarintBytesMax + lists_.row(row).size() <= kRecordBytesMax) continue;
    throw Error(ErrorCode::kBadData,
                fmt::format("a row takes {} as an Example, a record holds at most {}", format_bytes(sizes_[row]),
                            format_bytes(kRecordBytesMax)),
                "write fewer or shorter lists and texts, or Parquet");
  }
}

void ExampleEncoder::measure_int_scalars(Feature& feature) {
  feature.ints = as_int64(feature.column, feature.own_ints);
  const std::int64_t* ints = feature.ints;
  const std::uint32_t* total_bytes = feature.prefixes.total_bytes().data();
  std::uint32_t* payload = feature.payload.data();
  std::uint64_t* sizes = sizes_.data();
  std::size_t count = sizes_.size();
  for (std::size_t row = 0; row < count; ++row) {
    payload[row] = varint_bytes(static_cast<std::uint64_t>(ints[row]));
    sizes[row] += total_bytes[payload[row]];
  }
  leave_out_nulls(feature);
}

void ExampleEncoder::measure_float_scalars(Feature& feature) {
  std::uint64_t* sizes = sizes_.data();
  std::uint32_t* payload = feature.payload.data();
  std::uint32_t total_bytes = feature.prefixes.total_bytes()[sizeof(float)];
  std::size_t count = sizes_.size();
  for (std::size_t row = 0; row < count; ++row) {
    payload[row] = sizeof(float);
    sizes[row] += total_bytes;
  }
  leave_out_nulls(feature);
}

/// Numbers were measured as if none of them were null.
void ExampleEncoder::leave_out_nulls(Feature& feature) {
  const std::uint8_t* validity = feature.column.validity();
  feature.has_absent = validity != nullptr;
  for (std::size_t row = 0; validity != nullptr && row < sizes_.size(); ++row) {
    if (validity[row] != 0) continue;
    sizes_[row] -= feature.prefixes.total_bytes()[feature.payload[row]];
    feature.payload[row] = kAbsent;
  }
}

void ExampleEncoder::measure_byte_scalars(Feature& feature) {
  std::span<const std::int32_t> offsets = feature.column.offsets();
  for (std::size_t row = 0; row < sizes_.size(); ++row) {
    if (feature.column.is_null(static_cast<std::int64_t>(row))) {
      feature.payload[row] = kAbsent;
      continue;
    }
    std::uint32_t bytes = static_cast<std::uint32_t>(offsets[row + 1] - offsets[row]);
    feature.payload[row] = bytes;
    std::uint64_t list_bytes = 1 + std::uint64_t{varint_bytes(bytes)} + bytes;
    sizes_[row] += Nesting(feature.name.size(), list_bytes).total;
  }
}

void ExampleEncoder::measure_lists(Feature& feature) {
  const Column& column = feature.column;
  bool is_fixed = column.type().kind() == TypeKind::kFixedSizeList;
  std::int64_t size = is_fixed ? column.type().list_size() : 0;
  auto offset = [&](std::size_t row) {
    return is_fixed ? static_cast<std::int64_t>(row) * size : std::int64_t{column.offsets()[row]};
  };
  feature.elements_start = offset(0);
  if (feature.kind == FeatureKind::kInt64) {
    feature.ints = as_int64(column.child(0).slice(offset(0), offset(sizes_.size()) - offset(0)), feature.own_ints);
  }
  bool is_packed = feature.kind != FeatureKind::kBytes;
  for (std::size_t row = 0; row < sizes_.size(); ++row) {
    feature.payload[row] = kAbsent;
    if (column.is_null(static_cast<std::int64_t>(row))) continue;
    std::uint32_t payload = list_payload(feature, offset(row), offset(row + 1));
    feature.payload[row] = payload;
    if (is_packed && payload < feature.prefixes.payload_end()) {
      sizes_[row] += feature.prefixes.total_bytes()[payload];
    } else {
      sizes_[row] += Nesting(feature.name.size(), is_packed ? packed_list_bytes(payload) : payload).total;
    }
  }
}

/// Bytes of the elements [start, end) of a list.
std::uint32_t ExampleEncoder::list_payload(const Feature& feature, std::int64_t start, std::int64_t end) const {
  const Column& elements = feature.column.child(0);
  if (elements.is_dictionary() || elements.validity() != nullptr) check_no_null(feature, start, end);
  std::uint64_t bytes = 0;
  if (feature.kind == FeatureKind::kFloat) {
    bytes = static_cast<std::uint64_t>(end - start) * sizeof(float);
  } else if (feature.kind == FeatureKind::kInt64) {
    const std::int64_t* ints = feature.ints + (start - feature.elements_start);
    for (std::int64_t i = 0; i < end - start; ++i) bytes += varint_bytes(static_cast<std::uint64_t>(ints[i]));
  } else {
    for (std::int64_t i = start; i < end; ++i) {
      std::size_t text_bytes = elements.string_at(i).size();
      bytes += 1 + varint_bytes(text_bytes) + text_bytes;
    }
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, kRecordBytesMax));
}

void ExampleEncoder::check_no_null(const Feature& feature, std::int64_t start, std::int64_t end) {
  for (std::int64_t i = start; i < end; ++i) {
    if (!feature.column.child(0).is_null(i)) continue;
    throw Error(ErrorCode::kBadData,
                fmt::format("column '{}': a list holds a null, which an Example cannot", feature.name),
                "remove or fill the nulls inside the lists");
  }
}

char* ExampleEncoder::encode(std::size_t first, std::size_t last, char* out) {
  ends_.resize(sizes_.size());
  while (first < last) {
    std::size_t end = group_end(first, last);
    out = encode_group(first, end, out);
    first = end;
  }
  return out;
}

/// The end of the rows from `first` on that are written as a group; at least one.
std::size_t ExampleEncoder::group_end(std::size_t first, std::size_t last) const {
  std::size_t bytes = record_bytes(first);
  for (std::size_t row = first + 1; row < last; ++row) {
    bytes += record_bytes(row);
    if (bytes > kGroupBytes) return row;
  }
  return last;
}

char* ExampleEncoder::encode_group(std::size_t first, std::size_t last, char* out) {
  char* record = out;
  for (std::size_t row = first; row < last; ++row) {
    ends_[row] = record + kRecordHeaderBytes + 1 + varint_bytes(sizes_[row]);
    record += record_bytes(row);
  }
  for (const Feature& feature : features_) put_feature(feature, first, last);
  record = out;
  for (std::size_t row = first; row < last; ++row) {
    char* next = record + record_bytes(row);
    HEADRACE_CHECK(put_frame(row, record, ends_[row]) == next);
    record = next;
  }
  return record;
}

void ExampleEncoder::put_feature(const Feature& feature, std::size_t first, std::size_t last) {
  bool is_dense = feature.shape == Shape::kScalar && feature.kind != FeatureKind::kBytes && !feature.has_absent;
  if (!is_dense) return put_any(feature, first, last);
  switch (feature.prefixes.piece_count()) {
    case 1: return put_numbers<1>(feature, first, last);
    case 2: return put_numbers<2>(feature, first, last);
    default: return put_any(feature, first, last);
  }
}

/// Numbers, none of them absent, whose prefixes take kPieces pieces at most.
template <std::uint32_t kPieces>
void ExampleEncoder::put_numbers(const Feature& feature, std::size_t first, std::size_t last) {
  // Bytes may alias anything, so that what a loop needs is kept in variables of its own.
  char** ends = ends_.data();
  const FeaturePrefixes& prefixes = feature.prefixes;
  if (feature.kind == FeatureKind::kFloat) {
    char prefix[kPieces * kPieceBytes];
    copy_pieces<kPieces>(prefix, prefixes.bytes(sizeof(float)));
    std::uint32_t size = prefixes.sizes()[sizeof(float)];
    const std::byte* values = feature.column.raw_values();
    for (std::size_t row = first; row < last; ++row) {
      char* out = ends[row];
      copy_pieces<kPieces>(out, prefix);
      std::memcpy(out + size, values + row * sizeof(float), sizeof(float));
      ends[row] = out + size + sizeof(float);
    }
    return;
  }
  const char* bytes = prefixes.bytes();
  const std::uint32_t* sizes = prefixes.sizes().data();
  const std::uint32_t* payloads = feature.payload.data();
  const std::int64_t* values = feature.ints;
  for (std::size_t row = first; row < last; ++row) {
    std::uint32_t payload = payloads[row];
    char* out = ends[row];
    copy_pieces<kPieces>(out, bytes + payload * (kPieces * kPieceBytes));
    ends[row] = put_varint(out + sizes[payload], static_cast<std::uint64_t>(values[row]), payload);
  }
}

void ExampleEncoder::put_any(const Feature& feature, std::size_t first, std::size_t last) {
  for (std::size_t row = first; row < last; ++row) {
    std::uint32_t payload = feature.payload[row];
    if (payload == kAbsent) continue;
    char* out = ends_[row];
    if (payload >= feature.prefixes.payload_end() || feature.kind == FeatureKind::kBytes) {
      ends_[row] = put_values(feature, row, out);
      continue;
    }
    const char* prefix = feature.prefixes.bytes(payload);
    std::uint32_t size = feature.prefixes.sizes()[payload];
    for (std::uint32_t i = 0; i < size; i += kPieceBytes) copy_pieces<1>(out + i, prefix + i);
    out += size;
    if (feature.shape == Shape::kList) {
      ends_[row] = put_packed(feature, row, out);
    } else if (feature.kind == FeatureKind::kFloat) {
      std::memcpy(out, feature.column.raw_values() + row * sizeof(float), sizeof(float));
      ends_[row] = out + sizeof(float);
    } else {
      ends_[row] = put_varint(out, static_cast<std::uint64_t>(feature.ints[row]), payload);
    }
  }
}

/// What stands around the features of a record, which end at `end`; returns the record's end.
char* ExampleEncoder::put_frame(std::size_t row, char* record, char* end) const {
  char* data = record + kRecordHeaderBytes;
  char* out = data;
  *out++ = kTagFirst;
  std::uint64_t size = sizes_[row];
  for (; size >= 0x80; size >>= 7) *out++ = static_cast<char>(size | 0x80);
  *out = static_cast<char>(size);
  std::string_view lists = lists_.row(row);
  if (!lists.empty()) std::memcpy(end, lists.data(), lists.size());
  end += lists.size();
  std::uint64_t length = static_cast<std::uint64_t>(end - data);
  std::uint32_t length_checksum =
      length < kSmallLengths ? length_checksums_[length] : masked_crc32c(&length, sizeof(length));
  std::memcpy(record, &length, sizeof(length));
  std::memcpy(record + sizeof(length), &length_checksum, sizeof(length_checksum));
  std::uint32_t checksum = masked_crc32c(data, length);
  std::memcpy(end, &checksum, sizeof(checksum));
  return end + sizeof(checksum);
}

/// The packed values of a list.
char* ExampleEncoder::put_packed(const Feature& feature, std::size_t row, char* out) const {
  ElementRange range = elements_of(feature.column, static_cast<std::int64_t>(row));
  if (feature.kind == FeatureKind::kFloat) {
    const std::byte* values =
        feature.column.child(0).raw_values() + static_cast<std::size_t>(range.first) * sizeof(float);
    std::memcpy(out, values, feature.payload[row]);
    return out + feature.payload[row];
  }
  const std::int64_t* ints = feature.ints + (range.first - feature.elements_start);
  std::int64_t count = range.last - range.first;
  for (std::int64_t i = 0; i < count; ++i) out = put_varint(out, static_cast<std::uint64_t>(ints[i]));
  return out;
}

/// Texts, and lists of many bytes.
char* ExampleEncoder::put_values(const Feature& feature, std::size_t row, char* out) const {
  const Column& column = feature.column;
  std::int64_t at = static_cast<std::int64_t>(row);
  std::uint32_t payload = feature.payload[row];
  auto put_text = [&](std::string_view text) {
    *out++ = kTagFirst;
    out = put_varint(out, text.size());
    std::memcpy(out, text.data(), text.size());
    out += text.size();
  };
  if (feature.shape == Shape::kScalar) {
    std::uint64_t list_bytes = 1 + std::uint64_t{varint_bytes(payload)} + payload;
    out = put_nesting(out, feature.name, feature.kind, Nesting(feature.name.size(), list_bytes));
    put_text(column.string_at(at));
    return out;
  }
  bool is_packed = feature.kind != FeatureKind::kBytes;
  std::uint64_t list_bytes = is_packed ? packed_list_bytes(payload) : payload;
  out = put_nesting(out, feature.name, feature.kind, Nesting(feature.name.size(), list_bytes));
  if (is_packed) {
    *out++ = kTagFirst;
    out = put_varint(out, payload);
    return put_packed(feature, row, out);
  }
  ElementRange range = elements_of(column, at);
  for (std::int64_t i = range.first; i < range.last; ++i) put_text(column.child(0).string_at(i));
  return out;
}

}  // namespace headrace
