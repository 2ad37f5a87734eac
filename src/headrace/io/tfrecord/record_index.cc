// See record_index.h.
#include "headrace/io/tfrecord/record_index.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "headrace/base/error.h"
#include "headrace/io/tfrecord/wire.h"

namespace headrace {
namespace {

constexpr std::string_view kMagic = "HRTFIDX1";
constexpr std::size_t kHeaderBytes = 8 + 4 * 8;
constexpr std::int64_t kIndexBytesMax = 1 << 30;

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::int64_t get(std::string_view bytes, std::size_t at) {
  std::int64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

}  // namespace

std::string RecordIndex::to_bytes() const {
  std::string bytes(kMagic);
  put(bytes, file_bytes);
  put(bytes, record_count);
  put(bytes, stride);
  put(bytes, static_cast<std::int64_t>(offsets.size()));
  for (std::int64_t offset : offsets) put(bytes, offset);
  put(bytes, XXH3_64bits(bytes.data(), bytes.size()));
  return bytes;
}

RecordIndex RecordIndex::from_bytes(std::string_view bytes, const std::string& path) {
  auto refuse = [&](std::string_view cause) -> Error {
    return {ErrorCode::kBadData, fmt::format("cannot read the index '{}': {}", path, cause),
            "remove the index: the records can be read without it"};
  };
  if (!bytes.starts_with(kMagic)) throw refuse("it is no index of a TFRecord file");
  if (bytes.size() < kHeaderBytes + sizeof(std::uint64_t) || bytes.size() % 8 != 0) throw refuse("it is cut off");
  std::size_t checksum_at = bytes.size() - sizeof(std::uint64_t);
  if (static_cast<std::uint64_t>(get(bytes, checksum_at)) != XXH3_64bits(bytes.data(), checksum_at)) {
    throw refuse("its checksum is wrong");
  }
  RecordIndex index{get(bytes, 8), get(bytes, 16), get(bytes, 24), {}};
  std::int64_t count = get(bytes, 32);
  auto stored = static_cast<std::int64_t>((checksum_at - kHeaderBytes) / 8);
  bool has_sense = index.file_bytes >= 0 && index.record_count >= 0 && index.stride > 0 && count == stored &&
                   count == (index.record_count == 0 ? 0 : (index.record_count - 1) / index.stride + 1);
  if (!has_sense) throw refuse("its numbers contradict each other");
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t offset = get(bytes, kHeaderBytes + static_cast<std::size_t>(i) * 8);
    std::int64_t least = index.offsets.empty() ? 0 : index.offsets.back() + 1;
    bool fits = i == 0 ? offset == 0 : offset >= least && offset < index.file_bytes;
    if (!fits) throw refuse("its offsets do not ascend within the file");
    index.offsets.push_back(offset);
  }
  return index;
}

std::string index_path(const std::string& file) {
  std::size_t name = file.rfind('/') + 1;  // npos + 1 is 0
  return fmt::format("{}_{}.index", file.substr(0, name), file.substr(name));
}

std::optional<RecordIndex> read_record_index(FileSystem& fs, const FileInfo& file) {
  std::string path = index_path(file.path);
  if (fs.info(path).kind != FileInfo::Kind::kFile) return std::nullopt;
  RecordIndex index = RecordIndex::from_bytes(read_text(fs, path, kIndexBytesMax), path);
  if (index.file_bytes == file.size_bytes) return index;
  throw Error(ErrorCode::kBadData,
              fmt::format("the index '{}' is of a file of {} bytes, '{}' has {}", path, index.file_bytes, file.path,
                          file.size_bytes),
              "remove the index: the records can be read without it");
}

}  // namespace headrace
