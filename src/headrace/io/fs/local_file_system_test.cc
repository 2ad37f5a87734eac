// The local file system, its errors, and the faulty one that other tests use.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/fs/file_system.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string names_below(const std::string& folder) {
  std::string names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    names += std::filesystem::relative(entry.path(), folder).string() + " ";
  }
  return names;
}

}  // namespace

TEST_CASE("a file is written with its folders, and read back from any place") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  std::string path = folder.file("a/b/c.bin");
  auto out = fs->create(path);
  out->append(bytes_of("hello "));
  out->append({});
  out->append(bytes_of("world"));
  out->close();
  out.reset();
  CHECK(read_text(*fs, path) == "hello world");
  auto in = fs->open(path);
  CHECK(in->size_bytes() == 11);
  std::string part(5, ' ');
  in->read_at(6, std::as_writable_bytes(std::span(part)));
  CHECK(part == "world");
  CHECK_THROWS_WITH_AS(in->read_at(7, std::as_writable_bytes(std::span(part))),
                       doctest::Contains("the file ends at byte 11, 1 more bytes were expected"), Error);
}

TEST_CASE("a file that is not closed is removed") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  fs->create(folder.file("x"))->append(bytes_of("half"));
  CHECK(names_below(folder.path()).empty());
}

TEST_CASE("creating a file again leaves readers of the old one their bytes") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  std::string path = folder.write("x", "old");
  auto reader = fs->open(path);
  auto out = fs->create(path);
  out->append(bytes_of("new!"));
  out->close();
  std::string text(3, ' ');
  reader->read_at(0, std::as_writable_bytes(std::span(text)));
  CHECK(text == "old");
  CHECK(read_text(*fs, path) == "new!");
}

TEST_CASE("put replaces a file at once and leaves no other file") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  fs->put(folder.file("sub/m.json"), "1");
  fs->put(folder.file("sub/m.json"), "22");
  CHECK(read_text(*fs, folder.file("sub/m.json")) == "22");
  CHECK(names_below(folder.path()) == "sub sub/m.json ");
  std::filesystem::create_directory(folder.file("sub/taken"));
  CHECK_THROWS_WITH_AS(fs->put(folder.file("sub/taken"), "x"), doctest::Contains("Is a directory"), Error);
  CHECK(fs->list(folder.file("sub")).size() == 2);
}

TEST_CASE("info tells files, folders, other things and nothing apart") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  folder.write("f", "123");
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(fs->info(folder.file("f")).kind == FileInfo::Kind::kFile);
  CHECK(fs->info(folder.file("f")).size_bytes == 3);
  CHECK(fs->info(folder.path()).kind == FileInfo::Kind::kFolder);
  CHECK(fs->info(folder.file("pipe")).kind == FileInfo::Kind::kOther);
  CHECK(fs->info("/dev/null").kind == FileInfo::Kind::kOther);
  CHECK(fs->info(folder.file("f/below")).kind == FileInfo::Kind::kMissing);
  CHECK(fs->info(folder.file("nothing")).kind == FileInfo::Kind::kMissing);
}

TEST_CASE("pipes, devices and folders are refused at once") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(fs->open(folder.file("pipe")), doctest::Contains("not a file"), Error);
  CHECK_THROWS_WITH_AS(fs->open("/dev/zero"), doctest::Contains("not a file"), Error);
  CHECK_THROWS_WITH_AS(fs->open(folder.path()), doctest::Contains("name a file instead of a folder"), Error);
}

TEST_CASE("a missing file is not found, and the nearest name is proposed") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  folder.write("flights.csv", "");
  try {
    fs->open(folder.file("flihgts.csv"));
    FAIL("the file was found");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kNotFound);
    CHECK(error.message() == "cannot open '" + folder.file("flihgts.csv") + "': No such file or directory");
    CHECK(error.hint() == "did you mean 'flights.csv'?");
  }
}

TEST_CASE("children are listed by name, and removal takes all below") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  for (const char* name : {"b", "a", "c/d/e"}) folder.write(name, "x");
  std::filesystem::create_symlink("missing", folder.file("dangling"));
  std::vector<FileInfo> children = fs->list(folder.path());
  REQUIRE(children.size() == 3);
  CHECK(children[0].path == folder.file("a"));
  CHECK(children[2].path == folder.file("c"));
  std::filesystem::create_directory_symlink(folder.file("c"), folder.file("link"));
  fs->remove(folder.file("link"));
  CHECK(fs->info(folder.file("c/d/e")).kind == FileInfo::Kind::kFile);
  fs->remove(folder.file("c"));
  fs->remove(folder.file("c"));
  CHECK(fs->info(folder.file("c")).kind == FileInfo::Kind::kMissing);
  CHECK_THROWS_AS(fs->list(folder.file("c")), Error);
}

TEST_CASE("a full disk ends a write with its reason, and nothing is left") {
  TemporaryFolder folder;
  auto fs = local_file_system();
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight{.rlim_cur = 1000, .rlim_max = old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  std::string message;
  try {
    fs->put(folder.file("x"), std::string(5000, 'x'));
  } catch (const Error& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  CHECK(message.find("File too large") != std::string::npos);
  CHECK(message.find("while writing '" + folder.file("x") + "'") != std::string::npos);
  CHECK(names_below(folder.path()).empty());
  CHECK(std::string(file_error("write", "/d/x", ENOSPC).what()) ==
        "cannot write '/d/x': No space left on device\n  hint: the disk is full: free some space, or write to another "
        "disk");
}

TEST_CASE("text larger than expected is refused before it is read") {
  TemporaryFolder folder;
  std::string path = folder.write("big", std::string(2048, 'x'));
  CHECK_THROWS_WITH_AS(read_text(*local_file_system(), path, 1024), doctest::Contains("has 2 KiB, more than the 1 KiB"),
                       Error);
}

TEST_CASE("a faulty file system fails once, at the operation asked for, naming the file") {
  TemporaryFolder folder;
  auto job = [&](FileSystem& fs) {
    auto out = fs.create(folder.file("out"));
    out->append(bytes_of("0123456789"));
    out->close();
    fs.open(folder.file("out"));
    std::string text = read_text(fs, folder.file("out"));
    fs.list(folder.path());
    fs.put(folder.file("manifest"), text);
  };
  FaultyFileSystem sound(local_file_system(), {});
  job(sound);
  CHECK(sound.operation_count() == 8);
  CHECK_FALSE(sound.has_failed());
  for (std::int64_t n = 1; n <= sound.operation_count(); ++n) {
    local_file_system()->remove(folder.file("out"));
    FaultyFileSystem faulty(local_file_system(), {.operation_number = n, .error_number = ENOSPC, .writes_half = true});
    CHECK_THROWS_WITH_AS(job(faulty), doctest::Contains(folder.path().c_str()), Error);
    CHECK(faulty.has_failed());
    bool failed_while_writing = n <= 3;
    bool is_there = local_file_system()->info(folder.file("out")).kind == FileInfo::Kind::kFile;
    CHECK(is_there == !failed_while_writing);
  }
}

}  // namespace headrace
