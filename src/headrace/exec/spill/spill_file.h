// Batches on disk: appended once, read any number of times, in any order, by any thread.
//
// A batch is written compressed, in blocks with checksums (block_stream.h). Where its blocks are is kept in memory,
// some 50 bytes for each 256 KiB. A dictionary is written when the first column that uses it is, once; one that is
// pinned (SpillSpace::pin) is not written at all.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/block_stream.h"

namespace headrace {

/// Thread-safe. The file is gone when this is destroyed.
class SpillFile {
 public:
  /// For batches of `schema`. Keeps `context.memory` and `context.spill` alive. Nothing touches the disk yet.
  SpillFile(const RunContext& context, std::shared_ptr<const Schema> schema);

  /// Writes the rows of `batch` and returns its index: 0, 1, 2 … in the order in which the calls end.
  std::size_t append(const Batch& batch);

  std::size_t batch_count() const;
  std::int64_t row_count(std::size_t index) const;
  /// Reads a batch. Throws Error(kIo) when the bytes on disk are not those that were written.
  Batch read(std::size_t index) const;

  /// Bytes on disk.
  std::int64_t size_bytes() const;

 private:
  /// A batch, or a dictionary as a batch of one column.
  struct Record {
    std::vector<SpillBlock> blocks;
    std::vector<std::size_t> dictionaries;  // in the order of for_each_dictionary()
    std::int64_t row_count = 0;
  };
  struct Dictionary {
    std::weak_ptr<const Column> written;   // what was given to append()
    std::shared_ptr<const Column> pinned;  // set: there is no record
    std::weak_ptr<const Column> read;
    Type type;
    Record record;
  };

  Record write(const std::vector<Column>& columns, std::int64_t row_count);
  void write_blocks(const std::vector<Column>& columns, Record& record);
  ScratchFile& open_file();
  const Record& record_at(std::size_t index) const;
  std::vector<Column> read_columns(const Record& record, std::span<const Type> types,
                                   std::span<const std::shared_ptr<const Column>> dictionaries) const;

  // These need dictionary_mutex_.
  std::vector<std::size_t> write_dictionaries(const std::vector<Column>& columns);
  std::size_t write_dictionary(const std::shared_ptr<const Column>& values);
  std::vector<std::shared_ptr<const Column>> read_dictionaries(const Record& record) const;
  std::shared_ptr<const Column> read_dictionary(std::size_t id) const;
  void keep(std::shared_ptr<const Column> dictionary) const;

  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<SpillSpace> space_;
  std::shared_ptr<const Schema> schema_;
  std::vector<Type> types_;

  mutable std::mutex mutex_;  // of what follows
  std::unique_ptr<ScratchFile> file_;
  std::deque<Record> records_;
  Reservation index_bytes_;
  std::int64_t size_bytes_ = 0;

  mutable std::mutex dictionary_mutex_;  // of what follows; never taken while mutex_ is held
  mutable std::deque<Dictionary> dictionaries_;
  std::unordered_map<const Column*, std::size_t> dictionary_ids_;
  mutable std::deque<std::shared_ptr<const Column>> kept_;  // read lately
  mutable std::size_t kept_bytes_ = 0;
};

}  // namespace headrace
