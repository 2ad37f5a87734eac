// Room on disk for what does not fit into memory.
//
// A scratch file has no name: the operating system frees it when the last descriptor is closed, so that nothing stays
// behind whatever ends the process, SIGKILL and power loss included. Where a file system cannot make nameless files,
// the name lives from one system call to the next; should the process end just there, the next space that is opened in
// the folder removes the (empty) file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

namespace headrace {

/// Bytes that are written once, at the end, and read anywhere. Thread-safe. Gone when destroyed.
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  /// Writes `data` behind all that was written before and returns where it starts. Throws Error(kIo): disk full, limit
  /// of the space reached.
  virtual std::int64_t append(std::span<const std::byte> data) = 0;
  /// Fills `out` from `offset`; throws Error(kIo) when fewer bytes are there.
  virtual void read_at(std::int64_t offset, std::span<std::byte> out) const = 0;
};

/// Makes scratch files in one place. Thread-safe.
class ScratchSpace {
 public:
  virtual ~ScratchSpace() = default;
  virtual std::unique_ptr<ScratchFile> create() = 0;
  /// Where the files are, for messages: a folder.
  virtual const std::string& place() const = 0;
};

constexpr std::int64_t kScratchUnlimited = std::numeric_limits<std::int64_t>::max();

/// Scratch files in `folder`, which is created when the first of them is. All files together hold `bytes_max` at most;
/// Error(kIo) says so.
std::shared_ptr<ScratchSpace> local_scratch_space(std::string folder, std::int64_t bytes_max = kScratchUnlimited);

/// $TMPDIR, or else /var/tmp, which is on a disk where /tmp may be in memory.
std::string default_scratch_folder();

}  // namespace headrace
