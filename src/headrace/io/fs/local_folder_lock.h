// Keeps two runs on this machine from writing one data set.
#pragma once

#include <string>
#include <vector>

#include "headrace/io/fs/file_system.h"

namespace headrace {

/// flock on <folder>/.lock, which the holder removes at the end. Makes the folder and, unless it is to stay, removes it
/// again if it is new and empty.
class LocalFolderLock : public FolderLock {
 public:
  /// Throws Error(kIo) when another run holds the lock.
  explicit LocalFolderLock(const std::string& folder);
  ~LocalFolderLock() override;
  LocalFolderLock(const LocalFolderLock&) = delete;
  LocalFolderLock& operator=(const LocalFolderLock&) = delete;

  void keep_folder() override { keeps_folder_ = true; }

 private:
  void make_folders(const std::string& folder);
  void acquire(const std::string& folder);
  void remove_new_folders();

  std::string file_;
  int fd_ = -1;
  std::vector<std::string> new_folders_;  // the innermost first
  bool keeps_folder_ = false;
};

}  // namespace headrace
