// TFRecord files of tf.train.Example messages.
//
//   record   | length, u64 LE | masked CRC-32C of those 8 bytes, u32 LE | data | masked CRC-32C of data, u32 LE |
//   data     an Example in protobuf's wire format: a map from feature name to a list of int64, float32 or bytes
//
// A file is records and nothing else. A row is an Example, a column a feature: integers, bool, date (days) and
// timestamps (µs) are int64 lists, float32 is a float list, string and binary are bytes lists, each of one value; a
// list or fixed_size_list of these has n values. A null is a feature that is absent; an empty list is present and
// empty. Features are written in the order of their names, so that the same rows give the same bytes.
//
// Reading accepts what protobuf allows: any order, packed or not, fields of later versions, a name twice (the last
// counts). A record whose checksums are wrong is an error of the file, wherever it is; a record whose message is
// malformed is a bad row. Split: a file.
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kTfrecordFormat;

std::unique_ptr<SourceReader> open_tfrecord(const SourceSpec& spec, std::vector<FileInfo> files,
                                            const SourceContext& context);
void check_tfrecord_schema(const Schema& schema);
std::unique_ptr<FileWriter> create_tfrecord(const Schema& schema, std::unique_ptr<OutputFile> file,
                                            const WriterOptions& options, MemoryBudget& memory);

}  // namespace headrace
