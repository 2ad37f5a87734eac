// The table entry of the TFRecord format. See tfrecord.h.
#include "headrace/io/tfrecord/tfrecord.h"

namespace headrace {

const Format kTfrecordFormat = {
    .name = "tfrecord",
    .extensions = {".tfrecord", ".tfrecords"},
    .open = &open_tfrecord,
    .check_schema = &check_tfrecord_schema,
    .create = &create_tfrecord,
};

}  // namespace headrace
