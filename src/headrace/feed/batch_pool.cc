// See batch_pool.h.
#include "headrace/feed/batch_pool.h"

#include <unistd.h>
#include <utility>

namespace headrace {

BatchPool::BatchPool(std::size_t block_bytes, std::size_t blocks_max, std::shared_ptr<MemoryBudget> memory,
                     std::function<void()> on_return)
    : block_bytes_(block_bytes),
      blocks_max_(blocks_max),
      memory_(std::move(memory)),
      process_(getpid()),
      on_return_(std::move(on_return)) {}

std::vector<std::shared_ptr<Buffer>> BatchPool::take(std::size_t count) {
  std::vector<std::shared_ptr<Buffer>> blocks;
  std::lock_guard lock(mutex_);
  if (count > blocks_max_ - taken_) return blocks;
  while (idle_.size() < count) idle_.push_back(Buffer::allocate(*memory_, block_bytes_));
  for (std::size_t i = 0; i < count; ++i) {
    std::shared_ptr<Buffer> block = std::move(idle_.back());
    idle_.pop_back();
    Buffer* bytes = block.get();
    blocks.emplace_back(bytes, [pool = shared_from_this(), block = std::move(block)](Buffer*) mutable {
      pool->give(std::move(block));
    });
  }
  taken_ += count;
  return blocks;
}

std::size_t BatchPool::taken() {
  std::lock_guard lock(mutex_);
  return taken_;
}

void BatchPool::close() {
  std::lock_guard lock(mutex_);
  is_closed_ = true;
  idle_.clear();
  on_return_ = nullptr;
}

void BatchPool::give(std::shared_ptr<Buffer> block) {
  // The lock of a forked process may be held by a thread that only its parent has.
  if (getpid() != process_) return;
  std::function<void()> on_return;
  {
    std::lock_guard lock(mutex_);
    --taken_;
    if (is_closed_) return;
    idle_.push_back(std::move(block));
    on_return = on_return_;
  }
  if (on_return) on_return();
}

}  // namespace headrace
