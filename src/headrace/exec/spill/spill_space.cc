// See spill_space.h.
#include "headrace/exec/spill/spill_space.h"

#include <utility>

#include "headrace/base/error.h"

namespace headrace {

SpillSpace::SpillSpace(std::shared_ptr<ScratchSpace> scratch) : scratch_(std::move(scratch)) {}

SpillSpace::Staging::~Staging() {
  if (buffer_) space_->give_back(std::move(buffer_));
}

SpillSpace::Staging SpillSpace::stage(MemoryBudget& memory) {
  std::unique_lock lock(mutex_);
  while (free_.empty()) {
    try {
      free_.push_back(Buffer::allocate(memory, kStagingBytes));
    } catch (const Error&) {
      if (in_use_ == 0) throw;
      returned_.wait(lock, [&] { return !free_.empty() || in_use_ == 0; });
    }
  }
  Staging staging(*this, std::move(free_.back()));
  free_.pop_back();
  ++in_use_;
  return staging;
}

void SpillSpace::reserve_staging(MemoryBudget& memory, std::size_t count) {
  std::lock_guard lock(mutex_);
  while (free_.size() < count) free_.push_back(Buffer::allocate(memory, kStagingBytes));
}

void SpillSpace::give_back(std::shared_ptr<Buffer> buffer) {
  std::lock_guard lock(mutex_);
  free_.push_back(std::move(buffer));
  --in_use_;
  returned_.notify_one();
}

void SpillSpace::pin(const std::shared_ptr<const Column>& dictionary) {
  std::lock_guard lock(mutex_);
  pinned_[dictionary.get()] = dictionary;
}

bool SpillSpace::is_pinned(const std::shared_ptr<const Column>& dictionary) const {
  std::lock_guard lock(mutex_);
  auto found = pinned_.find(dictionary.get());
  // Another column may have come to the place of one that is gone.
  return found != pinned_.end() && found->second.lock() == dictionary;
}

std::shared_ptr<SpillSpace> default_spill_space() {
  return std::make_shared<SpillSpace>(local_scratch_space(default_scratch_folder()));
}

}  // namespace headrace
