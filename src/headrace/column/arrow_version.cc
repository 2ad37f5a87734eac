// See arrow_version.h.
#include "headrace/column/arrow_version.h"

#include <arrow/config.h>

namespace headrace {

std::string arrow_version() { return arrow::GetBuildInfo().version_string; }

}  // namespace headrace
