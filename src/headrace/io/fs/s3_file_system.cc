// See s3_file_system.h.
#include "headrace/io/fs/s3_file_system.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/base/path_scheme.h"
#include "headrace/io/fs/s3_connection.h"

#ifdef HEADRACE_S3

#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>

namespace headrace {
namespace {

constexpr std::string_view kScheme = "s3://";

/// "bucket/key" of a path, as Arrow names objects: without '/' at the end.
std::string place_of(std::string_view path) {
  path.remove_prefix(kScheme.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

FileInfo info_of(const std::string& path, const arrow::fs::FileInfo& found) {
  switch (found.type()) {
    case arrow::fs::FileType::NotFound: return {path, FileInfo::Kind::kMissing, 0};
    case arrow::fs::FileType::File: return {path, FileInfo::Kind::kFile, found.size()};
    case arrow::fs::FileType::Directory: return {path, FileInfo::Kind::kFolder, 0};
    case arrow::fs::FileType::Unknown: break;
  }
  return {path, FileInfo::Kind::kOther, 0};
}

class S3InputFile : public InputFile {
 public:
  S3InputFile(std::string path, std::shared_ptr<S3Connection> connection,
              std::shared_ptr<arrow::io::RandomAccessFile> file, std::int64_t size_bytes)
      : path_(std::move(path)), connection_(std::move(connection)), file_(std::move(file)), size_bytes_(size_bytes) {}

  std::int64_t size_bytes() const override { return size_bytes_; }
  const std::string& path() const override { return path_; }

  void read_at(std::int64_t offset, std::span<std::byte> out) const override {
    if (out.empty()) return;
    require_own_s3(path_);
    std::int64_t wanted = std::ssize(out);
    std::int64_t got = std::max<std::int64_t>(0, size_bytes_ - offset);
    if (got >= wanted) {
      arrow::Result<std::int64_t> read = file_->ReadAt(offset, wanted, out.data());
      if (!read.ok()) throw connection_->failure("read", path_, read.status());
      got = *read;
    }
    if (got >= wanted) return;
    throw Error(ErrorCode::kIo,
                fmt::format("cannot read '{}': the file ends at byte {}, {} more bytes were expected", path_,
                            offset + got, wanted - got),
                "the file is truncated, or it was changed while it was read");
  }

 private:
  std::string path_;
  std::shared_ptr<S3Connection> connection_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::int64_t size_bytes_;
};

/// Keeps a stream that could not be aborted from being destroyed, which would complete its object.
void abandon(std::shared_ptr<arrow::io::OutputStream> stream) {
  static std::mutex mutex;
  static auto* abandoned = new std::vector<std::shared_ptr<arrow::io::OutputStream>>();
  std::lock_guard lock(mutex);
  abandoned->push_back(std::move(stream));
}

class S3OutputFile : public OutputFile {
 public:
  S3OutputFile(std::string path, std::shared_ptr<S3Connection> connection,
               std::shared_ptr<arrow::io::OutputStream> stream)
      : path_(std::move(path)), connection_(std::move(connection)), stream_(std::move(stream)) {}
  S3OutputFile(const S3OutputFile&) = delete;
  S3OutputFile& operator=(const S3OutputFile&) = delete;
  ~S3OutputFile() override {
    if (stream_->closed() || stream_->Abort().ok()) return;
    abandon(std::move(stream_));
  }

  const std::string& path() const override { return path_; }

  void append(std::span<const std::byte> data) override { check(stream_->Write(data.data(), std::ssize(data))); }
  void close() override { check(stream_->Close()); }

 private:
  void check(const arrow::Status& status) const {
    if (!status.ok()) throw connection_->failure("write", path_, status);
  }

  std::string path_;
  std::shared_ptr<S3Connection> connection_;
  std::shared_ptr<arrow::io::OutputStream> stream_;
};

class S3FileSystem : public FileSystem {
 public:
  explicit S3FileSystem(const StorageOptions& options) : connection_(std::make_shared<S3Connection>(options)) {}

  std::unique_ptr<InputFile> open(const std::string& path) override {
    auto file = client_of(path).OpenInputFile(place_of(path));
    if (!file.ok()) throw not_opened(connection_->failure("open", path, file.status()), path);
    std::int64_t size_bytes = take((*file)->GetSize(), "open", path);
    return std::make_unique<S3InputFile>(path, connection_, *std::move(file), size_bytes);
  }

  std::unique_ptr<OutputFile> create(const std::string& path) override {
    auto stream = take(client_of(path).OpenOutputStream(place_of(path)), "create", path);
    return std::make_unique<S3OutputFile>(path, connection_, std::move(stream));
  }

  void put(const std::string& path, std::string_view bytes) override {
    std::unique_ptr<OutputFile> file = create(path);
    file->append(std::as_bytes(std::span(bytes)));
    file->close();
  }

  FileInfo info(const std::string& path) override {
    return info_of(path, take(client_of(path).GetFileInfo(place_of(path)), "look at", path));
  }

  std::vector<FileInfo> list(const std::string& folder) override {
    arrow::fs::FileSelector selector;
    selector.base_dir = place_of(folder);
    std::vector<FileInfo> children;
    for (const arrow::fs::FileInfo& found : take(client_of(folder).GetFileInfo(selector), "list folder", folder)) {
      children.push_back(info_of(std::string(kScheme) + found.path(), found));
    }
    std::ranges::sort(children, {}, &FileInfo::path);
    return children;
  }

  void remove(const std::string& path) override {
    FileInfo::Kind kind = info(path).kind;
    if (kind == FileInfo::Kind::kMissing) return;
    arrow::fs::FileSystem& client = client_of(path);
    arrow::Status removed =
        kind == FileInfo::Kind::kFolder ? client.DeleteDir(place_of(path)) : client.DeleteFile(place_of(path));
    if (removed.ok()) return;
    // Somebody else may have been faster.
    bool is_gone = connection_->failure("remove", path, removed).code() == ErrorCode::kNotFound;
    if (!is_gone) throw connection_->failure("remove", path, removed);
  }

 private:
  arrow::fs::FileSystem& client_of(const std::string& path) { return *connection_->client_of(path); }

  template <typename T>
  T take(arrow::Result<T> result, std::string_view operation, const std::string& path) {
    if (!result.ok()) throw connection_->failure(operation, path, result.status());
    return *std::move(result);
  }

  /// A missing object gets the nearest name in its folder as its hint.
  Error not_opened(Error error, const std::string& path) {
    if (error.code() != ErrorCode::kNotFound) return error;
    std::size_t slash = path.rfind('/');
    std::vector<std::string> names;
    try {
      for (const FileInfo& child : list(path.substr(0, slash))) names.push_back(child.path.substr(slash + 1));
    } catch (const Error& listing) {
      // Of an object, a store only says that it is not there.
      bool has_bucket = listing.message().find("NO_SUCH_BUCKET") == std::string::npos;
      if (has_bucket) return error;
      return Error(error.code(), error.message(), fmt::format("there is no bucket '{}'", bucket_of(path)));
    }
    std::optional<std::string> near = nearest_name(path.substr(slash + 1), names);
    return near ? Error(error.code(), error.message(), fmt::format("did you mean '{}'?", *near)) : error;
  }

  std::shared_ptr<S3Connection> connection_;
};

}  // namespace

std::shared_ptr<FileSystem> s3_file_system(const StorageOptions& options) {
  return std::make_shared<S3FileSystem>(options);
}

void end_s3() { end_own_s3(); }

}  // namespace headrace

#else

namespace headrace {

std::shared_ptr<FileSystem> s3_file_system(const StorageOptions&) {
  throw Error(ErrorCode::kUnsupported,
              "s3:// paths cannot be read or written: Headrace was built with an Arrow without S3",
              "configure with -DHEADRACE_ARROW=wheel, or with an Arrow that has ARROW_S3");
}

void end_s3() {}

}  // namespace headrace

#endif
