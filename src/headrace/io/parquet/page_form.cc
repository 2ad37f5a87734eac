// See page_form.h.
#include "headrace/io/parquet/page_form.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

bool is_text(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW: return true;
    case arrow::Type::DICTIONARY:
      return is_text(*arrow::internal::checked_cast<const arrow::DictionaryType&>(type).value_type());
    default: return false;
  }
}

bool is_list(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::FIXED_SIZE_LIST;
}

/// Only where Arrow's unit is the file's; Arrow's own schema in the footer may ask for another.
std::optional<LeafForm> timestamp_form(const arrow::TimestampType& type, const parquet::LogicalType& logical) {
  if (!logical.is_timestamp()) return std::nullopt;
  auto unit = arrow::internal::checked_cast<const parquet::TimestampLogicalType&>(logical).time_unit();
  using Unit = parquet::LogicalType::TimeUnit;
  if (unit == Unit::MICROS && type.unit() == arrow::TimeUnit::MICRO) return LeafForm::kInt64;
  if (unit == Unit::MILLIS && type.unit() == arrow::TimeUnit::MILLI) return LeafForm::kMilliseconds;
  if (unit == Unit::NANOS && type.unit() == arrow::TimeUnit::NANO) return LeafForm::kNanoseconds;
  return std::nullopt;
}

std::optional<LeafForm> leaf_form(const arrow::DataType& type, const parquet::ColumnDescriptor& leaf) {
  auto if_physical = [&](parquet::Type::type physical, LeafForm form) {
    return leaf.physical_type() == physical ? std::optional(form) : std::nullopt;
  };
  switch (type.id()) {
    case arrow::Type::BOOL: return if_physical(parquet::Type::BOOLEAN, LeafForm::kBool);
    case arrow::Type::INT8: return if_physical(parquet::Type::INT32, LeafForm::kInt8);
    case arrow::Type::INT16: return if_physical(parquet::Type::INT32, LeafForm::kInt16);
    case arrow::Type::DATE32:
    case arrow::Type::INT32: return if_physical(parquet::Type::INT32, LeafForm::kInt32);
    case arrow::Type::INT64: return if_physical(parquet::Type::INT64, LeafForm::kInt64);
    case arrow::Type::FLOAT: return if_physical(parquet::Type::FLOAT, LeafForm::kFloat32);
    case arrow::Type::DOUBLE: return if_physical(parquet::Type::DOUBLE, LeafForm::kFloat64);
    case arrow::Type::TIMESTAMP:
      if (leaf.physical_type() != parquet::Type::INT64 || leaf.logical_type() == nullptr) return std::nullopt;
      return timestamp_form(arrow::internal::checked_cast<const arrow::TimestampType&>(type), *leaf.logical_type());
    default: return is_text(type) ? if_physical(parquet::Type::BYTE_ARRAY, LeafForm::kText) : std::nullopt;
  }
}

/// Arrow's name of the codec, or nothing when it is not one that pages are read with.
std::optional<arrow::Compression::type> codec_of(const parquet::ColumnChunkMetaData& chunk) {
  switch (chunk.compression()) {
    case parquet::Compression::UNCOMPRESSED:
    case parquet::Compression::SNAPPY:
    case parquet::Compression::GZIP:
    case parquet::Compression::ZSTD:
    case parquet::Compression::LZ4: return chunk.compression();
    default: return std::nullopt;
  }
}

/// Levels may be listed as BIT_PACKED where there are none.
bool knows_encodings(const parquet::ColumnChunkMetaData& chunk, LeafForm form) {
  bool is_integer =
      form != LeafForm::kBool && form != LeafForm::kFloat32 && form != LeafForm::kFloat64 && form != LeafForm::kText;
  const std::vector<parquet::Encoding::type>& encodings = chunk.encodings();
  return std::all_of(encodings.begin(), encodings.end(), [&](parquet::Encoding::type encoding) {
    switch (encoding) {
      case parquet::Encoding::PLAIN:
      case parquet::Encoding::RLE:
      case parquet::Encoding::BIT_PACKED:
      case parquet::Encoding::PLAIN_DICTIONARY:
      case parquet::Encoding::RLE_DICTIONARY: return true;
      case parquet::Encoding::DELTA_BINARY_PACKED: return is_integer;
      case parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY: return form == LeafForm::kText;
      default: return false;
    }
  });
}

}  // namespace

