// See local_folder_lock.h.
#include "headrace/io/fs/local_folder_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/fs/file_error.h"

namespace headrace {

LocalFolderLock::LocalFolderLock(const std::string& folder)
    : file_(folder.ends_with('/') ? folder + ".lock" : folder + "/.lock") {
  make_folders(folder);
  try {
    acquire(folder);
  } catch (...) {
    remove_new_folders();
    throw;
  }
}

LocalFolderLock::~LocalFolderLock() {
  ::unlink(file_.c_str());
  ::close(fd_);
  if (!keeps_folder_) remove_new_folders();
}

void LocalFolderLock::make_folders(const std::string& folder) {
  struct stat status{};
  std::string missing = folder;
  while (missing.size() > 1 && missing.ends_with('/')) missing.pop_back();
  while (!missing.empty() && ::stat(missing.c_str(), &status) != 0 && errno == ENOENT) {
    new_folders_.push_back(missing);
    std::size_t slash = missing.rfind('/');
    missing = slash == std::string::npos ? "" : missing.substr(0, slash);
  }
  for (auto it = new_folders_.rbegin(); it != new_folders_.rend(); ++it) {
    if (::mkdir(it->c_str(), 0777) == 0 || errno == EEXIST) continue;
    int reason = errno;
    remove_new_folders();
    throw file_error("create folder", *it, reason);
  }
}

/// A lock on a file that its last holder has removed in the meantime guards nothing, so it is taken anew.
void LocalFolderLock::acquire(const std::string& folder) {
  while (true) {
    fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) throw file_error("create", file_, errno);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      int reason = errno;
      ::close(fd_);
      if (reason != EWOULDBLOCK) throw file_error("lock", file_, reason);
      throw Error(ErrorCode::kIo, fmt::format("another run is writing the data set '{}'", folder),
                  "wait until it has ended, or write to another path");
    }
    struct stat held{};
    struct stat named{};
    bool is_same = ::fstat(fd_, &held) == 0 && ::stat(file_.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
                   held.st_dev == named.st_dev;
    if (is_same) return;
    ::close(fd_);
  }
}

/// rmdir() leaves alone what is not empty.
void LocalFolderLock::remove_new_folders() {
  for (const std::string& folder : new_folders_) {
    if (::rmdir(folder.c_str()) != 0) return;
  }
}

}  // namespace headrace
