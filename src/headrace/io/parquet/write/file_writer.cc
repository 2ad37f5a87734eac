// See file_writer.h.
#include "headrace/io/parquet/write/file_writer.h"

#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/io/check_nulls.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/petastorm/metadata_file.h"
#include "headrace/io/petastorm/petastorm_writer.h"
#include "headrace/io/petastorm/stored_column.h"

namespace headrace {

parquet::Compression::type parquet_codec(const std::string& name, parquet::Compression::type otherwise) {
  if (name.empty()) return otherwise;
  if (name == "none") return parquet::Compression::UNCOMPRESSED;
  if (name == "snappy") return parquet::Compression::SNAPPY;
  if (name == "zstd") return parquet::Compression::ZSTD;
  std::vector<std::string> names = {"none", "snappy", "zstd"};
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("unknown compression '{}' for Parquet", name),
              name_hint(name, names, "compressions"));
}

bool has_fixed_size_list(const Type& type) {
  if (type.kind() == TypeKind::kFixedSizeList) return true;
  for (const Field& field : type.fields()) {
    if (has_fixed_size_list(field.type)) return true;
  }
  return false;
}

void check_parquet_schema(const Schema& schema, const WriterOptions& options) {
  parquet_codec(options.compression, parquet::Compression::UNCOMPRESSED);
  check_has_no_null_type(schema);
  if (options.petastorm) check_petastorm_schema(schema, options.images);
}

std::unique_ptr<FileWriter> create_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                           const WriterOptions& options, MemoryBudget& memory) {
  if (options.petastorm) return create_petastorm_parquet(schema, std::move(file), options, memory);
  check_parquet_schema(schema, options);
  return is_written_directly(schema) ? create_direct_parquet(schema, std::move(file), options, memory)
                                     : create_arrow_parquet(schema, std::move(file), options, memory);
}

void finish_parquet_folder(FileSystem& fs, const FinishedFolder& folder) {
  if (folder.options.petastorm) write_common_metadata(fs, folder);
}

}  // namespace headrace
