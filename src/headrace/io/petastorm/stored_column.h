// How Petastorm keeps a column: its type in the Parquet file and its field in the Unischema.
// docs/formats/petastorm.md has the table, with what Petastorm's readers give.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "headrace/column/column.h"
#include "headrace/io/petastorm/unischema.h"

namespace headrace {

struct StoredColumn {
  Field stored;          // in the Parquet file
  UnischemaField field;  // in the Unischema
};

/// Binary columns that hold the bytes of image files, and the codec of these, "png" or "jpeg".
using ImageColumns = std::map<std::string, std::string>;

/// Throws Error(kUnsupported) naming the column when its type has no place in a Unischema, or its name none in Python.
StoredColumn stored_column(const Field& field, const ImageColumns& images = {});

/// Checks all columns, as stored_column() does, and that image columns are there, binary, and of a codec that is known.
/// For outputs with `petastorm: true`.
void check_petastorm_schema(const Schema& schema, const ImageColumns& images = {});

/// The columns as they are stored.
Schema stored_schema(const Schema& schema);
/// A Unischema of them. Its name is made of `name`: what is no letter, digit or '_' becomes '_'.
Unischema unischema_of(const Schema& schema, std::string_view name, const ImageColumns& images = {});

/// Rows as they are stored. Throws Error(kBadData), which `what` opens, for a value that Petastorm would not read back:
/// a null in a list of numbers, a text that ends with a zero character, a date or time out of the range of pandas, an
/// image of another codec.
Column to_stored(const Column& column, const StoredColumn& form, std::string_view what, MemoryBudget& memory);

}  // namespace headrace
