// The file system of this machine, over POSIX calls.
//
// Interrupted calls are repeated, short reads and writes continued. Data is durable when close() or put() return: the
// file is synced, then the folder that names it. A failed fsync or close is never tried again, because the kernel may
// have dropped the dirty pages and would report success the second time; the file is removed instead.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/nearest.h"
#include "headrace/base/units.h"
#include "headrace/io/fs/file_error.h"
#include "headrace/io/fs/file_system.h"
#include "headrace/io/fs/local_folder_lock.h"

namespace headrace {
namespace {

/// Repeats a system call while signals interrupt it.
template <typename Call>
auto uninterrupted(Call&& call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

/// An open file descriptor, closed on destruction. Errors of that last close are ignored: who cares calls close().
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  /// Closes once. EINTR counts as closed: on Linux the descriptor is gone.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0 || errno == EINTR; }

 private:
  int fd_;
};

/// "a/b" of "a/b/c", "." of "c", "/" of "/c".
std::string parent_of(const std::string& path) {
  std::size_t end = path.find_last_not_of('/');
  std::size_t slash = end == std::string::npos ? std::string::npos : path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  std::size_t parent_end = path.find_last_not_of('/', slash);
  return parent_end == std::string::npos ? "/" : path.substr(0, parent_end + 1);
}

FileInfo::Kind kind_of(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return FileInfo::Kind::kFile;
  if (S_ISDIR(status.st_mode)) return FileInfo::Kind::kFolder;
  return FileInfo::Kind::kOther;
}

/// Makes the names in a folder durable. Some file systems cannot sync folders and say EINVAL: nothing to do there.
void sync_folder(const std::string& folder) {
  Descriptor descriptor(uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!descriptor.is_open()) throw file_error("open folder", folder, errno);
  if (uninterrupted([&] { return ::fsync(descriptor.get()); }) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw file_error("sync folder", folder, errno);
  }
}

/// Creates a folder and those above it, durably. An existing one is fine.
void make_folders(const std::string& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) throw file_error("create folder", folder, ENOTDIR);
    return;
  }
  if (errno != ENOENT) throw file_error("create folder", folder, errno);
  std::string parent = parent_of(folder);
  make_folders(parent);
  if (::mkdir(folder.c_str(), 0777) != 0) {
    if (errno != EEXIST) throw file_error("create folder", folder, errno);
    return;
  }
  sync_folder(parent);
}

void write_all(int fd, std::span<const std::byte> data, const std::string& path) {
  while (!data.empty()) {
    ssize_t written = uninterrupted([&] { return ::write(fd, data.data(), data.size()); });
    if (written < 0) throw file_error("write", path, errno);
    data = data.subspan(static_cast<std::size_t>(written));
  }
}

class LocalInputFile : public InputFile {
 public:
  LocalInputFile(std::string path, Descriptor descriptor, std::int64_t size_bytes)
      : path_(std::move(path)), descriptor_(std::move(descriptor)), size_bytes_(size_bytes) {}

  std::int64_t size_bytes() const override { return size_bytes_; }
  const std::string& path() const override { return path_; }

  void read_at(std::int64_t offset, std::span<std::byte> out) const override {
    std::int64_t at = offset;
    while (!out.empty()) {
      ssize_t got = uninterrupted([&] { return ::pread(descriptor_.get(), out.data(), out.size(), at); });
      if (got < 0) throw file_error("read", path_, errno);
      if (got == 0) {
        throw Error(ErrorCode::kIo,
                    fmt::format("cannot read '{}': the file ends at byte {}, {} more bytes were expected", path_, at,
                                out.size()),
                    "the file is truncated, or it was changed while it was read");
      }
      out = out.subspan(static_cast<std::size_t>(got));
      at += got;
    }
  }

 private:
  std::string path_;
  Descriptor descriptor_;
  std::int64_t size_bytes_;
};

class LocalOutputFile : public OutputFile {
 public:
  LocalOutputFile(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}
  LocalOutputFile(const LocalOutputFile&) = delete;
  LocalOutputFile& operator=(const LocalOutputFile&) = delete;
  ~LocalOutputFile() override {
    if (!complete_) ::unlink(path_.c_str());
  }

  const std::string& path() const override { return path_; }

  void append(std::span<const std::byte> data) override {
    HEADRACE_CHECK(descriptor_.is_open());
    write_all(descriptor_.get(), data, path_);
  }

  void close() override {
    HEADRACE_CHECK(descriptor_.is_open());
    if (uninterrupted([&] { return ::fsync(descriptor_.get()); }) != 0) {
      int reason = errno;
      descriptor_.close();
      throw file_error("sync", path_, reason);
    }
    if (!descriptor_.close()) throw file_error("close", path_, errno);
    sync_folder(parent_of(path_));
    complete_ = true;
  }

 private:
  std::string path_;
  Descriptor descriptor_;
  bool complete_ = false;
};

/// Opens a new file that nobody else has; one of the same name is unlinked first, so that its readers keep their bytes.
Descriptor create_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw file_error("replace", path, errno);
  Descriptor descriptor(
      uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }));
  if (!descriptor.is_open()) throw file_error("create", path, errno);
  return descriptor;
}

/// A hidden name beside `path` that no other process or thread uses.
std::string temporary_name(const std::string& path) {
  static std::atomic<std::uint64_t> counter{0};
  std::size_t name_begin = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  return fmt::format("{}.{}.{}-{}.tmp", path.substr(0, name_begin), path.substr(name_begin), ::getpid(),
                     counter.fetch_add(1));
}

