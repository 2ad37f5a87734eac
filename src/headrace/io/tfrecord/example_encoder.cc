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

/// Bytes of a *List message that holds `payload` bytes of packed values.
std::uint64_t packed_list_bytes(std::uint64_t payload) {
  return payload == 0 ? 0 : 1 + varint_bytes(payload) + payload;
}

/// The sizes of the messages around a list, from the inside out.
struct Nesting {
  Nesting(std::size_t key_bytes, std::uint64_t list_bytes)
      : list(list_bytes),
        feature(1 + varint_bytes(list) + list),
        entry(1 + varint_bytes(key_bytes) + key_bytes + 1 + varint_bytes(feature) + feature),
        total(1 + varint_bytes(entry) + entry) {}
  std::uint64_t list;
  std::uint64_t feature;
  std::uint64_t entry;
  std::uint64_t total;
};

/// Tags, lengths and name in front of the list.
char* put_nesting(char* out, std::string_view key, FeatureKind kind, const Nesting& nesting) {
  *out++ = kTagFirst;
  out = put_varint(out, nesting.entry);
  *out++ = kTagFirst;
  out = put_varint(out, key.size());
  std::memcpy(out, key.data(), key.size());
  out += key.size();
  *out++ = kTagSecond;
  out = put_varint(out, nesting.feature);
  *out++ = static_cast<char>(kind);
  return put_varint(out, nesting.list);
}

template <typename T>
void widen(const Column& column, std::vector<std::int64_t>& out) {
  std::span<const T> values = column.values<T>();
  out.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = static_cast<std::int64_t>(values[i]);
}

/// The values of an integer-like column as int64.
void to_int64(const Column& column, std::vector<std::int64_t>& out) {
  switch (column.type().kind()) {
    case TypeKind::kBool: return widen<std::uint8_t>(column, out);
    case TypeKind::kInt8: return widen<std::int8_t>(column, out);
    case TypeKind::kInt16: return widen<std::int16_t>(column, out);
    case TypeKind::kInt32:
    case TypeKind::kDate: return widen<std::int32_t>(column, out);
    default: return widen<std::int64_t>(column, out);
  }
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
    Feature feature;
    feature.name = schema[i].name;
    feature.column_index = i;
    feature.kind = feature_kind(schema[i].type);
    feature.shape = schema[i].type.is_nested() ? Shape::kList : Shape::kScalar;
    HEADRACE_CHECK(feature.kind != FeatureKind::kNone);
    feature.prefixes.resize(kSmallPayloads);
    if (feature.kind != FeatureKind::kBytes) {
      for (std::uint32_t bytes = 1; bytes <= kVarintBytesMax; ++bytes) prefix_of(feature, bytes);
    }
    features_.push_back(std::move(feature));
  }
  std::sort(features_.begin(), features_.end(), [](const Feature& a, const Feature& b) { return a.name < b.name; });
  for (std::uint64_t length = 0; length < kSmallLengths; ++length) {
    length_checksums_.push_back(masked_crc32c(&length, sizeof(length)));
  }
}

/// The prefix of packed values of `payload` < kSmallPayloads bytes in all.
const ExampleEncoder::Prefix& ExampleEncoder::prefix_of(Feature& feature, std::uint32_t payload) {
  Prefix& prefix = feature.prefixes[payload];
  if (prefix.size > 0) return prefix;
  Nesting nesting(feature.name.size(), packed_list_bytes(payload));
  prefix.bytes.resize(feature.name.size() + 6 * kVarintBytesMax + 16);
  char* start = prefix.bytes.data();
  char* end = put_nesting(start, feature.name, feature.kind, nesting);
  if (payload > 0) {
    *end++ = kTagFirst;
    end = put_varint(end, payload);
  }
  prefix.size = static_cast<std::uint32_t>(end - start);
  prefix.total_bytes = static_cast<std::uint32_t>(nesting.total);
  return prefix;
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
  for (std::size_t row = 0; row < count; ++row) {
    if (sizes_[row] + 1 + kVarintBytesMax + lists_.row(row).size() <= kRecordBytesMax) continue;
    throw Error(ErrorCode::kBadData,
                fmt::format("a row takes {} as an Example, a record holds at most {}", format_bytes(sizes_[row]),
                            format_bytes(kRecordBytesMax)),
                "write fewer or shorter lists and texts, or Parquet");
  }
}

