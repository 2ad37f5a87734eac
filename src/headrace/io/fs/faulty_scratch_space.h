// Scratch space in memory, for tests: fails at a chosen operation, and its bytes can be damaged.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/fs/scratch_space.h"

namespace headrace {

class FaultyScratchSpace : public ScratchSpace {
 public:
  explicit FaultyScratchSpace(Fault fault = {}) : state_(std::make_shared<State>(fault)) {}

  std::unique_ptr<ScratchFile> create() override {
    state_->step("create temporary file in");
    return std::make_unique<File>(state_);
  }
  const std::string& place() const override { return state_->place; }

  /// Operations (create, append, read_at) so far.
  std::int64_t operation_count() const { return state_->count; }
  /// Bytes of all files now.
  std::int64_t used_bytes() const { return state_->used_bytes; }
  /// From now on, bit 0 of the byte at `offset` of any file is read wrongly.
  void flip_at(std::int64_t offset) { state_->flipped = offset; }

 private:
  struct State {
    explicit State(Fault wanted) : fault(wanted) {}
    void step(std::string_view operation) {
      if (++count == fault.operation_number) throw file_error(operation, place, fault.error_number);
    }
    const Fault fault;
    const std::string place = "memory";
    std::atomic<std::int64_t> count{0};
    std::atomic<std::int64_t> used_bytes{0};
    std::atomic<std::int64_t> flipped{-1};
  };

  class File : public ScratchFile {
   public:
    explicit File(std::shared_ptr<State> state) : state_(std::move(state)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() override { state_->used_bytes -= static_cast<std::int64_t>(bytes_.size()); }

    std::int64_t append(std::span<const std::byte> data) override {
      state_->step("write temporary file in");
      std::lock_guard lock(mutex_);
      std::int64_t start = static_cast<std::int64_t>(bytes_.size());
      bytes_.append(reinterpret_cast<const char*>(data.data()), data.size());
      state_->used_bytes += static_cast<std::int64_t>(data.size());
      return start;
    }
    void read_at(std::int64_t offset, std::span<std::byte> out) const override {
      state_->step("read temporary file in");
      std::lock_guard lock(mutex_);
      std::size_t start = static_cast<std::size_t>(offset);
      if (start + out.size() > bytes_.size()) throw file_error("read temporary file in", state_->place, EIO);
      std::memcpy(out.data(), bytes_.data() + start, out.size());
      std::int64_t flipped = state_->flipped - offset;
      if (flipped >= 0 && flipped < static_cast<std::int64_t>(out.size())) {
        out[static_cast<std::size_t>(flipped)] ^= std::byte{1};
      }
    }

   private:
    std::shared_ptr<State> state_;
    mutable std::mutex mutex_;
    std::string bytes_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace headrace
