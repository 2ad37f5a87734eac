// The table entry of the MDS format. See mds.h.
#include "headrace/io/mds/mds.h"
#include "headrace/io/mds/mds_index.h"

namespace headrace {

const Format kMdsFormat = {
    .name = "mds",
    .extensions = {".mds"},
    .open = &open_mds,
    .check_schema = &check_mds_schema,
    .create = &create_mds,
    .finish_folder = &finish_mds_folder,
    .index_name = kMdsIndexName,
};

}  // namespace headrace
