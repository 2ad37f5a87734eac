// See feature_lists_encoder.h.
#include "headrace/io/tfrecord/feature_lists_encoder.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/row_range.h"
#include "headrace/io/tfrecord/example_encoder.h"

namespace headrace {
namespace {

void append_varint(std::string& out, std::uint64_t value) {
  char bytes[kVarintBytesMax + 8];
  out.append(bytes, static_cast<std::size_t>(put_varint(bytes, value) - bytes));
}

/// A field with a length in front.
void append_field(std::string& out, char tag, std::string_view bytes) {
  out.push_back(tag);
  append_varint(out, bytes.size());
  out.append(bytes);
}

std::int64_t int_at(const Column& column, std::int64_t i) {
  auto at = static_cast<std::size_t>(i);
  switch (column.type().kind()) {
    case TypeKind::kBool: return column.values<std::uint8_t>()[at];
    case TypeKind::kInt8: return column.values<std::int8_t>()[at];
    case TypeKind::kInt16: return column.values<std::int16_t>()[at];
    case TypeKind::kInt32:
    case TypeKind::kDate: return column.values<std::int32_t>()[at];
    default: return column.values<std::int64_t>()[at];
  }
}

void refuse_null(const std::string& name) {
  throw Error(ErrorCode::kBadData, fmt::format("column '{}': a list holds a null, which a FeatureList cannot", name),
              "remove or fill the nulls inside the lists");
}

}  // namespace

FeatureKind feature_list_kind(const Type& type) {
  bool nests_once = type.is_list() && type.element().is_list() && !type.element().element().is_nested();
  return nests_once ? feature_kind(type.element()) : FeatureKind::kNone;
}

FeatureListsEncoder::FeatureListsEncoder(const Schema& schema, MemoryBudget& memory)
    : memory_(memory.shared_from_this()) {
  for (std::size_t i = 0; i < schema.size(); ++i) {
    FeatureKind kind = feature_list_kind(schema[i].type);
    if (kind != FeatureKind::kNone) items_.push_back({schema[i].name, i, kind});
  }
  std::ranges::sort(items_, {}, &Item::name);
}

void FeatureListsEncoder::encode(const Batch& batch, std::int64_t start, std::size_t count) {
  if (items_.empty()) return;
  bytes_.clear();
  starts_.assign(1, 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t row = start + static_cast<std::int64_t>(i);
    entries_.clear();
    for (const Item& item : items_) {
      const Column& column = batch.columns[item.column_index];
      if (column.is_null(row)) continue;
      put_feature_list(item, column, row);
      std::string& entry = feature_;
      entry.clear();
      append_field(entry, kTagFirst, item.name);
      append_field(entry, kTagSecond, feature_list_);
      append_field(entries_, kTagFirst, entry);
    }
    if (entries_.size() > kRecordBytesMax) {
      throw Error(ErrorCode::kBadData, "the lists of a row take more than 2 GiB, which a record cannot hold",
                  "write fewer or shorter lists, or Parquet");
    }
    append_field(bytes_, kTagSecond, entries_);
    starts_.push_back(bytes_.size());
    std::size_t held = bytes_.capacity() + entries_.capacity() + feature_list_.capacity() + feature_.capacity();
    if (held > reservation_.bytes()) reservation_ = Reservation(*memory_, 2 * held, "lists of lists of a block");
  }
}

/// Leaves the bytes in feature_list_.
void FeatureListsEncoder::put_feature_list(const Item& item, const Column& column, std::int64_t row) {
  feature_list_.clear();
  const Column& lists = column.child(0);
  ElementRange rows = elements_of(column, row);
  for (std::int64_t i = rows.first; i < rows.last; ++i) {
    if (lists.is_null(i)) refuse_null(item.name);
    ElementRange values = elements_of(lists, i);
    put_feature(item, lists.child(0), values.first, values.last);
    append_field(feature_list_, kTagFirst, feature_);
  }
}

/// Leaves the bytes in feature_.
void FeatureListsEncoder::put_feature(const Item& item, const Column& values, std::int64_t first, std::int64_t last) {
  std::string packed;
  std::string list;
  for (std::int64_t i = first; i < last; ++i) {
    if (values.is_null(i)) refuse_null(item.name);
    if (item.kind == FeatureKind::kBytes) {
      append_field(list, kTagFirst, values.string_at(i));
    } else if (item.kind == FeatureKind::kFloat) {
      float value = values.values<float>()[static_cast<std::size_t>(i)];
      packed.append(reinterpret_cast<const char*>(&value), sizeof(value));
    } else {
      append_varint(packed, static_cast<std::uint64_t>(int_at(values, i)));
    }
  }
  if (!packed.empty()) append_field(list, kTagFirst, packed);
  feature_.clear();
  append_field(feature_, static_cast<char>(item.kind), list);
}

}  // namespace headrace
