// See batch_pool.h.
#include "headrace/feed/batch_pool.h"

#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace headrace {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = 2 << 20;

/// Asks the system for huge pages, where it has them. It is a wish: nothing depends on it.
void wish_huge_pages(std::byte* bytes, std::size_t size_bytes) {
#if defined(MADV_HUGEPAGE)
  auto start = reinterpret_cast<std::uintptr_t>(bytes);
  std::uintptr_t first = (start + kHugePage - 1) / kHugePage * kHugePage;
  std::uintptr_t end = (start + size_bytes) / kHugePage * kHugePage;
  if (first < end) static_cast<void>(::madvise(bytes + (first - start), end - first, MADV_HUGEPAGE));
#endif
}

}  // namespace

BatchPool::BatchPool(std::size_t block_bytes, std::size_t blocks_max, std::shared_ptr<MemoryBudget> memory,
                     std::function<void()> on_return)
    : block_bytes_((block_bytes + kAlignment - 1) / kAlignment * kAlignment),
      blocks_max_(blocks_max),
      memory_(std::move(memory)),
      process_(getpid()),
      on_return_(std::move(on_return)) {}

void BatchPool::add_slab(std::size_t count) {
  std::shared_ptr<Buffer> slab = Buffer::allocate(*memory_, count * block_bytes_);
  wish_huge_pages(slab->mutable_data(), count * block_bytes_);
  for (std::size_t i = 0; i < count; ++i) idle_.push_back({slab, slab->mutable_data() + i * block_bytes_});
}

std::vector<std::shared_ptr<std::byte>> BatchPool::take(std::size_t count) {
  std::vector<std::shared_ptr<std::byte>> blocks;
  std::lock_guard lock(mutex_);
  if (count > blocks_max_ - taken_) return blocks;
  if (idle_.size() < count) add_slab(count - idle_.size());
  for (std::size_t i = 0; i < count; ++i) {
    Block block = std::move(idle_.back());
    idle_.pop_back();
    std::byte* bytes = block.bytes;
    blocks.emplace_back(bytes, [pool = shared_from_this(), block = std::move(block)](std::byte*) mutable {
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

void BatchPool::give(Block block) {
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