/// A file that takes its name when it is closed.
class LocalWholeFile : public OutputFile {
 public:
  explicit LocalWholeFile(std::string path)
      : path_(std::move(path)), temporary_(temporary_name(path_)), file_(temporary_, create_file(temporary_)) {}

  const std::string& path() const override { return path_; }
  void append(std::span<const std::byte> data) override { file_.append(data); }
  void close() override {
    file_.close();
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
      int reason = errno;
      ::unlink(temporary_.c_str());
      throw file_error("write", path_, reason);
    }
    sync_folder(parent_of(path_));
  }

 private:
  std::string path_;
  std::string temporary_;
  LocalOutputFile file_;
};

class LocalFileSystem : public FileSystem {
 public:
  std::unique_ptr<InputFile> open(const std::string& path) override {
    // Without O_NONBLOCK, opening a FIFO would wait for its writer.
    Descriptor descriptor(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
    if (!descriptor.is_open()) throw not_opened(path, errno);
    struct stat status{};
    if (::fstat(descriptor.get(), &status) != 0) throw file_error("open", path, errno);
    if (S_ISDIR(status.st_mode)) throw file_error("open", path, EISDIR);
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::kIo, fmt::format("cannot open '{}': it is a device, pipe or socket, not a file", path),
                  "write the data to a file first: it is read in parts, by several threads");
    }
    return std::make_unique<LocalInputFile>(path, std::move(descriptor), status.st_size);
  }

  std::unique_ptr<OutputFile> create(const std::string& path) override {
    make_folders(parent_of(path));
    return std::make_unique<LocalOutputFile>(path, create_file(path));
  }

  std::unique_ptr<OutputFile> create_whole(const std::string& path) override {
    make_folders(parent_of(path));
    return std::make_unique<LocalWholeFile>(path);
  }

  void put(const std::string& path, std::string_view bytes) override {
    std::string folder = parent_of(path);
    make_folders(folder);
    std::string temporary = temporary_name(path);
    LocalOutputFile file(temporary, create_file(temporary));
    with_context([&] { file.append(std::as_bytes(std::span(bytes))); },
                 [&] { return fmt::format("writing '{}'", path); });
    file.close();
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      int reason = errno;
      ::unlink(temporary.c_str());
      throw file_error("write", path, reason);
    }
    sync_folder(folder);
  }

  bool link(const std::string& path, const std::string& target) override {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && !S_ISLNK(status.st_mode)) return false;
    std::string temporary = temporary_name(path);
    ::unlink(temporary.c_str());
    if (::symlink(target.c_str(), temporary.c_str()) != 0) throw file_error("link", path, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      int reason = errno;
      ::unlink(temporary.c_str());
      throw file_error("link", path, reason);
    }
    sync_folder(parent_of(path));
    return true;
  }

  bool is_link(const std::string& path) override {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  }

  std::unique_ptr<FolderLock> lock_folder(const std::string& folder) override {
    return std::make_unique<LocalFolderLock>(folder);
  }

  FileInfo info(const std::string& path) override {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return {path, FileInfo::Kind::kMissing, 0};
      throw file_error("look at", path, errno);
    }
    return {path, kind_of(status), status.st_size};
  }

  std::vector<FileInfo> list(const std::string& folder) override {
    std::vector<FileInfo> children;
    for (const std::string& name : names_in(folder)) {
      std::string path = folder == "." ? name : folder.ends_with('/') ? folder + name : folder + "/" + name;
      FileInfo child = info(path);
      // A child that vanished in between, or a dangling link, is no child.
      if (child.kind != FileInfo::Kind::kMissing) children.push_back(std::move(child));
    }
    return children;
  }

  void remove(const std::string& path) override {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return;
      throw file_error("remove", path, errno);
    }
    if (!S_ISDIR(status.st_mode)) {
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw file_error("remove", path, errno);
      return;
    }
    for (const std::string& name : names_in(path)) remove(path + "/" + name);
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT) throw file_error("remove", path, errno);
  }

 private:
  static std::vector<std::string> names_in(const std::string& folder) {
    std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.c_str()), &::closedir);
    if (!handle) throw not_opened(folder, errno, "list folder");
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(handle.get());
      if (entry == nullptr) break;
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) throw file_error("list folder", folder, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  /// A missing file gets the nearest name in its folder as its hint.
  static Error not_opened(const std::string& path, int reason, std::string_view operation = "open") {
    if (reason == ENOENT) {
      if (std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(parent_of(path).c_str()), &::closedir); handle) {
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(handle.get())) names.emplace_back(entry->d_name);
        std::string name = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
        if (std::optional<std::string> near = nearest_name(name, names)) {
          Error plain = file_error(operation, path, reason);
          return Error(plain.code(), plain.message(), fmt::format("did you mean '{}'?", *near));
        }
      }
    }
    return file_error(operation, path, reason);
  }
};

}  // namespace

bool FileSystem::link(const std::string&, const std::string&) { return false; }
bool FileSystem::is_link(const std::string&) { return false; }
std::unique_ptr<FolderLock> FileSystem::lock_folder(const std::string&) { return nullptr; }

std::shared_ptr<FileSystem> local_file_system() { return std::make_shared<LocalFileSystem>(); }

std::string read_text(FileSystem& fs, const std::string& path, std::int64_t bytes_max) {
  std::unique_ptr<InputFile> file = fs.open(path);
  if (file->size_bytes() > bytes_max) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot read '{}': it has {}, more than the {} such a file may have", path,
                            format_bytes(static_cast<std::size_t>(file->size_bytes())),
                            format_bytes(static_cast<std::size_t>(bytes_max))),
                "check that the path names the file you mean");
  }
  std::string text(static_cast<std::size_t>(file->size_bytes()), '\0');
  file->read_at(0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace headrace
