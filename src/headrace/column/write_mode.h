// What becomes of a data set that is there already. Plain data, shared by plan/ and io/.
#pragma once

namespace headrace {

enum class WriteMode {
  kOverwrite,            // the new rows take its place
  kAppend,               // the new rows join it
  kOverwritePartitions,  // the new rows take the place of the partitions that they belong to; others stay
};

}  // namespace headrace
