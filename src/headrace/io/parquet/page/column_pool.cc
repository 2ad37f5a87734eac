// See column_pool.h.
#include "headrace/io/parquet/page/column_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::size_t kIdleBytesMax = 16 << 20;
constexpr std::size_t kIdleShare = 32;
/// Smaller buffers are cheap as they are.
constexpr std::size_t kPooledBytesMin = 32 << 10;

}  // namespace

// With room for all that can be idle, give() need not allocate.
ColumnPool::ColumnPool() { idle_.reserve(kIdleBytesMax / kPooledBytesMin); }

std::shared_ptr<Buffer> ColumnPool::allocate(MemoryBudget& memory, std::size_t size_bytes) {
  if (size_bytes < kPooledBytesMin) return Buffer::allocate(memory, size_bytes);
  std::shared_ptr<Buffer> buffer = take(memory, size_bytes);
  if (buffer == nullptr) {
    try {
      buffer = Buffer::allocate(memory, size_bytes);
    } catch (const Error&) {
      clear();
      buffer = Buffer::allocate(memory, size_bytes);
    }
  }
  Buffer* bytes = buffer.get();
  return {bytes, [pool = weak_from_this(), own = std::move(buffer)](Buffer*) mutable {
            if (std::shared_ptr<ColumnPool> alive = pool.lock()) alive->give(std::move(own));
            own = nullptr;
          }};
}

std::shared_ptr<Buffer> ColumnPool::take(MemoryBudget& memory, std::size_t size_bytes) {
  std::lock_guard lock(mutex_);
  idle_bytes_max_ = std::min(kIdleBytesMax, memory.limit_bytes() / kIdleShare);
  // The last one used is the most likely to be in the cache.
  auto found =
      std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& idle) { return idle.size_bytes == size_bytes; });
  if (found == idle_.rend()) return nullptr;
  std::shared_ptr<Buffer> buffer = std::move(found->buffer);
  idle_.erase(std::next(found).base());
  idle_bytes_ -= size_bytes;
  return buffer;
}

void ColumnPool::give(std::shared_ptr<Buffer> buffer) noexcept {
  std::size_t size_bytes = buffer->size_bytes();
  std::lock_guard lock(mutex_);
  if (size_bytes > idle_bytes_max_) return;
  std::size_t count = 0;
  while (idle_bytes_ + size_bytes > idle_bytes_max_) idle_bytes_ -= idle_[count++].size_bytes;
  idle_.erase(idle_.begin(), idle_.begin() + static_cast<std::ptrdiff_t>(count));
  idle_.push_back({size_bytes, std::move(buffer)});
  idle_bytes_ += size_bytes;
}

void ColumnPool::clear() {
  std::lock_guard lock(mutex_);
  idle_.clear();
  idle_bytes_ = 0;
}

}  // namespace headrace
