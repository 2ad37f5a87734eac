// The table entry of the Arrow IPC format. See arrow_ipc.h.
#include "headrace/io/arrow_ipc/arrow_ipc.h"

namespace headrace {

const Format kArrowIpcFormat = {
    .name = "arrow",
    .extensions = {".arrow", ".feather", ".ipc"},
    .open = &open_arrow_ipc,
    .check_schema = &check_arrow_ipc_schema,
    .create = &create_arrow_ipc,
};

}  // namespace headrace
