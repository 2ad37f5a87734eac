// See scratch_space.h. O_TMPFILE makes a file without a name; where the file system has no such thing, a file is
// created and unlinked at once. Files are never synced: nobody reads them after a crash.
#include "headrace/io/fs/scratch_space.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/io/fs/file_error.h"

namespace headrace {
namespace {

constexpr std::string_view kNamePrefix = ".headrace-scratch-";

class LocalScratchFile : public ScratchFile {
 public:
  LocalScratchFile(int fd, std::string folder, std::int64_t bytes_max,
                   std::shared_ptr<std::atomic<std::int64_t>> used_bytes)
      : fd_(fd), folder_(std::move(folder)), bytes_max_(bytes_max), used_bytes_(std::move(used_bytes)) {}
  LocalScratchFile(const LocalScratchFile&) = delete;
  LocalScratchFile& operator=(const LocalScratchFile&) = delete;
  ~LocalScratchFile() override {
    ::close(fd_);
    used_bytes_->fetch_sub(end_.load());
  }

  std::int64_t append(std::span<const std::byte> data) override {
    std::int64_t size = static_cast<std::int64_t>(data.size());
    if (used_bytes_->fetch_add(size) > bytes_max_ - size) {
      used_bytes_->fetch_sub(size);
      throw Error(
          ErrorCode::kIo,
          fmt::format("the limit for temporary files is reached: {} more than the {} allowed are needed in '{}'",
                      format_bytes(data.size()), format_bytes(static_cast<std::size_t>(bytes_max_)), folder_),
          "raise --spill-limit, or --memory, so that less is moved to disk");
    }
    std::int64_t start = end_.fetch_add(size);
    std::int64_t at = start;
    while (!data.empty()) {
      ssize_t written = ::pwrite(fd_, data.data(), data.size(), at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw failure("write temporary file in", errno);
      data = data.subspan(static_cast<std::size_t>(written));
      at += written;
    }
    return start;
  }

  void read_at(std::int64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      ssize_t got = ::pread(fd_, out.data(), out.size(), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw failure("read temporary file in", errno);
      if (got == 0) throw failure("read temporary file in", EIO);
      out = out.subspan(static_cast<std::size_t>(got));
      offset += got;
    }
  }

 private:
  Error failure(std::string_view operation, int error_number) const {
    Error error = file_error(operation, folder_, error_number);
    if (error_number != ENOSPC && error_number != EDQUOT) return error;
    return Error(error.code(), error.message(),
                 "free some space, give a folder on a larger disk with --spill-dir, or raise --memory, so that less is "
                 "moved to disk");
  }

  int fd_;
  std::string folder_;
  std::int64_t bytes_max_;
  std::shared_ptr<std::atomic<std::int64_t>> used_bytes_;  // of all files of the space
  std::atomic<std::int64_t> end_{0};
};

class LocalScratchSpace : public ScratchSpace {
 public:
  LocalScratchSpace(std::string folder, std::int64_t bytes_max) : folder_(std::move(folder)), bytes_max_(bytes_max) {}

  const std::string& place() const override { return folder_; }

  std::unique_ptr<ScratchFile> create() override {
    std::call_once(prepared_, [&] { prepare(); });
    int fd = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    // EISDIR is what kernels without O_TMPFILE say.
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) fd = create_and_unlink();
    if (fd < 0) throw file_error("create temporary file in", folder_, errno);
    return std::make_unique<LocalScratchFile>(fd, folder_, bytes_max_, used_bytes_);
  }

 private:
  void prepare() {
    std::error_code failure;
    std::filesystem::create_directories(folder_, failure);
    if (failure) throw file_error("create folder", folder_, failure.value());
    remove_leftovers();
  }

  /// Removes names that an ended process did not get to unlink. One of a living process may go too: it has the
  /// descriptor and would unlink the name itself in the next moment.
  void remove_leftovers() {
    std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder_.c_str()), &::closedir);
    if (!handle) return;
    while (const dirent* entry = ::readdir(handle.get())) {
      std::string path = folder_ + "/" + entry->d_name;
      struct stat status{};
      bool is_ours = std::string_view(entry->d_name).starts_with(kNamePrefix) && ::lstat(path.c_str(), &status) == 0 &&
                     S_ISREG(status.st_mode) && status.st_uid == ::geteuid();
      if (is_ours) ::unlink(path.c_str());
    }
  }

  int create_and_unlink() {
    std::string name = fmt::format("{}/{}XXXXXX", folder_, kNamePrefix);
    int fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) ::unlink(name.c_str());
    return fd;
  }

  std::string folder_;
  std::int64_t bytes_max_;
  std::shared_ptr<std::atomic<std::int64_t>> used_bytes_ = std::make_shared<std::atomic<std::int64_t>>(0);
  std::once_flag prepared_;
};

}  // namespace

std::shared_ptr<ScratchSpace> local_scratch_space(std::string folder, std::int64_t bytes_max) {
  return std::make_shared<LocalScratchSpace>(std::move(folder), bytes_max);
}

std::string default_scratch_folder() {
  const char* configured = std::getenv("TMPDIR");
  if (configured != nullptr && *configured != '\0') return configured;
  return ::access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
}

}  // namespace headrace
