// See file_footer.h. The numbers of fields, types and enum values are those of Parquet's parquet.thrift, which Arrow's
// physical types and encodings share.
#include "headrace/io/parquet/write/file_footer.h"

#include <algorithm>

#include "headrace/io/parquet/write/thrift_compact_writer.h"

namespace headrace {
namespace {

using Wire = ThriftCompactWriter::Type;

constexpr std::int32_t kFormatVersion = 2;
constexpr std::int32_t kRequired = 0;
constexpr std::int32_t kOptional = 1;
constexpr std::int32_t kRepeated = 2;
constexpr std::int32_t kConvertedUtf8 = 0;
constexpr std::int32_t kConvertedList = 3;
constexpr std::int32_t kConvertedDate = 6;
constexpr std::int32_t kConvertedTimestampMicros = 10;
constexpr std::int32_t kConvertedInt8 = 15;
constexpr std::int32_t kConvertedInt16 = 16;
constexpr std::int32_t kDataPage = 0;
constexpr std::int32_t kDictionaryPage = 2;

std::int32_t codec_number(parquet::Compression::type codec) {
  switch (codec) {
    case parquet::Compression::SNAPPY: return 1;
    case parquet::Compression::ZSTD: return 6;
    default: return 0;
  }
}

void put_logical_timestamp(bool is_instant, ThriftCompactWriter& writer) {
  writer.field_struct(10);
  writer.field_struct(8);
  writer.field_bool(1, is_instant);
  writer.field_struct(2);
  writer.field_struct(2);  // microseconds
  writer.end_struct();
  writer.end_struct();
  writer.end_struct();
  writer.end_struct();
}

void put_logical_integer(std::int8_t bits, ThriftCompactWriter& writer) {
  writer.field_struct(10);
  writer.field_struct(10);
  writer.field_i8(1, bits);
  writer.field_bool(2, true);
  writer.end_struct();
  writer.end_struct();
}

/// A logical type without parameters.
void put_logical(int number, ThriftCompactWriter& writer) {
  writer.field_struct(10);
  writer.field_struct(number);
  writer.end_struct();
  writer.end_struct();
}

/// What the values of a leaf mean beyond their physical type.
void put_meaning(TypeKind kind, ThriftCompactWriter& writer) {
  switch (kind) {
    case TypeKind::kInt8:
      writer.field_i32(6, kConvertedInt8);
      put_logical_integer(8, writer);
      break;
    case TypeKind::kInt16:
      writer.field_i32(6, kConvertedInt16);
      put_logical_integer(16, writer);
      break;
    case TypeKind::kString:
      writer.field_i32(6, kConvertedUtf8);
      put_logical(1, writer);
      break;
    case TypeKind::kDate:
      writer.field_i32(6, kConvertedDate);
      put_logical(6, writer);
      break;
    case TypeKind::kTimestamp:
      writer.field_i32(6, kConvertedTimestampMicros);
      put_logical_timestamp(true, writer);
      break;
    case TypeKind::kTimestampNtz: put_logical_timestamp(false, writer); break;
    default: break;
  }
}

void put_leaf(const std::string& name, const Type& type, bool nullable, ThriftCompactWriter& writer) {
  writer.begin_struct();
  writer.field_i32(1, *leaf_physical_type(type));
  writer.field_i32(3, nullable ? kOptional : kRequired);
  writer.field_binary(4, name);
  put_meaning(type.kind(), writer);
  writer.end_struct();
}

void put_field(const Field& field, ThriftCompactWriter& writer) {
  if (!field.type.is_list()) return put_leaf(field.name, field.type, field.nullable, writer);
  writer.begin_struct();
  writer.field_i32(3, field.nullable ? kOptional : kRequired);
  writer.field_binary(4, field.name);
  writer.field_i32(5, 1);
  writer.field_i32(6, kConvertedList);
  put_logical(3, writer);
  writer.end_struct();
  writer.begin_struct();
  writer.field_i32(3, kRepeated);
  writer.field_binary(4, "list");
  writer.field_i32(5, 1);
  writer.end_struct();
  put_leaf("element", field.type.element(), /*nullable=*/true, writer);
}

void put_schema(const Schema& schema, ThriftCompactWriter& writer) {
  std::size_t elements = 1;
  for (const Field& field : schema) elements += field.type.is_list() ? 3 : 1;
  writer.field_list(2, Wire::kStruct, elements);
  writer.begin_struct();
  writer.field_i32(3, kRequired);
  writer.field_binary(4, "schema");
  writer.field_i32(5, static_cast<std::int32_t>(schema.size()));
  writer.end_struct();
  for (const Field& field : schema) put_field(field, writer);
}

void put_statistics(const ChunkSummary& chunk, ThriftCompactWriter& writer) {
  writer.field_struct(12);
  writer.field_i64(3, chunk.null_count);
  if (chunk.bounds.max) writer.field_binary(5, *chunk.bounds.max);
  if (chunk.bounds.min) writer.field_binary(6, *chunk.bounds.min);
  if (chunk.bounds.max) writer.field_bool(7, true);
  if (chunk.bounds.min) writer.field_bool(8, true);
  writer.end_struct();
}

void put_page_count(std::int32_t page_type, parquet::Encoding::type encoding, std::int32_t count,
                    ThriftCompactWriter& writer) {
  writer.begin_struct();
  writer.field_i32(1, page_type);
  writer.field_i32(2, encoding);
  writer.field_i32(3, count);
  writer.end_struct();
}

/// All encodings that occur, levels' included, each once.
std::vector<std::int32_t> encodings_of(const ChunkSummary& chunk) {
  std::vector<std::int32_t> encodings = {parquet::Encoding::RLE};
  auto add = [&](std::int32_t encoding) {
    if (std::find(encodings.begin(), encodings.end(), encoding) == encodings.end()) encodings.push_back(encoding);
  };
  if (chunk.dictionary_bytes > 0) add(parquet::Encoding::PLAIN);
  for (const auto& [encoding, count] : chunk.data_pages) add(encoding);
  return encodings;
}

void put_chunk(const Field& field, parquet::Compression::type codec, const ChunkSummary& chunk, std::int64_t start,
               ThriftCompactWriter& writer) {
  writer.begin_struct();
  writer.field_i64(2, 0);  // Of no use; the format requires it.
  writer.field_struct(3);
  writer.field_i32(1, *leaf_physical_type(field.type));
  std::vector<std::int32_t> encodings = encodings_of(chunk);
  writer.field_list(2, Wire::kI32, encodings.size());
  for (std::int32_t encoding : encodings) writer.put_i32(encoding);
  writer.field_list(3, Wire::kBinary, field.type.is_list() ? 3 : 1);
  writer.put_binary(field.name);
  if (field.type.is_list()) {
    writer.put_binary("list");
    writer.put_binary("element");
  }
  writer.field_i32(4, codec_number(codec));
  writer.field_i64(5, chunk.entry_count);
  writer.field_i64(6, chunk.bytes.plain);
  writer.field_i64(7, chunk.bytes.stored);
  writer.field_i64(9, start + chunk.dictionary_bytes);
  if (chunk.dictionary_bytes > 0) writer.field_i64(11, start);
  put_statistics(chunk, writer);
  writer.field_list(13, Wire::kStruct, chunk.data_pages.size() + (chunk.dictionary_bytes > 0 ? 1 : 0));
  if (chunk.dictionary_bytes > 0) put_page_count(kDictionaryPage, parquet::Encoding::PLAIN, 1, writer);
  for (const auto& [encoding, count] : chunk.data_pages) put_page_count(kDataPage, encoding, count, writer);
  writer.end_struct();
  writer.end_struct();
}

void put_row_group(const FooterContents& contents, std::size_t index, ThriftCompactWriter& writer) {
  const RowGroupSummary& group = contents.row_groups[index];
  PageBytes total;
  for (const ChunkSummary& chunk : group.chunks) {
    total.plain += chunk.bytes.plain;
    total.stored += chunk.bytes.stored;
  }
  writer.begin_struct();
  writer.field_list(1, Wire::kStruct, group.chunks.size());
  for (std::size_t i = 0; i < group.chunks.size(); ++i) {
    put_chunk(contents.schema[i], contents.codecs[i], group.chunks[i], group.chunk_starts[i], writer);
  }
  writer.field_i64(2, total.plain);
  writer.field_i64(3, group.row_count);
  if (!group.chunk_starts.empty()) writer.field_i64(5, group.chunk_starts[0]);
  writer.field_i64(6, total.stored);
  if (index <= 0x7fff) writer.field_i16(7, static_cast<std::int16_t>(index));
  writer.end_struct();
}

}  // namespace

std::optional<parquet::Type::type> leaf_physical_type(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBool: return parquet::Type::BOOLEAN;
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kDate: return parquet::Type::INT32;
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return parquet::Type::INT64;
    case TypeKind::kFloat32: return parquet::Type::FLOAT;
    case TypeKind::kFloat64: return parquet::Type::DOUBLE;
    case TypeKind::kString:
    case TypeKind::kBinary: return parquet::Type::BYTE_ARRAY;
    case TypeKind::kList:
    case TypeKind::kFixedSizeList:
      return type.element().is_nested() ? std::nullopt : leaf_physical_type(type.element());
    default: return std::nullopt;
  }
}

