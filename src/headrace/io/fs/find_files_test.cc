// Globs, folders and lists over a small tree of files.
#include <filesystem>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include "headrace/io/fs/file_system.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

struct Tree {
  Tree() {
    for (const char* name : {"a.csv", "b.csv", "b10.csv", "c.txt", ".hidden.csv", "_marker.csv", "x/d.csv", "x/y/e.csv",
                             "x/.h/f.csv", "x/_tmp/g.csv", "w[1].csv"}) {
      folder.write(name, "1");
    }
  }

  /// The paths found, relative to the folder.
  std::string find(const std::vector<std::string>& patterns) const {
    std::vector<std::string> paths;
    for (const std::string& pattern : patterns) paths.push_back(folder.file(pattern));
    std::string found;
    for (const FileInfo& file : find_files(*local_file_system(), paths)) {
      CHECK(file.kind == FileInfo::Kind::kFile);
      CHECK(file.size_bytes == 1);
      found += (found.empty() ? "" : " ") + file.path.substr(folder.path().size() + 1);
    }
    return found;
  }

  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("globs match names component by component") {
  Tree tree;
  CHECK(tree.find({"*.csv"}) == "a.csv b.csv b10.csv w[1].csv");
  CHECK(tree.find({"?.csv"}) == "a.csv b.csv");
  CHECK(tree.find({"[ab].csv"}) == "a.csv b.csv");
  CHECK(tree.find({"[!a].csv"}) == "b.csv");
  CHECK(tree.find({"[a-c].*"}) == "a.csv b.csv c.txt");
  CHECK(tree.find({"b*0*.c?v"}) == "b10.csv");
  CHECK(tree.find({"*/d.csv"}) == "x/d.csv");
  CHECK(tree.find({"x/*/e.csv"}) == "x/y/e.csv");
}

TEST_CASE("two stars stand for any number of folders") {
  Tree tree;
  CHECK(tree.find({"**/*.csv"}) == "a.csv b.csv b10.csv w[1].csv x/d.csv x/y/e.csv");
  CHECK(tree.find({"x/**"}) == "x/d.csv x/y/e.csv");
  CHECK(tree.find({"**/y/*.csv"}) == "x/y/e.csv");
}

TEST_CASE("hidden files are found only by patterns that say so, or by their name") {
  Tree tree;
  CHECK(tree.find({".*.csv"}) == ".hidden.csv");
  CHECK(tree.find({"_*"}) == "_marker.csv");
  CHECK(tree.find({"_marker.csv"}) == "_marker.csv");
}

TEST_CASE("a folder gives all its files, a list gives each file once, sorted") {
  Tree tree;
  CHECK(tree.find({"x"}) == "x/d.csv x/y/e.csv");
  CHECK(tree.find({"x", "b.csv", "[ab].csv", "x/d.csv"}) == "a.csv b.csv x/d.csv x/y/e.csv");
  CHECK(tree.find({"w[1].csv"}) == "w[1].csv");
  CHECK(tree.find({"x*"}) == "x/d.csv x/y/e.csv");
}

TEST_CASE("what matches nothing, or no file, is an error that names it") {
  Tree tree;
  CHECK_THROWS_WITH_AS(tree.find({"*.parquet"}), doctest::Contains("no file matches"), Error);
  CHECK_THROWS_WITH_AS(tree.find({"aa.csv"}), doctest::Contains("did you mean 'a.csv'?"), Error);
  std::filesystem::create_directory(tree.folder.file("empty"));
  CHECK_THROWS_WITH_AS(tree.find({"empty"}), doctest::Contains("has no files"), Error);
  REQUIRE(::mkfifo(tree.folder.file("x/pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(tree.find({"x"}), doctest::Contains("x/pipe' is a device, pipe or socket"), Error);
  CHECK_THROWS_WITH_AS(tree.find({"x/p*"}), doctest::Contains("x/pipe' is a device, pipe or socket"), Error);
}

TEST_CASE("a circle of links ends in an error") {
  TemporaryFolder folder;
  folder.write("a/file", "1");
  std::filesystem::create_directory_symlink(folder.file("a"), folder.file("a/loop"));
  std::filesystem::create_directory_symlink(folder.file("a"), folder.file("a/loop2"));
  CHECK_THROWS_WITH_AS(find_files(*local_file_system(), {folder.file("a")}), doctest::Contains("levels"), Error);
  CHECK_THROWS_WITH_AS(find_files(*local_file_system(), {folder.file("**/x")}), doctest::Contains("levels"), Error);
}

TEST_CASE("stars in a row do not make matching slow") {
  TemporaryFolder folder;
  folder.write(std::string(200, 'a'), "1");
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  CHECK(find_files(*local_file_system(), {folder.file(pattern + "*")}).size() == 1);
  CHECK_THROWS_AS(find_files(*local_file_system(), {folder.file(pattern + "*b")}), Error);
}

}  // namespace headrace
