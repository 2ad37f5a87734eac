// A file system for tests, which fails at a chosen moment.
//
// Every operation (open, read, create, append, close, put, list, info, remove, link) is counted; the n-th one fails
// with the errno wanted, as the operating system would. Running a job with n = 1, 2, 3 … until it passes proves every
// way it can break. A failing append may write half of its bytes first, as a full disk does.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "headrace/io/fs/file_error.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

struct Fault {
  std::int64_t operation_number = 0;  // 1-based; 0: never
  int error_number = EIO;
  bool writes_half = false;
};

class FaultyFileSystem : public FileSystem {
 public:
  FaultyFileSystem(std::shared_ptr<FileSystem> inner, Fault fault)
      : inner_(std::move(inner)), state_(std::make_shared<State>(fault)) {}

  /// Operations so far.
  std::int64_t operation_count() const { return state_->count; }
  /// Whether the fault was met.
  bool has_failed() const {
    return state_->count >= state_->fault.operation_number && state_->fault.operation_number > 0;
  }

  std::unique_ptr<InputFile> open(const std::string& path) override {
    state_->step("open", path);
    return std::make_unique<Input>(inner_->open(path), state_);
  }
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    state_->step("create", path);
    return std::make_unique<Output>(inner_->create(path), state_);
  }
  std::unique_ptr<OutputFile> create_whole(const std::string& path) override {
    state_->step("create", path);
    return std::make_unique<Output>(inner_->create_whole(path), state_);
  }
  void put(const std::string& path, std::string_view bytes) override {
    state_->step("write", path);
    inner_->put(path, bytes);
  }
  FileInfo info(const std::string& path) override {
    state_->step("look at", path);
    return inner_->info(path);
  }
  std::vector<FileInfo> list(const std::string& folder) override {
    state_->step("list folder", folder);
    return inner_->list(folder);
  }
  void remove(const std::string& path) override {
    state_->step("remove", path);
    inner_->remove(path);
  }
  bool link(const std::string& path, const std::string& target) override {
    state_->step("link", path);
    return inner_->link(path, target);
  }
  bool is_link(const std::string& path) override { return inner_->is_link(path); }
  std::unique_ptr<FolderLock> lock_folder(const std::string& folder) override { return inner_->lock_folder(folder); }

 private:
  struct State {
    explicit State(Fault wanted) : fault(wanted) {}
    bool fails_now() { return ++count == fault.operation_number; }
    void step(std::string_view operation, const std::string& path) {
      if (fails_now()) throw file_error(operation, path, fault.error_number);
    }
    const Fault fault;
    std::atomic<std::int64_t> count{0};
  };

  class Input : public InputFile {
   public:
    Input(std::unique_ptr<InputFile> inner, std::shared_ptr<State> state)
        : inner_(std::move(inner)), state_(std::move(state)) {}
    std::int64_t size_bytes() const override { return inner_->size_bytes(); }
    const std::string& path() const override { return inner_->path(); }
    void read_at(std::int64_t offset, std::span<std::byte> out) const override {
      state_->step("read", path());
      inner_->read_at(offset, out);
    }

   private:
    std::unique_ptr<InputFile> inner_;
    std::shared_ptr<State> state_;
  };

  class Output : public OutputFile {
   public:
    Output(std::unique_ptr<OutputFile> inner, std::shared_ptr<State> state)
        : inner_(std::move(inner)), state_(std::move(state)) {}
    const std::string& path() const override { return inner_->path(); }
    void append(std::span<const std::byte> data) override {
      if (!state_->fails_now()) return inner_->append(data);
      if (state_->fault.writes_half) inner_->append(data.first(data.size() / 2));
      throw file_error("write", path(), state_->fault.error_number);
    }
    void close() override {
      state_->step("close", path());
      inner_->close();
    }

   private:
    std::unique_ptr<OutputFile> inner_;
    std::shared_ptr<State> state_;
  };

  std::shared_ptr<FileSystem> inner_;
  std::shared_ptr<State> state_;
};

}  // namespace headrace
