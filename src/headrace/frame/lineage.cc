// See lineage.h.
#include "headrace/frame/lineage.h"

#include <algorithm>
#include <span>

#include "headrace/io/checksum_file.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

constexpr std::int64_t kEndBytes = 64 << 10;

std::string bytes_at(const InputFile& file, std::int64_t offset, std::int64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.read_at(offset, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace

SourceLineage lineage_of(const std::string& name, const std::vector<FileInfo>& files, FileSystem& fs) {
  SourceLineage lineage{name, static_cast<std::int64_t>(files.size()), 0, {}};
  std::string digests;  // of the files
  for (const FileInfo& info : files) {
    lineage.size_bytes += info.size_bytes;
    std::unique_ptr<InputFile> file = fs.open(info.path);
    std::int64_t end_bytes = std::min(kEndBytes, file->size_bytes());
    std::string seen = info.path.substr(info.path.rfind('/') + 1);
    seen.push_back('\0');
    seen += std::to_string(file->size_bytes());
    seen.push_back('\0');
    seen += bytes_at(*file, 0, end_bytes);
    seen += bytes_at(*file, file->size_bytes() - end_bytes, end_bytes);
    digests += checksum_text(hash_bytes(seen));
  }
  lineage.digest = checksum_text(hash_bytes(digests));
  return lineage;
}

}  // namespace headrace
