// Paths find their file system, and globs of a store start at the folders that are named outright.
#include "headrace/io/fs/routed_file_system.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

/// A store of keys that counts the requests for it.
class StoreOfKeys : public FileSystem {
 public:
  explicit StoreOfKeys(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  std::vector<std::string> requests;

  std::unique_ptr<InputFile> open(const std::string& path) override {
    throw Error(ErrorCode::kNotFound, "cannot open '" + path + "'");
  }
  std::unique_ptr<OutputFile> create(const std::string& path) override {
    throw Error(ErrorCode::kIo, "cannot create '" + path + "'");
  }
  void put(const std::string& path, std::string_view) override { create(path); }
  void remove(const std::string& path) override { create(path); }
  FileInfo info(const std::string& path) override {
    requests.push_back("info " + path);
    for (const std::string& known : paths_) {
      if (known == path) return {path, FileInfo::Kind::kFile, 1};
      if (known.starts_with(path + "/")) return {path, FileInfo::Kind::kFolder, 0};
    }
    return {path, FileInfo::Kind::kMissing, 0};
  }
  std::vector<FileInfo> list(const std::string& folder) override {
    requests.push_back("list " + folder);
    std::map<std::string, FileInfo> children;
    for (const std::string& known : paths_) {
      if (!known.starts_with(folder + "/")) continue;
      std::size_t end = known.find('/', folder.size() + 1);
      std::string child = known.substr(0, end);
      children[child] = {child, end == std::string::npos ? FileInfo::Kind::kFile : FileInfo::Kind::kFolder, 1};
    }
    if (children.empty()) throw Error(ErrorCode::kNotFound, "cannot list folder '" + folder + "'");
    std::vector<FileInfo> sorted;
    for (auto& [path, child] : children) sorted.push_back(child);
    return sorted;
  }

 private:
  std::vector<std::string> paths_;
};

std::vector<std::string> found(StoreOfKeys& store, const std::string& pattern) {
  store.requests.clear();
  std::vector<std::string> paths;
  for (const FileInfo& file : find_files(store, {pattern})) paths.push_back(file.path);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("plain and file:// paths are of this machine, with its links and locks") {
  TemporaryFolder folder;
  std::shared_ptr<FileSystem> fs = routed_file_system();
  std::string uri = "file://" + folder.file("a/b.txt");
  fs->put(uri, "text");
  CHECK(read_text(*fs, folder.file("a/b.txt")) == "text");
  CHECK(read_text(*fs, uri) == "text");
  CHECK(fs->info(uri).path == folder.file("a/b.txt"));
  CHECK(fs->list("file://" + folder.file("a")).size() == 1);
  CHECK(fs->link("file://" + folder.file("a/link"), "b.txt"));
  CHECK(fs->is_link(folder.file("a/link")));
  CHECK_FALSE(fs->is_link(uri));
  {
    std::unique_ptr<FolderLock> lock = fs->lock_folder("file://" + folder.file("new"));
    REQUIRE(lock != nullptr);
    CHECK_THROWS_WITH_AS(fs->lock_folder(folder.file("new")), doctest::Contains("another run"), Error);
  }
  CHECK(fs->info(folder.file("new")).kind == FileInfo::Kind::kMissing);
  fs->remove("file://" + folder.file("a"));
  CHECK_FALSE(std::filesystem::exists(folder.file("a")));
}

TEST_CASE("paths of unknown stores are refused before anything is done") {
  std::shared_ptr<FileSystem> fs = routed_file_system();
  CHECK_THROWS_WITH_AS(fs->info("gs://bucket/x"), doctest::Contains("gs:// paths cannot be read"), Error);
  CHECK_THROWS_WITH_AS(fs->put("abfs://c/x", ""), doctest::Contains("s3://bucket/x.csv"), Error);
  CHECK_FALSE(std::filesystem::exists("abfs:"));
}

TEST_CASE("globs of a store list no folder that is named outright, and the bucket is never a pattern") {
  StoreOfKeys store({"s3://b/raw/x/a.csv", "s3://b/raw/x/c.csv", "s3://b/raw/y/z/d.csv", "s3://b/raw/y/_e.csv",
                     "s3://b/other/f.csv"});
  CHECK(found(store, "s3://b/raw/x/*.csv") == Paths{"s3://b/raw/x/a.csv", "s3://b/raw/x/c.csv"});
  CHECK(store.requests == Paths{"info s3://b/raw/x/*.csv", "list s3://b/raw/x"});
  CHECK(found(store, "s3a://b/raw/**/*.csv") ==
        Paths{"s3://b/raw/x/a.csv", "s3://b/raw/x/c.csv", "s3://b/raw/y/z/d.csv"});
  CHECK(found(store, "s3://b/*/f.csv") == Paths{"s3://b/other/f.csv"});
  CHECK(found(store, "s3://b/raw") == Paths{"s3://b/raw/x/a.csv", "s3://b/raw/x/c.csv", "s3://b/raw/y/z/d.csv"});
  CHECK_THROWS_WITH_AS(found(store, "s3://b/raw/*.json"), doctest::Contains("no file matches"), Error);
  CHECK_THROWS_WITH_AS(found(store, "s3://b*/raw/*.csv"), doctest::Contains("names no bucket"), Error);
}

}  // namespace headrace
