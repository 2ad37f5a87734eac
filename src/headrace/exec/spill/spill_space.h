// What all spilling operators of a run share: room on disk, and the memory that moving data to disk takes itself.
//
// Data is moved when memory is short, so that the memory for moving it must be there already: a few staging buffers
// of fixed size, whatever the size of the batches. Who wants one while none is free and the budget refuses another
// waits for one that is in use.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/fs/scratch_space.h"

namespace headrace {

/// Thread-safe.
class SpillSpace {
 public:
  static constexpr std::size_t kBlockBytes = 256 << 10;  // what is read or written at once, at most
  static constexpr std::size_t kPieceBytes = 64 << 10;   // what is compressed at once, at most
  static constexpr std::size_t kStagingBytes = kBlockBytes + kPieceBytes;

  explicit SpillSpace(std::shared_ptr<ScratchSpace> scratch);

  /// A staging buffer, given back on destruction. Its holder must not wait for anything that another holder does.
  class Staging {
   public:
    Staging(SpillSpace& space, std::shared_ptr<Buffer> buffer) : space_(&space), buffer_(std::move(buffer)) {}
    Staging(Staging&& other) noexcept = default;
    Staging& operator=(Staging&&) = delete;
    ~Staging();
    std::span<std::byte> block() const { return {buffer_->mutable_data(), kBlockBytes}; }
    std::span<std::byte> piece() const { return {buffer_->mutable_data() + kBlockBytes, kPieceBytes}; }

   private:
    SpillSpace* space_;
    std::shared_ptr<Buffer> buffer_;
  };
  /// Throws Error(kOutOfMemory) when `memory` refuses and no buffer is in use either.
  Staging stage(MemoryBudget& memory);
  /// Takes `count` buffers from `memory` now, so that spilling does not fail for want of them later.
  void reserve_staging(MemoryBudget& memory, std::size_t count);

  ScratchSpace& scratch() { return *scratch_; }

  /// What all files of the run have written, for the report.
  void count_written(std::int64_t bytes) { bytes_written_.fetch_add(bytes, std::memory_order_relaxed); }
  std::int64_t bytes_written() const { return bytes_written_.load(std::memory_order_relaxed); }

  /// Says that `dictionary` (a right table's column) stays in memory anyway for as long as anybody else holds it:
  /// columns that refer to it are then spilled as their codes alone, and the spilled file holds it too.
  void pin(const std::shared_ptr<const Column>& dictionary);
  bool is_pinned(const std::shared_ptr<const Column>& dictionary) const;

 private:
  void give_back(std::shared_ptr<Buffer> buffer);

  std::shared_ptr<ScratchSpace> scratch_;
  std::atomic<std::int64_t> bytes_written_{0};
  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::shared_ptr<Buffer>> free_;
  std::size_t in_use_ = 0;
  std::map<const Column*, std::weak_ptr<const Column>> pinned_;
};

/// A spill space in default_scratch_folder(), without a limit.
std::shared_ptr<SpillSpace> default_spill_space();

}  // namespace headrace
