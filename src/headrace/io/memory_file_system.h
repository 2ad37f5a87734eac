// A file system in memory, for tests: fast, and its files can be cut and damaged at will. An open file is the one in
// the map, so it must stay there.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

class MemoryFileSystem : public FileSystem {
 public:
  std::map<std::string, std::string> files;

  std::unique_ptr<InputFile> open(const std::string& path) override {
    auto found = files.find(path);
    if (found == files.end()) throw Error(ErrorCode::kNotFound, "cannot open '" + path + "'");
    return std::make_unique<Input>(path, found->second);
  }
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    files[path].clear();
    return std::make_unique<Output>(path, *this);
  }
  void put(const std::string& path, std::string_view bytes) override {
    files.insert_or_assign(path, std::string(bytes));  // all or nothing, also when memory is refused
  }
  FileInfo info(const std::string& path) override {
    auto found = files.find(path);
    if (found == files.end()) return {path, FileInfo::Kind::kMissing, 0};
    return {path, FileInfo::Kind::kFile, static_cast<std::int64_t>(found->second.size())};
  }
  std::vector<FileInfo> list(const std::string& folder) override {
    std::vector<FileInfo> children;
    for (const auto& [path, bytes] : files) {
      if (path.starts_with(folder + "/")) children.push_back(info(path));
    }
    return children;
  }
  void remove(const std::string& path) override { files.erase(path); }
  std::unique_ptr<FolderLock> lock_folder(const std::string& folder) override {
    return std::make_unique<Lock>(folder, locked_);
  }

 private:
  class Lock : public FolderLock {
   public:
    Lock(std::string folder, std::set<std::string>& locked) : folder_(std::move(folder)), locked_(locked) {
      if (!locked_.insert(folder_).second) throw Error(ErrorCode::kIo, "another run is writing '" + folder_ + "'");
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() override { locked_.erase(folder_); }
    void keep_folder() override {}

   private:
    std::string folder_;
    std::set<std::string>& locked_;
  };

  class Input : public InputFile {
   public:
    Input(std::string path, const std::string& bytes) : path_(std::move(path)), bytes_(bytes) {}
    std::int64_t size_bytes() const override { return static_cast<std::int64_t>(bytes_.size()); }
    const std::string& path() const override { return path_; }
    void read_at(std::int64_t offset, std::span<std::byte> out) const override {
      if (static_cast<std::size_t>(offset) + out.size() > bytes_.size()) {
        throw Error(ErrorCode::kIo, "cannot read '" + path_ + "': it ends too early");
      }
      std::memcpy(out.data(), bytes_.data() + offset, out.size());
    }

   private:
    std::string path_;
    const std::string& bytes_;
  };

  class Output : public OutputFile {
   public:
    Output(std::string path, MemoryFileSystem& fs) : path_(std::move(path)), fs_(fs) {}
    ~Output() override {
      if (!closed_) fs_.files.erase(path_);
    }
    const std::string& path() const override { return path_; }
    void append(std::span<const std::byte> data) override {
      fs_.files[path_].append(reinterpret_cast<const char*>(data.data()), data.size());
    }
    void close() override { closed_ = true; }

   private:
    std::string path_;
    MemoryFileSystem& fs_;
    bool closed_ = false;
  };

  std::set<std::string> locked_;
};

}  // namespace headrace
