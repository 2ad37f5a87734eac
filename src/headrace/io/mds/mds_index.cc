// See mds_index.h.
#include "headrace/io/mds/mds_index.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/mds/mds.h"
#include "headrace/io/mds/mds_file.h"
#include "headrace/io/strict_json.h"

namespace headrace {
namespace {

constexpr int kDepthMax = 6;
constexpr std::int64_t kIndexBytesMax = 256 << 20;
/// What a parsed JSON document takes at most for each byte of its text.
constexpr std::size_t kParsedBytesPerByte = 32;
constexpr std::string_view kChecksumPrefix = "xxh3:";
constexpr const char* kHashName = "xxh3_64";

std::string_view folder_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : path.substr(0, slash + 1);
}

/// A name in the folder itself that is not hidden, and nothing that leads elsewhere.
bool is_basename(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos && name.size() <= 255;
}

MdsIndexEntry read_entry(const StrictJson& json, const std::string& where, std::string_view folder) {
  StrictJsonObject object(json, where,
                          {"column_encodings", "column_names", "column_sizes", "compression", "format", "hashes",
                           "raw_data", "samples", "size_limit", "version", "zip_data"});
  MdsIndexEntry entry;
  entry.columns = read_mds_columns(object);
  entry.row_count = object.count("samples");
  StrictJsonObject file(object.at("raw_data"), where + ".raw_data", {"basename", "bytes", "hashes"});
  std::string name = file.text("basename");
  if (!is_basename(name)) file.refuse("basename", fmt::format("{} is no name of a file in the folder", excerpt(name)));
  entry.path = fmt::format("{}{}", folder, name);
  entry.size_bytes = file.count("bytes");
  return entry;
}

std::vector<MdsIndexEntry> read_entries(std::string_view text, std::string_view folder) {
  StrictJson json = parse_strict_json(text, kDepthMax);
  StrictJsonObject object(json, "", {"version", "shards"});
  if (object.count("version") != 2) object.refuse("version", fmt::format("{} is not 2", object.count("version")));
  std::vector<MdsIndexEntry> entries;
  std::set<std::string> paths;
  for (std::size_t i = 0; i < object.list("shards").size(); ++i) {
    entries.push_back(read_entry(object.list("shards")[i], fmt::format("shards[{}]", i), folder));
    if (!paths.insert(entries.back().path).second) {
      object.refuse("shards", fmt::format("{} is named twice", excerpt(entries.back().path)));
    }
  }
  return entries;
}

void check_file(FileSystem& fs, const MdsIndexEntry& entry, const std::string& index_path) {
  FileInfo info = fs.info(entry.path);
  if (info.kind != FileInfo::Kind::kFile) {
    throw Error(ErrorCode::kBadData,
                fmt::format("the shard '{}', which '{}' names, is not there", entry.path, index_path),
                "fetch it; of shards that are compressed, decompress them first");
  }
  if (info.size_bytes != entry.size_bytes) {
    damaged_mds(entry.path,
                fmt::format("it has {} bytes, '{}' says {}", info.size_bytes, index_path, entry.size_bytes));
  }
}

}  // namespace

bool is_mds_index(std::string_view path) { return path.substr(folder_of(path).size()) == kMdsIndexName; }

std::vector<MdsIndexEntry> read_mds_index(FileSystem& fs, const std::string& path, MemoryBudget& memory) {
  std::size_t size_bytes = static_cast<std::size_t>(std::max<std::int64_t>(fs.info(path).size_bytes, 0));
  Reservation charge(memory, size_bytes * kParsedBytesPerByte, "the index of MDS shards");
  std::string text = read_text(fs, path, kIndexBytesMax);
  std::vector<MdsIndexEntry> entries;
  try {
    entries = read_entries(text, folder_of(path));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("cannot read the index '{}': {}", path, error.message()),
                "the file was damaged or not written by MosaicML Streaming");
  }
  for (const MdsIndexEntry& entry : entries) check_file(fs, entry, path);
  return entries;
}

std::string mds_index_text(const Schema& schema, std::span<const WrittenFile> files) {
  StrictJson config = mds_config(mds_columns(schema));
  StrictJson shards = StrictJson::array();
  for (const WrittenFile& file : files) {
    if (file.summary.row_count == 0) continue;
    HEADRACE_CHECK(file.summary.checksum.starts_with(kChecksumPrefix));
    StrictJson shard = config;
    shard["hashes"] = {kHashName};
    shard["raw_data"] = {{"basename", file.name},
                         {"bytes", file.summary.size_bytes},
                         {"hashes", {{kHashName, file.summary.checksum.substr(kChecksumPrefix.size())}}}};
    shard["samples"] = file.summary.row_count;
    shard["zip_data"] = nullptr;
    shards.push_back(std::move(shard));
  }
  StrictJson index = {{"shards", std::move(shards)}, {"version", 2}};
  return index.dump(-1, ' ', /*ensure_ascii=*/true) + "\n";
}

void finish_mds_folder(FileSystem& fs, const FinishedFolder& folder) {
  fs.put(fmt::format("{}/{}", folder.path, kMdsIndexName), mds_index_text(folder.schema, folder.files));
}

}  // namespace headrace
