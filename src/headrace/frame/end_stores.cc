// See end_stores.h.
#include "headrace/frame/end_stores.h"

#include "headrace/io/fs/s3_file_system.h"

namespace headrace {

void end_stores() { end_s3(); }

}  // namespace headrace
