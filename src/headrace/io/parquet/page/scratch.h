// Buffers that are used again and again.
//
// Memory that the system hands out fresh costs several times as much at first touch as in use, and a chunk's buffers
// are as large as a page. So a column takes them from a pool that outlives it, and gives them back.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "headrace/column/buffer.h"
#include "headrace/io/parquet/page/column_pool.h"

namespace headrace {

/// What may be read and written behind the bytes of a ScratchBytes.
inline constexpr std::size_t kPageSlackBytes = 64;

/// Idle buffers, which stay charged to their budget; a few MiB at most. Thread-safe.
class ScratchPool {
 public:
  /// A buffer of `size_bytes` or somewhat more, or nullptr.
  std::shared_ptr<Buffer> take(std::size_t size_bytes);
  void give(std::shared_ptr<Buffer> buffer);
  void clear();

  /// Those of columns.
  ColumnPool& columns() { return *columns_; }

 private:
  std::shared_ptr<ColumnPool> columns_ = std::make_shared<ColumnPool>();
  std::mutex mutex_;
  std::vector<std::shared_ptr<Buffer>> idle_;
  std::size_t idle_bytes_ = 0;
};

/// Bytes that only grow. From and to `pool`, which may be nullptr and otherwise outlives them.
class ScratchBytes {
 public:
  ScratchBytes(MemoryBudget& memory, ScratchPool* pool) : memory_(memory), pool_(pool) {}
  ~ScratchBytes();
  ScratchBytes(const ScratchBytes&) = delete;
  ScratchBytes& operator=(const ScratchBytes&) = delete;

  /// Makes room for `size_bytes` and kPageSlackBytes more, keeping the first `kept_bytes` bytes. Charged to the budget.
  std::byte* reserve(std::size_t size_bytes, std::size_t kept_bytes = 0);
  std::byte* data() { return buffer_ == nullptr ? nullptr : buffer_->mutable_data(); }

 private:
  std::shared_ptr<Buffer> allocate(std::size_t size_bytes);

  MemoryBudget& memory_;
  ScratchPool* pool_;
  std::shared_ptr<Buffer> buffer_;
};

}  // namespace headrace
