// The table entry of the TFRecord format. See tfrecord.h.
#include "headrace/io/tfrecord/record_index.h"
#include "headrace/io/tfrecord/tfrecord.h"

namespace headrace {

const Format kTfrecordFormat = {
    .name = "tfrecord",
    .extensions = {".tfrecord", ".tfrecords", ".tfrecord.gz", ".tfrecord.zlib"},
    .open = &open_tfrecord,
    .check_schema = &check_tfrecord_schema,
    .create = &create_tfrecord,
    .suffix = &tfrecord_suffix,
    .sidecar_path = &index_path,
};

}  // namespace headrace