ChunkPlace chunk_place_of(const parquet::ColumnChunkMetaData& chunk, const parquet::ColumnDescriptor& leaf) {
  ChunkPlace place;
  place.offset = chunk.data_page_offset();
  if (chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0) {
    place.offset = std::min(place.offset, chunk.dictionary_page_offset());
  }
  place.compressed_bytes = chunk.total_compressed_size();
  place.uncompressed_bytes = chunk.total_uncompressed_size();
  place.value_count = chunk.num_values();
  place.definition_max = leaf.max_definition_level();
  place.repetition_max = leaf.max_repetition_level();
  return place;
}

std::optional<PageForm> page_form_of(const parquet::arrow::SchemaField& field,
                                     const parquet::SchemaDescriptor& schema) {
  PageForm form;
  form.is_list = is_list(*field.field->type()) && field.children.size() == 1;
  form.nullable = field.field->nullable();
  const parquet::arrow::SchemaField& leaf_field = form.is_list ? field.children[0] : field;
  if (!leaf_field.is_leaf()) return std::nullopt;
  form.elements_nullable = form.is_list && leaf_field.field->nullable();
  const parquet::ColumnDescriptor& leaf = *schema.Column(leaf_field.column_index);
  int definition_max = (form.nullable ? 1 : 0) + (form.is_list ? 1 : 0) + (form.elements_nullable ? 1 : 0);
  bool has_its_levels =
      leaf.max_repetition_level() == (form.is_list ? 1 : 0) && leaf.max_definition_level() == definition_max;
  std::optional<LeafForm> leaf_form_found = leaf_form(*leaf_field.field->type(), leaf);
  if (!has_its_levels || !leaf_form_found) return std::nullopt;
  form.leaf = *leaf_form_found;
  return form;
}

std::unique_ptr<ColumnPages> open_column_pages(const PageForm& form, const Type& type,
                                               const parquet::FileMetaData& metadata,
                                               parquet::RowGroupMetaData& row_group, int leaf, const InputFile& file,
                                               const TextWish& wish, MemoryBudget& memory, ScratchPool* pool) {
  std::unique_ptr<parquet::ColumnChunkMetaData> chunk = row_group.ColumnChunk(leaf);
  std::optional<arrow::Compression::type> compression = codec_of(*chunk);
  // Old writers of parquet-mr leave the size of the chunk's dictionary page header out.
  bool has_true_sizes = !metadata.writer_version().VersionLt(parquet::ApplicationVersion::PARQUET_816_FIXED_VERSION());
  bool is_plain_file = chunk->file_path().empty() && chunk->crypto_metadata() == nullptr &&
                       !metadata.is_encryption_algorithm_set() && has_true_sizes;
  const parquet::ColumnDescriptor& descriptor = *metadata.schema()->Column(leaf);
  if (!compression || !is_plain_file || !knows_encodings(*chunk, form.leaf) ||
      chunk->type() != descriptor.physical_type()) {
    return nullptr;
  }
  ChunkPlace place = chunk_place_of(*chunk, descriptor);
  if (!form.is_list && place.value_count != row_group.num_rows()) {
    damaged_page(fmt::format("it holds {} values in {} rows", place.value_count, row_group.num_rows()));
  }
  auto pages = std::make_unique<ChunkPages>(file, place, PageCodec(*compression), memory, pool);
  if (wish.as_hashes && !form.is_list && form.leaf == LeafForm::kText) {
    return make_flat_pages(std::move(pages), make_text_hashes(wish.on_bad_text, memory), memory);
  }
  const Type& leaf_type = form.is_list ? type.element() : type;
  bool can_be_coded = !form.is_list || (type.kind() == TypeKind::kFixedSizeList && form.leaf != LeafForm::kText);
  bool is_plain = !can_be_coded || !wish.as_dictionaries;
  std::unique_ptr<LeafValues> values =
      make_leaf_values(form.leaf, leaf_type, is_plain, memory, pool == nullptr ? nullptr : &pool->columns());
  if (!form.is_list) return make_flat_pages(std::move(pages), std::move(values), memory);
  if (type.kind() == TypeKind::kFixedSizeList) {
    return make_fixed_list_pages(std::move(pages), std::move(values), type, form.nullable, form.elements_nullable,
                                 memory);
  }
  return make_list_pages(std::move(pages), std::move(values), type, form.nullable, form.elements_nullable, memory);
}

}  // namespace headrace
