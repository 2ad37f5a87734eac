// The columns of a TFRecord file, as its first records show them.
#pragma once

#include <vector>

#include "headrace/io/source.h"

namespace headrace {

/// The features of the records in the first MiB of the first file that has any, by name: int64, float32, string if all
/// values are valid UTF-8, else binary; a list where any record has another number of values than one. Throws
/// Error(kBadData) when a feature has lists of two kinds, or no file has a record.
std::vector<Field> infer_tfrecord_schema(const std::vector<FileInfo>& files, const SourceContext& context);

}  // namespace headrace
