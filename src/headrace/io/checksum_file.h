// Checksums of whole files: an output file that hashes what goes through it, which every writer needs for its
// FileSummary, and the check of it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "headrace/io/format.h"

namespace headrace {

/// "xxh3:<16 hex digits>": the text form of an XXH3-64 checksum.
std::string checksum_text(std::uint64_t hash);

/// The checksum of a file's bytes as they are now, read in pieces of a few MiB that are charged to `memory`.
std::string checksum_of(const InputFile& file, MemoryBudget& memory);

/// Appends to an OutputFile and keeps the XXH3-64 (seed 0) of all bytes so far.
class ChecksumFile {
 public:
  explicit ChecksumFile(std::unique_ptr<OutputFile> file);
  ~ChecksumFile();

  void append(std::span<const std::byte> data);
  std::int64_t size_bytes() const { return size_bytes_; }
  const std::string& path() const { return file_->path(); }
  /// Closes the file durably and tells what it holds.
  FileSummary finish(std::int64_t row_count);

 private:
  struct State;
  std::unique_ptr<OutputFile> file_;
  std::unique_ptr<State> state_;
  std::int64_t size_bytes_ = 0;
};

}  // namespace headrace
