// Files behind an interface, so that tests can make any operation fail and object stores are files as well.
//
// Writers never rely on rename: a data set is published by put() of its manifest (docs/formats/manifest.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

/// A file opened for reading. Thread-safe.
class InputFile {
 public:
  virtual ~InputFile() = default;
  virtual std::int64_t size_bytes() const = 0;
  /// Fills `out` from `offset`; throws Error(kIo) naming the file when fewer bytes are there.
  virtual void read_at(std::int64_t offset, std::span<std::byte> out) const = 0;
  virtual const std::string& path() const = 0;
};

/// A file being written. Destroyed before close(), it is removed.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual void append(std::span<const std::byte> data) = 0;
  /// Makes the bytes durable (fsync) and closes. Throws Error(kIo); a failed close is never tried again.
  virtual void close() = 0;
  virtual const std::string& path() const = 0;
};

struct FileInfo {
  enum class Kind { kMissing, kFile, kFolder, kOther };
  std::string path;
  Kind kind = Kind::kMissing;
  std::int64_t size_bytes = 0;
};

/// Held by the one writer of a folder; given up when destroyed.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
  /// The folder stays, even if it is new and empty at the end.
  virtual void keep_folder() = 0;
};

/// All errors are Error(kIo) or Error(kNotFound), naming the path, the operation and the reason that the operating
/// system or the store gives.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual std::unique_ptr<InputFile> open(const std::string& path) = 0;
  /// Creates a new file, its folders too; an existing one is replaced.
  virtual std::unique_ptr<OutputFile> create(const std::string& path) = 0;
  /// The same, but what was there stays until close(), which replaces it: of several writers at once, all of which
  /// write whole files, the last one wins. Object stores do it anyway.
  virtual std::unique_ptr<OutputFile> create_whole(const std::string& path) { return create(path); }
  /// Makes `bytes` the content of `path`, seen whole or not at all, durable when this returns.
  virtual void put(const std::string& path, std::string_view bytes) = 0;
  virtual FileInfo info(const std::string& path) = 0;
  /// The direct children of a folder, sorted by name.
  virtual std::vector<FileInfo> list(const std::string& folder) = 0;
  /// Removes a file, or a folder with all below it. Not an error when it is missing.
  virtual void remove(const std::string& path) = 0;
  /// Makes `path` a link to `target` in the same folder, in place of the link that was there, seen whole and durable.
  /// False, with nothing changed, where the file system has no links or something else has that name.
  virtual bool link(const std::string& path, const std::string& target);
  /// Whether `path` is itself a link. False where there are no links.
  virtual bool is_link(const std::string& path);
  /// Makes the folder and keeps other writers out of it. Empty where the file system cannot: of two writers at once the
  /// last one wins there. Throws Error(kIo) when another writer holds the lock.
  virtual std::unique_ptr<FolderLock> lock_folder(const std::string& folder);
};

/// The file system of this machine.
std::shared_ptr<FileSystem> local_file_system();

/// Reads a whole small file; refuses one larger than `bytes_max`.
std::string read_text(FileSystem& fs, const std::string& path, std::int64_t bytes_max = 256 << 20);

/// Turns what a source names (a file, a list, a glob with * ? [..] **, or a folder) into files, sorted by path, hidden
/// ones (leading '.' or '_') left out. Throws Error(kNotFound) naming the pattern when nothing matches.
std::vector<FileInfo> find_files(FileSystem& fs, const std::vector<std::string>& patterns);

}  // namespace headrace
