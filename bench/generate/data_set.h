// All tables of the ads benchmark as files of a folder, and the manifest that says what they are.
#pragma once

#include <cstddef>
#include <string>

namespace headrace::bench {

struct DataSetOptions {
  double scale = 0;
  std::string folder;
  std::size_t threads = 1;
  bool force = false;  // also when the folder holds the same data already
};

/// Writes the files, then bench.json; the same bytes for any number of threads. Does nothing when the manifest there
/// says that the folder holds just this. Returns the text to print about it. Throws Error.
std::string write_data_set(const DataSetOptions& options);

}  // namespace headrace::bench
