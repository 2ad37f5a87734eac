// Reads bytes as the one file of a source, split by split, and checks the row accounting.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fuzz/fuzz.h"
#include "headrace/io/source.h"

namespace headrace {

/// A file system of one file, which lies in memory. Reads only.
class OneFile : public FileSystem {
 public:
  OneFile(std::string path, std::string_view bytes) : path_(std::move(path)), bytes_(bytes) {}

  std::unique_ptr<InputFile> open(const std::string&) override { return std::make_unique<Input>(path_, bytes_); }
  FileInfo info(const std::string& path) override {
    if (path != path_) return {path, FileInfo::Kind::kMissing, 0};
    return {path, FileInfo::Kind::kFile, static_cast<std::int64_t>(bytes_.size())};
  }
  std::vector<FileInfo> list(const std::string&) override { return {info(path_)}; }
  std::unique_ptr<OutputFile> create(const std::string& path) override { refuse(path); }
  void put(const std::string& path, std::string_view) override { refuse(path); }
  void remove(const std::string& path) override { refuse(path); }

 private:
  class Input : public InputFile {
   public:
    Input(const std::string& path, std::string_view bytes) : path_(path), bytes_(bytes) {}
    std::int64_t size_bytes() const override { return static_cast<std::int64_t>(bytes_.size()); }
    const std::string& path() const override { return path_; }
    void read_at(std::int64_t offset, std::span<std::byte> out) const override {
      if (offset < 0 || static_cast<std::uint64_t>(offset) > bytes_.size() ||
          out.size() > bytes_.size() - static_cast<std::size_t>(offset)) {
        throw Error(ErrorCode::kInternal, fmt::format("read of {} bytes at {} of a file of {}: readers know the size",
                                                      out.size(), offset, bytes_.size()));
      }
      std::memcpy(out.data(), bytes_.data() + offset, out.size());
    }

   private:
    const std::string& path_;
    std::string_view bytes_;
  };

  [[noreturn]] static void refuse(const std::string& path) {
    throw Error(ErrorCode::kInternal, "a reader writes " + path);
  }

  std::string path_;
  std::string_view bytes_;
};

/// Reads all of `bytes` as the source's one file, within `memory_bytes`. Throws a finding when rows get lost.
inline void read_source(SourceSpec spec, std::string_view bytes, std::size_t memory_bytes = 64 << 20) {
  spec.name = "fuzz";
  spec.paths = {"input." + spec.format};
  SourceContext context{std::make_shared<OneFile>(spec.paths.front(), bytes), MemoryBudget::create(memory_bytes), 1024};
  const std::unique_ptr<SourceReader> reader = open_source(spec, context);
  ScanRequest request;
  for (const Field& field : reader->schema().fields()) request.columns.push_back(field.name);
  for (std::size_t index = 0; index < reader->split_count(); ++index) {
    const std::unique_ptr<SplitStream> stream = reader->open_split(index, request);
    std::int64_t row_count = 0;
    Batch batch;
    while (stream->next(batch)) {
      expect(batch.row_count > 0 && batch.row_count <= kBatchRowsMax, "a batch is empty or too long");
      row_count += batch.row_count;
    }
    const ScanCounts& counts = stream->counts();
    expect(counts.rows_delivered == row_count, "delivered rows are not what was delivered");
    expect(
        counts.rows_read == counts.rows_delivered + counts.rows_quarantined + counts.rows_dropped + counts.rows_skipped,
        "rows are lost");
    expect(static_cast<std::int64_t>(stream->bad_rows().size()) == counts.rows_quarantined, "bad rows are lost");
  }
}

}  // namespace headrace
