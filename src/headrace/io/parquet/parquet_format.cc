// The table entry of the Parquet format. See parquet.h.
#include "headrace/io/parquet/parquet.h"

namespace headrace {

const Format kParquetFormat = {
    .name = "parquet",
    .extensions = {".parquet", ".pq"},
    .open = &open_parquet,
    .check_schema = &check_parquet_schema,
    .create = &create_parquet,
    .finish_folder = &finish_parquet_folder,
};

}  // namespace headrace