std::string make_footer(const FooterContents& contents) {
  std::string footer;
  ThriftCompactWriter writer(footer);
  std::int64_t row_count = 0;
  for (const RowGroupSummary& group : contents.row_groups) row_count += group.row_count;
  writer.begin_struct();
  writer.field_i32(1, kFormatVersion);
  put_schema(contents.schema, writer);
  writer.field_i64(3, row_count);
  writer.field_list(4, Wire::kStruct, contents.row_groups.size());
  for (std::size_t i = 0; i < contents.row_groups.size(); ++i) put_row_group(contents, i, writer);
  writer.field_list(5, Wire::kStruct, contents.key_values.size());
  for (const auto& [key, value] : contents.key_values) {
    writer.begin_struct();
    writer.field_binary(1, key);
    writer.field_binary(2, value);
    writer.end_struct();
  }
  writer.field_binary(6, kCreatedBy);
  // Bounds in the statistics follow the order of the type, in every column.
  writer.field_list(7, Wire::kStruct, contents.schema.size());
  for (std::size_t i = 0; i < contents.schema.size(); ++i) {
    writer.begin_struct();
    writer.field_struct(1);
    writer.end_struct();
    writer.end_struct();
  }
  writer.end_struct();
  return footer;
}

}  // namespace headrace
