// See scratch.h.
#include "headrace/io/parquet/page/scratch.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::size_t kIdleBytesMax = 16 << 20;
/// Small buffers are cheap as they are; large ones are rounded up, so that one fits the next column, too.
constexpr std::size_t kStepBytes = 256 << 10;
constexpr std::size_t kWasteMax = 4;

}  // namespace

std::shared_ptr<Buffer> ScratchPool::take(std::size_t size_bytes) {
  std::lock_guard lock(mutex_);
  auto best = idle_.end();
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    bool fits = (*it)->size_bytes() >= size_bytes && (*it)->size_bytes() / kWasteMax <= size_bytes;
    if (fits && (best == idle_.end() || (*it)->size_bytes() < (*best)->size_bytes())) best = it;
  }
  if (best == idle_.end()) return nullptr;
  std::shared_ptr<Buffer> buffer = std::move(*best);
  idle_.erase(best);
  idle_bytes_ -= buffer->size_bytes();
  return buffer;
}

void ScratchPool::give(std::shared_ptr<Buffer> buffer) {
  std::lock_guard lock(mutex_);
  if (buffer->size_bytes() < kStepBytes || buffer->size_bytes() > kIdleBytesMax - idle_bytes_) return;
  idle_bytes_ += buffer->size_bytes();
  idle_.push_back(std::move(buffer));
}

void ScratchPool::clear() {
  columns_->clear();
  std::lock_guard lock(mutex_);
  idle_.clear();
  idle_bytes_ = 0;
}

ScratchBytes::~ScratchBytes() {
  if (buffer_ != nullptr && pool_ != nullptr) pool_->give(std::move(buffer_));
}

std::shared_ptr<Buffer> ScratchBytes::allocate(std::size_t size_bytes) {
  if (pool_ == nullptr || size_bytes < kStepBytes) return Buffer::allocate(memory_, size_bytes);
  if (std::shared_ptr<Buffer> buffer = pool_->take(size_bytes)) return buffer;
  std::size_t rounded = (size_bytes + kStepBytes - 1) / kStepBytes * kStepBytes;
  try {
    return Buffer::allocate(memory_, rounded);
  } catch (const Error&) {
    pool_->clear();
    return Buffer::allocate(memory_, size_bytes);
  }
}

std::byte* ScratchBytes::reserve(std::size_t size_bytes, std::size_t kept_bytes) {
  std::size_t wanted = size_bytes + kPageSlackBytes;
  if (buffer_ != nullptr && buffer_->size_bytes() >= wanted) return buffer_->mutable_data();
  std::shared_ptr<Buffer> old = std::move(buffer_);
  buffer_ = nullptr;
  if (kept_bytes == 0) old = nullptr;
  buffer_ = allocate(wanted);
  if (old != nullptr) std::memcpy(buffer_->mutable_data(), old->data(), kept_bytes);
  return buffer_->mutable_data();
}

}  // namespace headrace
