// See memory_budget.h.
#include "headrace/base/memory_budget.h"

#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"

namespace headrace {

std::shared_ptr<MemoryBudget> MemoryBudget::create(std::size_t limit_bytes) {
  return std::shared_ptr<MemoryBudget>(new MemoryBudget(limit_bytes));
}

void MemoryBudget::reserve(std::size_t bytes, std::string_view what) {
  if (try_reserve(bytes)) return;
  throw Error(ErrorCode::kOutOfMemory,
              fmt::format("the memory budget does not suffice: {} needs {} more, {} of {} are in use", what,
                          format_bytes(bytes), format_bytes(used_bytes()), format_bytes(limit_bytes_)),
              fmt::format("run with a larger --memory than {}, or with fewer --threads", format_bytes(limit_bytes_)));
}

bool MemoryBudget::try_reserve(std::size_t bytes) {
  std::size_t used = used_bytes_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_bytes_ || used > limit_bytes_ - bytes) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  std::size_t now = used + bytes;
  std::size_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (peak < now && !peak_bytes_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  return true;
}

void MemoryBudget::release(std::size_t bytes) { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

Reservation::Reservation(MemoryBudget& budget, std::size_t bytes, std::string_view what)
    : budget_(budget.shared_from_this()) {
  resize(bytes, what);
}

Reservation::Reservation(Reservation&& other) noexcept
    : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  if (budget_) budget_->release(bytes_);
  budget_ = std::move(other.budget_);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

Reservation::~Reservation() {
  if (budget_) budget_->release(bytes_);
}

void Reservation::resize(std::size_t bytes, std::string_view what) {
  HEADRACE_CHECK(budget_ != nullptr);
  if (bytes > bytes_) budget_->reserve(bytes - bytes_, what);
  if (bytes < bytes_) budget_->release(bytes_ - bytes);
  bytes_ = bytes;
}

}  // namespace headrace
