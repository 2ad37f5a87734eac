// TFRecord files of tf.train.Example messages.
//
//   record   | length, u64 LE | masked CRC-32C of those 8 bytes, u32 LE | data | masked CRC-32C of data, u32 LE |
//   data     an Example in protobuf's wire format: a map from feature name to a list of int64, float32 or bytes
//
// A file is records and nothing else, or the whole of it compressed by gzip or zlib. A row is an Example, a column a
// feature: integers, bool, date (days) and timestamps (µs) are int64 lists, float32 is a float list, string and binary
// are bytes lists, each of one value; a list or fixed_size_list of these has n values. A list of lists is a feature
// list of a SequenceExample, whose context has the other columns. A null is a feature that is absent; an empty list is
// present and empty. Features are written in the order of their names, so that the same rows give the same bytes.
//
// Reading accepts what protobuf allows: any order, packed or not, fields of later versions, a name twice (the last
// counts). A record whose length has a wrong checksum is an error of the file, for what follows cannot be found; one
// whose data has a wrong checksum, or whose message is malformed, is a bad row. Split: a file, or a part of one that
// has an index (record_index.h).
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kTfrecordFormat;

std::unique_ptr<SourceReader> open_tfrecord(const SourceSpec& spec, std::vector<FileInfo> files,
                                            const SourceContext& context);
void check_tfrecord_schema(const Schema& schema, const WriterOptions& options = {});
/// What follows ".tfrecord" in the name of a file written with `options`: ".gz", ".zlib", or nothing.
std::string_view tfrecord_suffix(const WriterOptions& options);
std::unique_ptr<FileWriter> create_tfrecord(const Schema& schema, std::unique_ptr<OutputFile> file,
                                            const WriterOptions& options, MemoryBudget& memory);

}  // namespace headrace
