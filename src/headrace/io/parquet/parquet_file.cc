// See parquet_file.h.
#include "headrace/io/parquet/parquet_file.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <set>
#include <utility>

#include <arrow/result.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/column/arrow.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/parquet/footer.h"

namespace headrace {
namespace {

constexpr std::int64_t kTrailerBytes = 8;  // length of the footer and magic
constexpr const char* kDamagedHint = "the file is damaged, truncated, or no Parquet file: write it again";

[[noreturn]] void damaged(std::string_view path, std::string_view cause) {
  throw Error(ErrorCode::kBadData, fmt::format("{}: {}", cannot_read(path), cause), kDamagedHint);
}

/// The bytes of the footer, checked by magic, length and, where there is one, checksum.
std::string read_footer(const InputFile& file, Reservation& charge) {
  std::int64_t size_bytes = file.size_bytes();
  if (size_bytes < 4 + kTrailerBytes) damaged(file.path(), fmt::format("its {} bytes are too few", size_bytes));
  std::string trailer(kTrailerBytes, '\0');
  file.read_at(size_bytes - kTrailerBytes, std::as_writable_bytes(std::span(trailer)));
  if (trailer.ends_with("PARE")) {
    throw Error(ErrorCode::kUnsupported, cannot_read(file.path()) + ": its footer is encrypted", "decrypt it first");
  }
  if (!trailer.ends_with("PAR1")) damaged(file.path(), "it does not end with the letters PAR1");
  std::uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, trailer.data(), sizeof(footer_bytes));
  if (footer_bytes > size_bytes - kTrailerBytes - 4) {
    damaged(file.path(), fmt::format("it declares a footer of {} bytes, more than it has", footer_bytes));
  }
  charge.resize(footer_bytes, "the footer of a Parquet file");
  std::string footer(footer_bytes, '\0');
  file.read_at(size_bytes - kTrailerBytes - footer_bytes, std::as_writable_bytes(std::span(footer)));
  if (!footer_is_intact(footer).value_or(true)) damaged(file.path(), "the checksum of its footer is wrong");
  return footer;
}

void check_row_counts(const parquet::FileMetaData& metadata, const std::string& path) {
  std::int64_t total = 0;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    std::int64_t rows = metadata.RowGroup(i)->num_rows();
    if (rows < 0 || __builtin_add_overflow(total, rows, &total)) {
      damaged(path, fmt::format("row group {} has {} rows", i, rows));
    }
  }
  if (total != metadata.num_rows()) {
    damaged(path, fmt::format("its row groups have {} rows, its footer says {}", total, metadata.num_rows()));
  }
}

void add_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const parquet::arrow::SchemaField& child : field.children) add_leaves(child, leaves);
}

std::vector<ParquetColumn> columns_of(const parquet::FileMetaData& metadata, const std::string& path) {
  parquet::arrow::SchemaManifest manifest;
  PARQUET_THROW_NOT_OK(parquet::arrow::SchemaManifest::Make(metadata.schema(), metadata.key_value_metadata(),
                                                            arrow_reader_properties(), &manifest));
  std::vector<ParquetColumn> columns;
  std::set<std::string> names;
  for (const parquet::arrow::SchemaField& field : manifest.schema_fields) {
    ParquetColumn column;
    column.name = field.field->name();
    column.type = from_arrow_type(*field.field->type());
    column.type_text = field.field->type()->ToString();
    column.nullable = field.field->nullable();
    add_leaves(field, column.leaves);
    column.page_form = page_form_of(field, *metadata.schema());
    if (field.is_leaf() && metadata.schema()->Column(field.column_index)->physical_type() == parquet::Type::INT96) {
      column.type = TypeKind::kTimestamp;
    }
    if (valid_utf8_bytes(column.name) != column.name.size()) {
      damaged(path, fmt::format("the column name {} is no UTF-8", excerpt(column.name)));
    }
    if (!names.insert(column.name).second) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: two columns are named '{}'", cannot_read(path), column.name),
                  "rename one of them where the file is written");
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

const ParquetColumn* ParquetFile::find(std::string_view name) const {
  auto found = std::find_if(columns.begin(), columns.end(), [&](const ParquetColumn& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

FileColumns ParquetFile::file_columns() const { return {info.path, {columns.begin(), columns.end()}}; }

ParquetFile open_parquet_file(const FileInfo& info, const SourceContext& context,
                              const std::shared_ptr<arrow::MemoryPool>& pool) {
  std::unique_ptr<InputFile> file = context.fs->open(info.path);
  Reservation charge(*context.memory, 0, "the footer of a Parquet file");
  std::string footer = read_footer(*file, charge);
  try {
    std::int64_t footer_bytes = static_cast<std::int64_t>(footer.size());
    ParquetFile result;
    result.info = info;
    result.metadata = parquet::FileMetaData::Make(footer.data(), footer_bytes, parquet_reader_properties(pool.get()));
    result.columns = columns_of(*result.metadata, info.path);
    check_row_counts(*result.metadata, info.path);
    return result;
  } catch (...) {
    rethrow_parquet_error(cannot_read(info.path));
  }
}

parquet::ReaderProperties parquet_reader_properties(arrow::MemoryPool* pool) {
  parquet::ReaderProperties properties(pool);
  properties.set_page_checksum_verification(true);
  return properties;
}

parquet::ArrowReaderProperties arrow_reader_properties() {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(kBatchRowsMax);
  properties.set_pre_buffer(false);
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  return properties;
}

std::string cannot_read(std::string_view path) { return fmt::format("cannot read '{}'", path); }

void rethrow_parquet_error(std::string_view what) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const parquet::ParquetStatusException& error) {
    if (error.status().IsOutOfMemory() || error.status().IsNotImplemented()) unwrap(error.status(), what);
    throw Error(ErrorCode::kBadData, fmt::format("{}: {}", what, error.status().message()), kDamagedHint);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kOutOfMemory, fmt::format("{}: the system has no memory left", what),
                "run on a machine with more memory, or with a smaller --memory");
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kBadData, fmt::format("{}: {}", what, error.what()), kDamagedHint);
  }
}

}  // namespace headrace
