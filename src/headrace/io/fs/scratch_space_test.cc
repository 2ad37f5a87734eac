// Scratch files have no names, count towards a limit and give their room back.
#include "headrace/io/fs/scratch_space.h"

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/lz4.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string read(const ScratchFile& file, std::int64_t offset, std::size_t size) {
  std::string text(size, '\0');
  file.read_at(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

bool is_empty(const std::string& folder) { return std::filesystem::is_empty(folder); }

}  // namespace

TEST_CASE("a scratch file is read as it was appended and has no name at any time") {
  TemporaryFolder folder;
  std::string place = folder.file("a/b");
  std::shared_ptr<ScratchSpace> space = local_scratch_space(place);
  CHECK_FALSE(std::filesystem::exists(place));
  std::unique_ptr<ScratchFile> file = space->create();
  CHECK(is_empty(place));
  CHECK(file->append(bytes_of("hello ")) == 0);
  CHECK(file->append(bytes_of("world")) == 6);
  CHECK(read(*file, 4, 5) == "o wor");
  CHECK(is_empty(place));
  CHECK_THROWS_WITH_AS(read(*file, 8, 4), doctest::Contains(place.c_str()), Error);
}

TEST_CASE("scratch files share a limit, which frees up as they go") {
  TemporaryFolder folder;
  std::shared_ptr<ScratchSpace> space = local_scratch_space(folder.path(), 10);
  std::unique_ptr<ScratchFile> first = space->create();
  std::unique_ptr<ScratchFile> second = space->create();
  first->append(bytes_of("1234567"));
  CHECK_THROWS_WITH_AS(second->append(bytes_of("1234")), doctest::Contains("limit for temporary files is reached"),
                       Error);
  CHECK(second->append(bytes_of("123")) == 0);
  CHECK_THROWS_AS(second->append(bytes_of("4")), Error);
  first.reset();
  CHECK(second->append(bytes_of("4567890")) == 3);
  CHECK_THROWS_AS(second->append(bytes_of("1")), Error);
  second.reset();
  CHECK(space->create()->append(bytes_of("1234567890")) == 0);
}

TEST_CASE("names that an ended process left are removed, other files are not") {
  TemporaryFolder folder;
  folder.write(".headrace-scratch-abc123", "");
  folder.write("other", "x");
  local_scratch_space(folder.path())->create();
  CHECK_FALSE(std::filesystem::exists(folder.file(".headrace-scratch-abc123")));
  CHECK(std::filesystem::exists(folder.file("other")));
}

TEST_CASE("a folder that cannot be is an error that names it") {
  TemporaryFolder folder;
  folder.write("file", "x");
  CHECK_THROWS_WITH_AS(local_scratch_space(folder.file("file/below"))->create(), doctest::Contains("file/below"),
                       Error);
}

TEST_CASE("LZ4 gives back what it got and refuses what is cut") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i % 37);
  std::vector<std::byte> packed(lz4_bytes_max(text.size()));
  packed.resize(lz4_compress(bytes_of(text), packed));
  CHECK(packed.size() < text.size() / 4);
  std::string back(text.size(), '\0');
  lz4_decompress(packed, std::as_writable_bytes(std::span(back)));
  CHECK(back == text);
  CHECK_THROWS_AS(lz4_decompress(std::span(packed).first(packed.size() - 1), std::as_writable_bytes(std::span(back))),
                  Error);
}

}  // namespace headrace
