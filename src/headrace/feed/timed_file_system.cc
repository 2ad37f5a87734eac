// See timed_file_system.h.
#include "headrace/feed/timed_file_system.h"

#include <utility>

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

class TimedFile final : public InputFile {
 public:
  TimedFile(std::unique_ptr<InputFile> file, std::shared_ptr<ReadClock> clock)
      : file_(std::move(file)), clock_(std::move(clock)) {}

  std::int64_t size_bytes() const override { return file_->size_bytes(); }
  void read_at(std::int64_t offset, std::span<std::byte> out) const override {
    Clock::time_point start = Clock::now();
    file_->read_at(offset, out);
    clock_->add(Clock::now() - start);
  }
  const std::string& path() const override { return file_->path(); }

 private:
  std::unique_ptr<InputFile> file_;
  std::shared_ptr<ReadClock> clock_;
};

class TimedFileSystem final : public FileSystem {
 public:
  TimedFileSystem(std::shared_ptr<FileSystem> fs, std::shared_ptr<ReadClock> clock)
      : fs_(std::move(fs)), clock_(std::move(clock)) {}

  std::unique_ptr<InputFile> open(const std::string& path) override {
    Clock::time_point start = Clock::now();
    std::unique_ptr<InputFile> file = fs_->open(path);
    clock_->add(Clock::now() - start);
    return std::make_unique<TimedFile>(std::move(file), clock_);
  }
  std::unique_ptr<OutputFile> create(const std::string& path) override { return fs_->create(path); }
  void put(const std::string& path, std::string_view bytes) override { fs_->put(path, bytes); }
  FileInfo info(const std::string& path) override { return fs_->info(path); }
  std::vector<FileInfo> list(const std::string& folder) override { return fs_->list(folder); }
  void remove(const std::string& path) override { fs_->remove(path); }

 private:
  std::shared_ptr<FileSystem> fs_;
  std::shared_ptr<ReadClock> clock_;
};

}  // namespace

std::shared_ptr<FileSystem> timed_file_system(std::shared_ptr<FileSystem> fs, std::shared_ptr<ReadClock> clock) {
  return std::make_shared<TimedFileSystem>(std::move(fs), std::move(clock));
}

}  // namespace headrace
