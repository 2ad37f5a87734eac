// See metadata_file.h.
#include "headrace/io/petastorm/metadata_file.h"

#include <sstream>
#include <utility>

#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/schema.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/io/parquet/footer.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/parquet/write/file_footer.h"
#include "headrace/io/petastorm/stored_column.h"
#include "headrace/io/petastorm/unischema_pickle.h"

namespace headrace {
namespace {

constexpr const char* kPickleKey = "dataset-toolkit.unischema.v1";
constexpr const char* kRowGroupsKey = "dataset-toolkit.num_row_groups_per_file.v1";
constexpr const char* kJsonKey = "headrace.unischema";

std::string row_groups_json(const FinishedFolder& folder) {
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  for (const WrittenFile& file : folder.files) counts[file.name] = file.summary.row_group_count;
  return counts.dump();
}

/// A Parquet file without rows.
std::string footer_only_file(const Schema& schema, const std::shared_ptr<arrow::KeyValueMetadata>& keys) {
  std::shared_ptr<parquet::WriterProperties> properties = parquet::WriterProperties::Builder()
                                                              .created_by(kCreatedBy)
                                                              ->version(parquet::ParquetVersion::PARQUET_2_6)
                                                              ->build();
  std::shared_ptr<parquet::SchemaDescriptor> columns;
  PARQUET_THROW_NOT_OK(parquet::arrow::ToParquetSchema(to_arrow_schema(schema).get(), *properties, &columns));
  std::unique_ptr<parquet::FileMetaData> metadata =
      parquet::FileMetaDataBuilder::Make(columns.get(), properties)->Finish(keys);
  auto sink = value_or_throw(arrow::io::BufferOutputStream::Create());
  parquet::WriteMetaDataFile(*metadata, sink.get());
  return value_or_throw(sink->Finish())->ToString();
}

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// A folder of a partition: "day=2026-01-01".
bool is_partition(std::string_view folder) {
  return folder.substr(folder.rfind('/') + 1).find('=') != std::string_view::npos;
}

Unischema read_metadata(const FileInfo& info, const SourceContext& context, bool& is_there) {
  ParquetFile file = open_parquet_file(info, context, arrow_pool(context.memory));
  const std::shared_ptr<const arrow::KeyValueMetadata>& keys = file.metadata->key_value_metadata();
  is_there = false;
  if (keys == nullptr) return {};
  if (int at = keys->FindKey(kPickleKey); at >= 0) {
    is_there = true;
    return read_unischema_pickle(keys->value(at), *context.memory);
  }
  if (int at = keys->FindKey(kJsonKey); at >= 0) {
    is_there = true;
    return Unischema::from_json(keys->value(at));
  }
  return {};
}

}  // namespace

void write_common_metadata(FileSystem& fs, const FinishedFolder& folder) {
  std::string path = fmt::format("{}/{}", folder.path, kCommonMetadataName);
  Unischema unischema = unischema_of(folder.schema, folder.name, folder.options.images);
  auto keys = arrow::key_value_metadata({kPickleKey, kRowGroupsKey, kJsonKey, std::string(kFooterKey)},
                                        {write_unischema_pickle(unischema), row_groups_json(folder),
                                         unischema.to_json(), std::string(kFooterValueBlank)});
  std::string bytes;
  try {
    bytes = footer_only_file(stored_schema(folder.schema), keys);
  } catch (...) {
    rethrow_parquet_error(fmt::format("cannot write '{}'", path));
  }
  seal_footer(bytes);
  fs.put(path, bytes);
}

std::optional<Unischema> find_unischema(const std::string& data_file, const SourceContext& context) {
  std::string_view folder = parent_of(data_file);
  while (is_partition(folder)) folder = parent_of(folder);
  std::string path = (folder.empty() && !data_file.starts_with('/') ? "" : std::string(folder) + "/") +
                     std::string(kCommonMetadataName);
  FileInfo info = context.fs->info(path);
  if (info.kind != FileInfo::Kind::kFile) return std::nullopt;
  bool is_there = false;
  try {
    Unischema schema = read_metadata(info, context, is_there);
    return is_there ? std::optional(std::move(schema)) : std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData) throw;
    throw Error(
        error.code(), fmt::format("cannot read the Unischema in '{}': {}", path, error.message()),
        "write the metadata again, or declare the columns in the source's schema: those declared binary need none");
  }
}

}  // namespace headrace
