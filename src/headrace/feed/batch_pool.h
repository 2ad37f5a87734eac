// The memory of batches, used again and again.
//
// Fresh memory costs several times as much at first touch as in use. Blocks come in slabs, which the system backs by
// huge pages where it can, and are charged to the budget as long as they are in the pool or out of it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "headrace/column/buffer.h"

namespace headrace {

class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  /// Of blocks of `block_bytes`, `blocks_max` at most. `on_return` is called, from any thread, after a block has come
  /// back, also for a moment after close().
  BatchPool(std::size_t block_bytes, std::size_t blocks_max, std::shared_ptr<MemoryBudget> memory,
            std::function<void()> on_return);

  /// So many blocks, 64-byte aligned, or none when there are not as many. A block goes back when its last owner lets go
  /// of it.
  std::vector<std::shared_ptr<std::byte>> take(std::size_t count);
  /// Blocks that are out of the pool.
  std::size_t taken();
  std::size_t blocks_max() const { return blocks_max_; }
  /// Lets go of the blocks that are here, and later of those that come back.
  void close();

 private:
  struct Block {
    std::shared_ptr<Buffer> slab;
    std::byte* bytes = nullptr;
  };

  void add_slab(std::size_t count);
  void give(Block block);

  std::size_t block_bytes_;
  std::size_t blocks_max_;
  std::shared_ptr<MemoryBudget> memory_;
  int process_;
  std::mutex mutex_;  // of what follows
  std::function<void()> on_return_;
  std::vector<Block> idle_;
  std::size_t taken_ = 0;
  bool is_closed_ = false;
};

}  // namespace headrace