void ExampleEncoder::measure_int_scalars(Feature& feature) {
  to_int64(feature.column, feature.ints);
  const std::uint8_t* validity = feature.column.validity();
  for (std::size_t row = 0; row < sizes_.size(); ++row) {
    std::uint32_t bytes = varint_bytes(static_cast<std::uint64_t>(feature.ints[row]));
    feature.payload[row] = bytes;
    std::uint32_t total_bytes = feature.prefixes[bytes].total_bytes;
    sizes_[row] += total_bytes;
    if (validity != nullptr && validity[row] == 0) {
      sizes_[row] -= total_bytes;
      feature.payload[row] = kAbsent;
    }
  }
}

void ExampleEncoder::measure_float_scalars(Feature& feature) {
  std::uint32_t total_bytes = feature.prefixes[sizeof(float)].total_bytes;
  for (std::size_t row = 0; row < sizes_.size(); ++row) {
    bool absent = feature.column.is_null(static_cast<std::int64_t>(row));
    feature.payload[row] = absent ? kAbsent : sizeof(float);
    sizes_[row] += absent ? 0 : total_bytes;
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
    to_int64(column.child(0).slice(offset(0), offset(sizes_.size()) - offset(0)), feature.ints);
  }
  bool is_packed = feature.kind != FeatureKind::kBytes;
  for (std::size_t row = 0; row < sizes_.size(); ++row) {
    feature.payload[row] = kAbsent;
    if (column.is_null(static_cast<std::int64_t>(row))) continue;
    std::uint32_t payload = list_payload(feature, offset(row), offset(row + 1));
    feature.payload[row] = payload;
    if (is_packed && payload < kSmallPayloads) {
      sizes_[row] += prefix_of(feature, payload).total_bytes;
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
    const std::int64_t* ints = feature.ints.data() + (start - feature.elements_start);
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

std::size_t ExampleEncoder::record_bytes(std::size_t row) const {
  return kRecordHeaderBytes + 1 + varint_bytes(sizes_[row]) + sizes_[row] + lists_.row(row).size() +
         kRecordTrailerBytes;
}

char* ExampleEncoder::encode(std::size_t row, char* out) const {
  char* data = out + kRecordHeaderBytes;
  char* end = data;
  *end++ = kTagFirst;
  end = put_varint(end, sizes_[row]);
  for (const Feature& feature : features_) {
    std::uint32_t payload = feature.payload[row];
    if (payload == kAbsent) continue;
    if (payload >= kSmallPayloads || feature.kind == FeatureKind::kBytes) {
      end = put_values(feature, row, end);
      continue;
    }
    const Prefix& prefix = feature.prefixes[payload];
    for (std::uint32_t i = 0; i < prefix.size; i += 16) std::memcpy(end + i, prefix.bytes.data() + i, 16);
    end += prefix.size;
    if (feature.shape == Shape::kList) {
      end = put_packed(feature, row, end);
    } else if (feature.kind == FeatureKind::kFloat) {
      std::memcpy(end, feature.column.raw_values() + row * sizeof(float), sizeof(float));
      end += sizeof(float);
    } else {
      end = put_varint(end, static_cast<std::uint64_t>(feature.ints[row]), payload);
    }
  }
  std::string_view lists = lists_.row(row);
  if (!lists.empty()) std::memcpy(end, lists.data(), lists.size());
  end += lists.size();
  std::uint64_t length = static_cast<std::uint64_t>(end - data);
  std::uint32_t length_checksum =
      length < kSmallLengths ? length_checksums_[length] : masked_crc32c(&length, sizeof(length));
  std::memcpy(out, &length, sizeof(length));
  std::memcpy(out + sizeof(length), &length_checksum, sizeof(length_checksum));
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
  const std::int64_t* ints = feature.ints.data() + (range.first - feature.elements_start);
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
