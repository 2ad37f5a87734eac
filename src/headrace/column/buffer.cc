// See buffer.h.
#include "headrace/column/buffer.h"

#include <new>
#include <utility>

#include "headrace/base/huge_pages.h"

namespace headrace {
namespace {
constexpr std::align_val_t kAlignment{64};
}

std::shared_ptr<Buffer> Buffer::allocate(MemoryBudget& memory, std::size_t size_bytes) {
  std::shared_ptr<Buffer> buffer(new Buffer());
  memory.reserve(size_bytes, "a column buffer");
  buffer->memory_ = memory.shared_from_this();
  buffer->charged_bytes_ = size_bytes;
  buffer->own_ = static_cast<std::byte*>(::operator new(size_bytes + 1, kAlignment));
  prefer_huge_pages(buffer->own_, size_bytes);
  buffer->data_ = buffer->own_;
  buffer->size_bytes_ = size_bytes;
  return buffer;
}

std::shared_ptr<Buffer> Buffer::wrap(const void* data, std::size_t size_bytes, std::shared_ptr<const void> owner) {
  std::shared_ptr<Buffer> buffer(new Buffer());
  buffer->data_ = static_cast<const std::byte*>(data);
  buffer->size_bytes_ = size_bytes;
  buffer->owner_ = std::move(owner);
  return buffer;
}

Buffer::~Buffer() {
  if (own_ != nullptr) ::operator delete(own_, kAlignment);
  if (memory_) memory_->release(charged_bytes_);
}

}  // namespace headrace
