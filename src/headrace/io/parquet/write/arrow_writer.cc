// Writes Parquet files through Arrow's writer. See file_writer.h.
//
// Rows are encoded as they come and kept, encoded, until their row group is full. The footer is held back in memory
// until its checksum is in it.
#include <utility>

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/io/check_nulls.h"
#include "headrace/io/parquet/footer.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/parquet/write/file_footer.h"
#include "headrace/io/parquet/write/file_writer.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// The codec of a leaf: by default that of texts, and of the elements of lists, which are often zeros.
parquet::Compression::type codec_of(const std::string& name, const parquet::ColumnDescriptor& leaf) {
  bool shrinks = leaf.physical_type() == parquet::Type::BYTE_ARRAY || leaf.max_repetition_level() > 0;
  return parquet_codec(name, shrinks ? parquet::Compression::SNAPPY : parquet::Compression::UNCOMPRESSED);
}

/// How each leaf column is encoded; paths as Parquet writes them, "a.list.element".
void choose_encodings(const parquet::SchemaDescriptor& schema, const WriterOptions& options,
                      parquet::WriterProperties::Builder& builder) {
  for (int i = 0; i < schema.num_columns(); ++i) {
    const parquet::ColumnDescriptor& leaf = *schema.Column(i);
    std::shared_ptr<parquet::schema::ColumnPath> path = leaf.path();
    switch (leaf.physical_type()) {
      case parquet::Type::INT32:
      case parquet::Type::INT64:
        builder.disable_dictionary(path);
        builder.encoding(path, parquet::Encoding::DELTA_BINARY_PACKED);
        break;
      case parquet::Type::BYTE_ARRAY: builder.enable_dictionary(path); break;
      default: builder.disable_dictionary(path); break;
    }
    builder.compression(path, codec_of(options.compression, leaf));
  }
}

std::shared_ptr<parquet::WriterProperties> properties_of(const arrow::Schema& schema, const WriterOptions& options,
                                                         arrow::MemoryPool* pool) {
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(pool)
      ->created_by(kCreatedBy)
      ->version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->max_row_group_length(options.row_group_rows)
      ->enable_page_checksum()
      ->enable_store_decimal_as_integer();
  std::shared_ptr<parquet::SchemaDescriptor> descriptor;
  PARQUET_THROW_NOT_OK(parquet::arrow::ToParquetSchema(&schema, *builder.build(), &descriptor));
  choose_encodings(*descriptor, options, builder);
  return builder.build();
}

std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties_of(const Schema& schema) {
  parquet::ArrowWriterProperties::Builder builder;
  // Parquet knows no list of fixed size; Arrow's own schema in the footer tells readers that it was one.
  for (const Field& field : schema) {
    if (has_fixed_size_list(field.type)) {
      builder.store_schema();
      break;
    }
  }
  return builder.build();
}

class ArrowWriter final : public FileWriter {
 public:
  ArrowWriter(const Schema& schema, std::unique_ptr<OutputFile> file, const WriterOptions& options,
              MemoryBudget& memory)
      : schema_(schema),
        memory_(memory.shared_from_this()),
        pool_(arrow_pool(memory_)),
        output_(std::make_shared<ArrowOutput>(std::move(file))),
        what_(fmt::format("cannot write '{}'", output_->path())) {
    with_arrow(*output_, what_, [&] {
      std::shared_ptr<arrow::Schema> arrow_schema = to_arrow_schema(schema_);
      writer_ = value_or_throw(parquet::arrow::FileWriter::Open(*arrow_schema, pool_.get(), output_,
                                                                properties_of(*arrow_schema, options, pool_.get()),
                                                                arrow_properties_of(schema_)));
    });
  }

  /// Arrow's writer completes the file when it is destroyed.
  ~ArrowWriter() override { output_->abandon(); }

  void write(const Batch& batch) override {
    check_nulls(schema_, batch, what_);
    with_arrow(*output_, what_, [&] {
      arrow::ArrayVector arrays;
      for (const Column& column : batch.columns) arrays.push_back(to_arrow(flatten(*memory_, column), *memory_));
      auto rows = arrow::RecordBatch::Make(to_arrow_schema(schema_), batch.row_count, std::move(arrays));
      PARQUET_THROW_NOT_OK(writer_->WriteRecordBatch(*rows));
    });
    row_count_ += batch.row_count;
  }

  FileSummary finish() override {
    output_->hold_back();
    with_arrow(*output_, what_, [&] {
      auto blank = arrow::key_value_metadata({std::string(kFooterKey)}, {std::string(kFooterValueBlank)});
      PARQUET_THROW_NOT_OK(writer_->AddKeyValueMetadata(blank));
      PARQUET_THROW_NOT_OK(writer_->Close());
    });
    Reservation charge(*memory_, output_->held_back().size(), "the end of a Parquet file");
    seal_footer(output_->held_back());
    FileSummary summary = output_->finish(row_count_);
    summary.row_group_count = writer_->metadata()->num_row_groups();
    return summary;
  }

 private:
  Schema schema_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<ArrowOutput> output_;
  std::string what_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::int64_t row_count_ = 0;
};

}  // namespace

std::unique_ptr<FileWriter> create_arrow_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                                 const WriterOptions& options, MemoryBudget& memory) {
  return std::make_unique<ArrowWriter>(schema, std::move(file), options, memory);
}

}  // namespace headrace
