// The files of the tables: Parquet written by row groups, and text whose chunks may come in any order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class RecordBatch;
class Schema;
namespace io {
class OutputStream;
}
}  // namespace arrow

namespace headrace::bench {

enum class Compression { kSnappy, kZstd };

/// Writes rows from `begin` to `end` as one file, a row group for each kChunkRows, with the settings that Arrow's
/// writer has by default; but for `distinct`, the columns whose values hardly repeat: like Spark's writer, which gives
/// up a dictionary that is no smaller, without one. `make_rows(from, to)` gives the rows of one row group; they may
/// borrow memory until the next call.
void write_parquet(const std::string& path, const std::shared_ptr<arrow::Schema>& schema, Compression compression,
                   const std::vector<std::string>& distinct, std::int64_t begin, std::int64_t end,
                   const std::function<std::shared_ptr<arrow::RecordBatch>(std::int64_t, std::int64_t)>& make_rows);

/// A text file of chunks 0, 1, 2 …, which threads hand in as they come; one that comes early waits in memory.
class TextFile {
 public:
  explicit TextFile(const std::string& path, std::string_view header = {});

  void put(std::int64_t chunk, std::string text);
  /// Requires: every chunk up to the last was put.
  void close();

 private:
  void write(std::string_view text);

  std::string what_;
  std::mutex mutex_;
  std::int64_t next_ = 0;
  std::map<std::int64_t, std::string> waiting_;
  std::shared_ptr<arrow::io::OutputStream> file_;
};

}  // namespace headrace::bench
