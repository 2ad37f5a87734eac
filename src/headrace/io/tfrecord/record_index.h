// The index of a TFRecord file, which makes it splittable and its rows countable without reading it. A file of its own
// beside the records, which stay a plain TFRecord file: docs/formats/tfrecord.md describes the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/fs/file_system.h"

namespace headrace {

struct RecordIndex {
  static constexpr std::int64_t kStride = 1024;

  std::int64_t file_bytes = 0;
  std::int64_t record_count = 0;
  std::int64_t stride = kStride;      // every how many records there is an offset
  std::vector<std::int64_t> offsets;  // of records 0, stride, 2·stride … in the file

  std::string to_bytes() const;
  /// Throws Error(kBadData) naming `path` on anything that is no index.
  static RecordIndex from_bytes(std::string_view bytes, const std::string& path);
};

/// Where the index of a file is, if it has one: "out/_part-00000.tfrecord.index".
std::string index_path(const std::string& file);

/// The index of a file; empty when there is none. Throws Error(kBadData) when it is damaged or of another file.
std::optional<RecordIndex> read_record_index(FileSystem& fs, const FileInfo& file);

}  // namespace headrace
