// A value with the lock that threads take before they touch it.
#pragma once

#include <mutex>
#include <utility>

namespace headrace {

/// Holds a T that is reached only under its lock.
template <typename T>
class Guarded {
 public:
  /// The value, locked as long as this lives.
  class Access {
   public:
    explicit Access(Guarded& guarded) : lock_(guarded.mutex_), value_(&guarded.value_) {}
    T* operator->() const { return value_; }
    T& operator*() const { return *value_; }

   private:
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  Access lock() { return Access(*this); }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace headrace
