// Which columns have their pages read directly.
//
// A column of single values, or of lists of them, whose physical type, annotation and Arrow type agree, has a PageForm;
// a column chunk of it is read from its pages where its codec and encodings are known and nothing is encrypted or lies
// in another file. Everything else is left to Arrow's reader.
#pragma once

#include <memory>
#include <optional>

#include <parquet/metadata.h>

#include "headrace/io/fs/file_system.h"
#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/leaf_values.h"

namespace parquet::arrow {
struct SchemaField;
}

namespace headrace {

/// How the pages of a column become its rows.
struct PageForm {
  LeafForm leaf = LeafForm::kInt64;
  bool is_list = false;            // list or fixed_size_list
  bool nullable = false;           // the rows
  bool elements_nullable = false;  // of lists
};

/// The form of a top-level column, or nothing when Arrow has to read it.
std::optional<PageForm> page_form_of(const parquet::arrow::SchemaField& field, const parquet::SchemaDescriptor& schema);

/// Where a column chunk lies, as the footer says.
ChunkPlace chunk_place_of(const parquet::ColumnChunkMetaData& chunk, const parquet::ColumnDescriptor& leaf);

/// How the texts of a column are wanted.
struct TextWish {
  bool as_hashes = false;        // as make_text_hashes() gives them, with `on_bad_text`
  bool as_dictionaries = false;  // in dictionary layout where pages are; numbers, too
  BadText on_bad_text;
};

/// Opens the chunk of leaf `leaf` in `row_group`; `type` is the column's in the file. Returns nullptr when Arrow has to
/// read the chunk. Throws PageError for a chunk that does not go with the file or the row group. `file`, `memory` and
/// `pool` (of buffers, or nullptr) outlive the result.
std::unique_ptr<ColumnPages> open_column_pages(const PageForm& form, const Type& type,
                                               const parquet::FileMetaData& metadata,
                                               parquet::RowGroupMetaData& row_group, int leaf, const InputFile& file,
                                               const TextWish& wish, MemoryBudget& memory, ScratchPool* pool);

}  // namespace headrace
