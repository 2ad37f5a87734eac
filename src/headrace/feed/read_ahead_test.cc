// Files fetched ahead of time read as they are, in few requests, and are kept in a folder with checksums.
#include "headrace/feed/read_ahead.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>

#include "headrace/feed/feed_fixture.h"
#include "headrace/io/memory_file_system.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

/// A store of one file of 20 MiB and a bit, which can be told to fail.
class Store final : public FileSystem {
 public:
  Store() {
    std::string& bytes = files_.files["s"];
    for (std::int64_t i = 0; i < 20 * kMiB + 12345; ++i) bytes.push_back(static_cast<char>(i * 7 % 251));
  }
  std::unique_ptr<InputFile> open(const std::string& path) override {
    return std::make_unique<File>(*this, files_.open(path));
  }
  std::unique_ptr<OutputFile> create(const std::string& path) override { return files_.create(path); }
  void put(const std::string& path, std::string_view bytes) override { files_.put(path, bytes); }
  FileInfo info(const std::string& path) override { return files_.info(path); }
  std::vector<FileInfo> list(const std::string& folder) override { return files_.list(folder); }
  void remove(const std::string& path) override { files_.remove(path); }

  const std::string& bytes() { return files_.files.at("s"); }
  std::atomic<bool> fails{false};
  std::atomic<int> requests{0};

 private:
  class File final : public InputFile {
   public:
    File(Store& store, std::unique_ptr<InputFile> file) : store_(store), file_(std::move(file)) {}
    std::int64_t size_bytes() const override { return file_->size_bytes(); }
    void read_at(std::int64_t offset, std::span<std::byte> out) const override {
      ++store_.requests;
      if (store_.fails) throw Error(ErrorCode::kIo, "the store says 503");
      file_->read_at(offset, out);
    }
    const std::string& path() const override { return file_->path(); }

   private:
    Store& store_;
    std::unique_ptr<InputFile> file_;
  };

  MemoryFileSystem files_;
};

struct Test {
  std::shared_ptr<Store> store = std::make_shared<Store>();
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();

  std::string read(ReadAhead& ahead, std::int64_t offset, std::int64_t size) const {
    std::string out(static_cast<std::size_t>(size), '\0');
    ahead.open("s")->read_at(offset, std::as_writable_bytes(std::span(out)));
    return out;
  }
  std::string expected(std::int64_t offset, std::int64_t size) const {
    return store->bytes().substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  }
};

TEST_CASE("what is read is what the file holds, across pieces and at its end") {
  Test test;
  ReadAhead ahead(test.store, {}, test.memory);
  std::int64_t size = 20 * kMiB + 12345;
  for (auto [offset, count] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 10}, {kMiB - 5, 10}, {3 * kMiB, 4 * kMiB}, {size - 7, 7}, {size, 0}, {5, 0}}) {
    CHECK(test.read(ahead, offset, count) == test.expected(offset, count));
  }
  CHECK_THROWS_AS(test.read(ahead, size - 1, 2), Error);
}

TEST_CASE("ranges that lie together are fetched by few requests, before they are read") {
  Test test;
  ReadAhead ahead(test.store, {}, test.memory);
  std::vector<FileRange> ranges;
  for (std::int64_t i = 0; i < 160; ++i) ranges.push_back({"s", i * (kMiB / 10), kMiB / 10});  // almost 16 MiB
  ahead.fetch(ranges);
  for (int i = 0; i < 500 && ahead.request_count() < 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::string all;
  for (const FileRange& range : ranges) all += test.read(ahead, range.offset, range.size_bytes);
  CHECK(all == test.expected(0, 160 * (kMiB / 10)));
  CHECK(test.store->requests <= 5);
}

TEST_CASE("it holds no more than it may, and goes on as pieces are read") {
  Test test;
  ReadAheadOptions options;
  options.bytes_max = 8 * kMiB;
  options.requests = 2;
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(32 * kMiB);
  ReadAhead ahead(test.store, options, memory);
  ahead.fetch({{"s", 0, 20 * kMiB}});
  for (std::int64_t at = 0; at < 20; ++at) CHECK(test.read(ahead, at * kMiB, kMiB) == test.expected(at * kMiB, kMiB));
  // What may be held, a request in time beyond that, and the buffers of three requests that are under way.
  CHECK(memory->peak_bytes() <= 24 * kMiB);
}

TEST_CASE("a request ahead of time that fails is forgotten; one in time tells why") {
  Test test;
  ReadAhead ahead(test.store, {}, test.memory);
  test.store->fails = true;
  ahead.fetch({{"s", 0, 4 * kMiB}, {"no such file", 0, 10}});
  CHECK_THROWS_WITH_AS(test.read(ahead, 0, 10), doctest::Contains("503"), Error);
  test.store->fails = false;
  CHECK(test.read(ahead, 0, 10) == test.expected(0, 10));
}

TEST_CASE("what was read is kept in a folder, and what is damaged there is fetched again") {
  Test test;
  TemporaryFolder folder;
  ReadAheadOptions options;
  options.cache_folder = folder.file("cache");
  options.cache_bytes = 1 << 30;
  {
    ReadAhead first(test.store, options, test.memory);
    CHECK(test.read(first, 0, 8 * kMiB) == test.expected(0, 8 * kMiB));
  }
  int requests = test.store->requests;
  {
    ReadAhead second(test.store, options, test.memory);
    CHECK(test.read(second, 0, 8 * kMiB) == test.expected(0, 8 * kMiB));
  }
  CHECK(test.store->requests == requests);
  for (const auto& entry : std::filesystem::directory_iterator(options.cache_folder)) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1000);
    file.put('!');
  }
  ReadAhead third(test.store, options, test.memory);
  CHECK(test.read(third, 0, 8 * kMiB) == test.expected(0, 8 * kMiB));
  CHECK(test.store->requests > requests);
}

TEST_CASE("the folder stays below its limit") {
  Test test;
  TemporaryFolder folder;
  ReadAheadOptions options;
  options.cache_folder = folder.file("cache");
  options.cache_bytes = 6 * kMiB;
  ReadAhead ahead(test.store, options, test.memory);
  for (std::int64_t at = 0; at < 20; ++at) test.read(ahead, at * kMiB, kMiB);
  std::uint64_t held = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.cache_folder)) held += entry.file_size();
  CHECK(held <= 6 * kMiB);
  CHECK(held > 0);
}

TEST_CASE("a feed through a cache gives the same batches, and reads no files the second time") {
  FeedRows rows({2000, 500}, 300);
  FeedOptions options;
  options.batch_size = 64;
  options.shuffle_seed = 1;
  options.window_rows = 500;
  options.threads = 2;
  options.columns = {"id", "half"};
  auto ids = [&] {
    Feed feed(std::make_shared<const FeedPlan>(rows.data(), options), rows.memory(), {}, 1);
    return ids_of(all_batches(feed));
  };
  std::vector<std::int64_t> plain = ids();
  TemporaryFolder folder;
  rows.cache_in(folder.file("cache"));
  CHECK(ids() == plain);
  CHECK(std::filesystem::exists(folder.file("cache")));
  CHECK(ids() == plain);
}

}  // namespace
}  // namespace headrace
