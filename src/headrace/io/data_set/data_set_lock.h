// Keeps two runs from writing one data set.
#pragma once

#include <string>
#include <vector>

namespace headrace {

/// The lock of a data set: flock on <path>/.lock, which the holder removes at the end. Makes the folder and, when
/// nothing was published, removes it again if it is new and empty.
class DataSetLock {
 public:
  /// Throws Error(kIo) when another run holds the lock.
  explicit DataSetLock(const std::string& folder);
  ~DataSetLock();
  DataSetLock(const DataSetLock&) = delete;
  DataSetLock& operator=(const DataSetLock&) = delete;

  void keep_folder() { keeps_folder_ = true; }

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
