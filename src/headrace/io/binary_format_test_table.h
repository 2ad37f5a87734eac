// Tables of every type, written and read back whole, for tests of binary formats.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/io/format.h"
#include "headrace/io/memory_file_system.h"
#include "headrace/io/source.h"

namespace headrace {

/// Appends a value for row `row`: nulls, the ends of the range, -0.0, NaN, empty and four-byte texts, empty lists among
/// them.
inline void append_sample(ColumnBuilder& builder, std::int64_t row, bool nullable) {
  const Type& type = builder.type();
  if (nullable && row % 7 == 3) return builder.append_null();
  bool even = row % 2 == 0;
  auto integer = [&]<typename T>(T) {
    using Limits = std::numeric_limits<T>;
    builder.append<T>(row % 5 == 0 ? Limits::max() : row % 5 == 1 ? Limits::min() : static_cast<T>(row % 100));
  };
  switch (type.kind()) {
    case TypeKind::kBool: return builder.append<std::uint8_t>(even ? 1 : 0);
    case TypeKind::kInt8: return integer(std::int8_t{});
    case TypeKind::kInt16: return integer(std::int16_t{});
    case TypeKind::kDate:
    case TypeKind::kInt32: return integer(std::int32_t{});
    case TypeKind::kInt64: return integer(std::int64_t{});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return builder.append<std::int64_t>(1'357'000'000'000'000 + row * 3'600'000'001);
    case TypeKind::kFloat32:
      return builder.append(row % 5 == 0 ? -0.0F : row % 5 == 1 ? std::numeric_limits<float>::quiet_NaN() : 0.1F);
    case TypeKind::kFloat64:
      return builder.append(row % 5 == 0 ? -0.0 : row % 5 == 1 ? std::numeric_limits<double>::infinity() : 0.1);
    case TypeKind::kDecimal128: return builder.append<Int128>((even ? 1 : -1) * (Int128{row} * 1'000'003));
    case TypeKind::kString:
      return builder.append_string(row % 4 == 0 ? ""
                                   : even       ? "\xf0\x9f\x8c\x8a wave"
                                                : fmt::format("text {}", row % 9));
    case TypeKind::kBinary: return builder.append_string(std::string_view("\0\xff\x80 b", row % 5 == 0 ? 0 : 5));
    case TypeKind::kList:
      for (std::int64_t i = 0; i < row % 4; ++i) append_sample(builder.child(0), row + i, false);
      return builder.append_list_end();
    case TypeKind::kFixedSizeList:
      for (std::int64_t i = 0; i < type.list_size(); ++i) append_sample(builder.child(0), row + i, false);
      return builder.append_struct_end();
    case TypeKind::kStruct:
      for (std::size_t i = 0; i < type.fields().size(); ++i) append_sample(builder.child(i), row + 1, nullable);
      return builder.append_struct_end();
    case TypeKind::kNull: return builder.append_null();
  }
}

inline Batch sample_batch(const Schema& schema, std::int64_t row_count, MemoryBudget& memory) {
  Batch batch{std::make_shared<const Schema>(schema), {}, row_count};
  for (const Field& field : schema) {
    ColumnBuilder builder(memory, field.type);
    for (std::int64_t row = 0; row < row_count; ++row) append_sample(builder, row, field.nullable);
    batch.columns.push_back(builder.finish());
  }
  return batch;
}

/// A column a type, nullable and not.
inline Schema schema_of_types(const std::vector<Type>& types) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < types.size(); ++i) {
    fields.push_back({fmt::format("n{}", i), types[i], true});
    fields.push_back({fmt::format("r{}", i), types[i], false});
  }
  return Schema(std::move(fields));
}

inline void append_rows(const Batch& batch, std::vector<std::string>& rows) {
  for (std::int64_t row = 0; row < batch.row_count; ++row) {
    std::string text;
    for (const Column& column : batch.columns) text += format_cell(column, row) + "|";
    rows.push_back(std::move(text));
  }
}

inline std::vector<std::string> rows_of(const Batch& batch) {
  std::vector<std::string> rows;
  append_rows(batch, rows);
  return rows;
}

/// Files in memory and what reading them gives.
struct FormatTest {
  std::shared_ptr<MemoryFileSystem> files = std::make_shared<MemoryFileSystem>();
  SourceContext context{files, MemoryBudget::create()};
  SourceSpec spec;
  std::vector<BadRow> bad_rows;
  ScanCounts counts;

  explicit FormatTest(std::string format) {
    spec.name = "test";
    spec.format = std::move(format);
  }

  FileSummary write(const std::string& path, const std::vector<Batch>& batches, const WriterOptions& options = {}) {
    return write_to(*files, path, *batches.at(0).schema, batches, options);
  }

  FileSummary write_to(FileSystem& fs, const std::string& path, const Schema& schema, const std::vector<Batch>& batches,
                       const WriterOptions& options) {
    spec.paths = {path};
    const Format& format = format_named(spec.format);
    check_writable(format, schema, options);
    std::unique_ptr<FileWriter> writer = format.create(schema, fs.create(path), options, *context.memory);
    for (const Batch& batch : batches) writer->write(batch);
    return writer->finish();
  }

  /// Reads the columns, or all of them, of all splits.
  std::vector<std::string> read(const std::vector<std::string>& columns, const std::vector<ScanBound>& bounds = {}) {
    std::unique_ptr<SourceReader> reader = open_source(spec, context);
    std::vector<std::string> rows;
    bad_rows.clear();
    counts = {};
    for (std::size_t i = 0; i < reader->split_count(); ++i) {
      std::unique_ptr<SplitStream> stream = reader->open_split(i, {columns, bounds});
      Batch batch;
      while (stream->next(batch)) {
        HEADRACE_CHECK(batch.row_count > 0 && batch.row_count <= kBatchRowsMax);
        HEADRACE_CHECK(batch.schema->names() == columns);
        for (std::size_t c = 0; c < columns.size(); ++c)
          HEADRACE_CHECK(batch.columns[c].type() == (*batch.schema)[c].type);
        append_rows(batch, rows);
      }
      counts.add(stream->counts());
      for (BadRow& row : stream->bad_rows()) bad_rows.push_back(std::move(row));
    }
    HEADRACE_CHECK(counts.rows_read ==
                   counts.rows_delivered + counts.rows_quarantined + counts.rows_dropped + counts.rows_skipped);
    return rows;
  }
  std::vector<std::string> read() { return read(open_source(spec, context)->schema().names()); }

  /// "row kind column: message" of the bad rows.
  std::vector<std::string> bad() const {
    std::vector<std::string> lines;
    for (const BadRow& row : bad_rows) {
      lines.push_back(fmt::format("{} {} {}: {}", row.line, row.kind, row.column, row.message));
    }
    return lines;
  }
};

}  // namespace headrace
