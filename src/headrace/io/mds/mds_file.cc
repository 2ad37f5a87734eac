// See mds_file.h.
#include "headrace/io/mds/mds_file.h"

#include <memory>
#include <span>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

constexpr std::int64_t kConfigBytesMax = 16 << 20;
/// What a parsed JSON document takes at most for each byte of its text.
constexpr std::size_t kParsedBytesPerByte = 32;

std::uint32_t read_number(const InputFile& file, std::int64_t place) {
  std::uint32_t number = 0;
  file.read_at(place, std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

}  // namespace

MdsFile open_mds_file(const FileInfo& info, const SourceContext& context) {
  std::unique_ptr<InputFile> file = context.fs->open(info.path);
  std::int64_t size_bytes = file->size_bytes();
  if (size_bytes < mds_offset_place(1)) damaged_mds(info.path, fmt::format("its {} bytes are too few", size_bytes));
  MdsFile result;
  result.info = info;
  result.row_count = read_number(*file, 0);
  std::int64_t config_start = mds_offset_place(result.row_count + 1);
  if (config_start > size_bytes) {
    damaged_mds(info.path,
                fmt::format("it declares {} samples, more than its {} bytes can hold", result.row_count, size_bytes));
  }
  result.samples_start = read_number(*file, mds_offset_place(0));
  std::int64_t end = read_number(*file, mds_offset_place(result.row_count));
  if (end != size_bytes) damaged_mds(info.path, fmt::format("it ends at byte {}, its head says {}", size_bytes, end));
  std::int64_t config_bytes = result.samples_start - config_start;
  if (config_bytes < 2 || config_bytes > kConfigBytesMax || result.samples_start > size_bytes) {
    damaged_mds(info.path, fmt::format("its first sample cannot start at byte {}", result.samples_start));
  }
  Reservation charge(*context.memory, static_cast<std::size_t>(config_bytes) * kParsedBytesPerByte,
                     "the config of an MDS shard");
  std::string config(static_cast<std::size_t>(config_bytes), '\0');
  file->read_at(config_start, std::as_writable_bytes(std::span(config)));
  try {
    result.columns = parse_mds_config(config);
  } catch (const Error& error) {
    damaged_mds(info.path, "its config: " + error.message());
  }
  return result;
}

void damaged_mds(const std::string& path, const std::string& cause) {
  throw Error(ErrorCode::kBadData, fmt::format("cannot read '{}': {}", path, cause),
              "the file is damaged, truncated, or no MDS shard: write it again");
}

}  // namespace headrace
