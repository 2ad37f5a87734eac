// Rows that several processes keep and read again: Arrow files in a folder that all of them see.
//
// A task writes one file for each part of a split that it has rows of, under a name of its own; the driver, who hears
// of the tasks that came to their end, puts the files of each part in order. From then on they are one sequence of rows
// that any task can read a range of. A file that is gone or has changed is an error, never other rows.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/partial_fit.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/split_rows.h"
#include "headrace/io/format.h"

namespace headrace {

struct SpoolFile {
  std::string path;
  std::int64_t row_count = 0;
  std::int64_t size_bytes = 0;

  void write(ByteWriter& out) const;
  static SpoolFile read(ByteReader& in);
};

/// The rows of all of them.
std::int64_t rows_of(const std::vector<SpoolFile>& files);

/// Files of rows by number, each there once it has rows.
class SpoolFiles {
 public:
  /// File number i is called `prefix`-name_of(i).arrow. All arguments but the prefix outlive this.
  SpoolFiles(std::string prefix, std::function<std::string(std::size_t)> name_of, const Schema& schema, FileSystem& fs,
             MemoryBudget& memory)
      : prefix_(std::move(prefix)), name_of_(std::move(name_of)), schema_(schema), fs_(fs), memory_(memory) {}

  /// `rows` are plain, not in dictionary layout.
  void write(std::size_t number, const Batch& rows);
  /// Ends the files; those that there are, by number.
  std::vector<std::pair<std::size_t, SpoolFile>> finish();

 private:
  struct Open {
    std::string path;
    std::unique_ptr<FileWriter> writer;
  };

  std::string prefix_;
  std::function<std::string(std::size_t)> name_of_;
  const Schema& schema_;
  FileSystem& fs_;
  MemoryBudget& memory_;
  std::map<std::size_t, Open> files_;
};

/// Deals the rows that it is given to parts and writes them to files; one worker.
class SharedSpoolSink : public Sink {
 public:
  /// Files are called `prefix`-part.arrow. `fit`, where there is one, sees the rows of the part called `fit_part`. All
  /// arguments but strings outlive this.
  SharedSpoolSink(const PartAssigner& assigner, std::shared_ptr<const Schema> schema, std::string prefix, FitPart* fit,
                  const std::string& fit_part, FileSystem& fs, const RunContext& context);

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// Ends the files. One a part that has rows: its index among the assigner's parts, and the file.
  std::vector<std::pair<std::size_t, SpoolFile>> finish() { return files_.finish(); }
  std::int64_t rows_left_out() const { return rows_left_out_; }

 private:
  const PartAssigner& assigner_;
  std::shared_ptr<const Schema> schema_;
  FitPart* fit_;
  std::size_t fit_index_ = 0;
  const RunContext& context_;
  DictionaryCache dictionaries_;
  SpoolFiles files_;  // by part
  std::int64_t rows_left_out_ = 0;
};

/// Throws Error(kBadData) when the file is not what the driver was told of.
void check_unchanged(const SpoolFile& file, FileSystem& fs);

/// Calls take(batch) with the rows [begin, end) of the files, one after another. Throws Error(kBadData) when a file is
/// not what the driver was told of.
void read_spool(const std::vector<SpoolFile>& files, const Schema& schema, std::int64_t begin, std::int64_t end,
                const std::shared_ptr<FileSystem>& fs, const RunContext& context,
                const std::function<void(const Batch&)>& take);

}  // namespace headrace
