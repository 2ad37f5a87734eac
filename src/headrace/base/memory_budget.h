// The memory budget of a run: everything that grows with data is charged here before it is allocated.
//
// A budget is shared by all threads of a run. reserve() either charges or throws one clear error; it never blocks. The
// peak is kept for the run report. Buffers of column/ keep their budget alive, so columns may outlive the run.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>

namespace headrace {

class MemoryBudget : public std::enable_shared_from_this<MemoryBudget> {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  static std::shared_ptr<MemoryBudget> create(std::size_t limit_bytes = kUnlimited);
  virtual ~MemoryBudget() = default;

  /// Charges `bytes`, or throws Error(kOutOfMemory) that names `what`, the bytes asked for, used and allowed.
  /// Thread-safe.
  void reserve(std::size_t bytes, std::string_view what);
  /// Charges `bytes` and returns true, or charges nothing and returns false. Thread-safe.
  virtual bool try_reserve(std::size_t bytes);
  /// Gives back what was charged. Thread-safe.
  void release(std::size_t bytes);

  std::size_t limit_bytes() const { return limit_bytes_; }
  std::size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::size_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }

 protected:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

 private:
  std::size_t limit_bytes_;
  std::atomic<std::size_t> used_bytes_{0};
  std::atomic<std::size_t> peak_bytes_{0};
};

/// A charge against a budget, given back on destruction. Grows and shrinks with the thing it stands for.
class Reservation {
 public:
  Reservation() = default;
  Reservation(MemoryBudget& budget, std::size_t bytes, std::string_view what);
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  /// Changes the charge to `bytes`; throws as MemoryBudget::reserve when it grows beyond the budget.
  void resize(std::size_t bytes, std::string_view what);
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::size_t bytes_ = 0;
};

}  // namespace headrace
