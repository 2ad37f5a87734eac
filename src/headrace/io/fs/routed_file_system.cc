// See routed_file_system.h.
#include "headrace/io/fs/routed_file_system.h"

#include <mutex>
#include <utility>

#include "headrace/base/path_scheme.h"
#include "headrace/io/fs/s3_file_system.h"

namespace headrace {
namespace {

class RoutedFileSystem : public FileSystem {
 public:
  explicit RoutedFileSystem(StorageOptions options) : options_(std::move(options)), local_(local_file_system()) {}

  std::unique_ptr<InputFile> open(const std::string& path) override {
    Route route = route_of(path);
    return route.fs.open(route.path);
  }
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    Route route = route_of(path);
    return route.fs.create(route.path);
  }
  std::unique_ptr<OutputFile> create_whole(const std::string& path) override {
    Route route = route_of(path);
    return route.fs.create_whole(route.path);
  }
  void put(const std::string& path, std::string_view bytes) override {
    Route route = route_of(path);
    route.fs.put(route.path, bytes);
  }
  FileInfo info(const std::string& path) override {
    Route route = route_of(path);
    return route.fs.info(route.path);
  }
  std::vector<FileInfo> list(const std::string& folder) override {
    Route route = route_of(folder);
    return route.fs.list(route.path);
  }
  void remove(const std::string& path) override {
    Route route = route_of(path);
    route.fs.remove(route.path);
  }
  bool link(const std::string& path, const std::string& target) override {
    Route route = route_of(path);
    return route.fs.link(route.path, target);
  }
  bool is_link(const std::string& path) override {
    Route route = route_of(path);
    return route.fs.is_link(route.path);
  }
  std::unique_ptr<FolderLock> lock_folder(const std::string& folder) override {
    Route route = route_of(folder);
    return route.fs.lock_folder(route.path);
  }

 private:
  struct Route {
    FileSystem& fs;
    std::string path;
  };

  Route route_of(const std::string& path) {
    std::string known = known_path(path);
    if (scheme_of(known).empty()) return {*local_, std::move(known)};
    std::call_once(s3_made_, [&] { s3_ = s3_file_system(options_); });
    return {*s3_, std::move(known)};
  }

  const StorageOptions options_;
  const std::shared_ptr<FileSystem> local_;
  std::once_flag s3_made_;
  std::shared_ptr<FileSystem> s3_;
};

}  // namespace

std::shared_ptr<FileSystem> routed_file_system(const StorageOptions& options) {
  return std::make_shared<RoutedFileSystem>(options);
}

}  // namespace headrace
