// See feed_data.h.
#include "headrace/feed/feed_data.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/path_scheme.h"
#include "headrace/base/workers.h"
#include "headrace/io/format.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

/// The format of the files, as far as it is known without opening them.
std::string_view format_of(const SourceSpec& spec) {
  if (!spec.format.empty()) return spec.format;
  const Format* format = spec.paths.empty() ? nullptr : format_of_path(spec.paths.front());
  return format == nullptr ? std::string_view() : format->name;
}

std::shared_ptr<ReadAhead> read_ahead_of(const SourceSpec& spec, const FetchOptions& fetch,
                                         const SourceContext& context) {
  auto is_remote = [](const std::string& path) { return !scheme_of(known_path(path)).empty(); };
  bool any_remote = std::ranges::any_of(spec.paths, is_remote);
  for (const SourcePartition& partition : spec.partitions)
    any_remote |= std::ranges::any_of(partition.paths, is_remote);
  if (!any_remote && fetch.cache_folder.empty()) return nullptr;
  constexpr std::size_t kLargest = 128 << 20;
  constexpr std::size_t kShareOfMemory = 8;
  std::size_t bytes = std::min(kLargest, context.memory->limit_bytes() / kShareOfMemory);
  std::size_t of_request = static_cast<std::size_t>(ReadAhead::kPieceBytes * ReadAhead::kRequestPieces);
  ReadAheadOptions options;
  options.bytes_max = bytes;
  options.requests = std::clamp<std::size_t>(bytes / of_request / 2, 1, 8);
  options.cache_folder = fetch.cache_folder;
  options.cache_bytes = fetch.cache_bytes;
  return std::make_shared<ReadAhead>(context.fs, std::move(options), context.memory);
}

}  // namespace

FeedSource open_feed_source(const SourceSpec& spec, std::optional<Manifest> manifest, const FetchOptions& fetch,
                            const SourceContext& untimed) {
  FeedSource source{nullptr, std::move(manifest), {}, std::make_shared<ReadClock>()};
  source.name = fmt::format("'{}'", spec.paths.empty() ? spec.name : spec.paths.front());
  std::string_view format = format_of(spec);
  if (format == "csv" || format == "ndjson" || spec.on_error != OnError::kFail) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} cannot be fed: text, and rows that may be bad, cannot be numbered before they are read",
                            source.name),
                "write a data set of it first, by a pipeline or `headrace convert`, and feed that");
  }
  SourceContext context = untimed;
  source.read_ahead = read_ahead_of(spec, fetch, untimed);
  std::shared_ptr<FileSystem> fs = source.read_ahead != nullptr ? source.read_ahead : untimed.fs;
  context.fs = timed_file_system(fs, source.clock);
  source.reader = open_source(spec, context);
  return source;
}

FeedSource open_feed_files(const FeedFiles& files, const FetchOptions& fetch, const SourceContext& context) {
  if (files.paths.empty()) throw Error(ErrorCode::kInvalidArgument, "a feed needs a path", "name a data set or files");
  const std::string& first = files.paths.front();
  std::optional<Manifest> manifest;
  if (files.paths.size() == 1) manifest = read_manifest(*context.fs, first);
  if (manifest) {
    SourceSpec spec = data_set_source(*manifest, first, files.part);
    std::int64_t row_count = 0;
    for (const Part& part : manifest->parts) {
      if (files.part.empty() || part.name == files.part) row_count += part.row_count();
    }
    FeedSource source = open_feed_source(spec, std::move(manifest), fetch, context);
    source.name = fmt::format("'{}'", first);
    source.row_count = row_count;
    return source;
  }
  if (!files.part.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' has no part '{}': it is no data set of Headrace", first, files.part),
                "name the files of the part, or the folder that holds manifest.json");
  }
  SourceSpec spec;
  spec.name = "feed";
  spec.paths = files.paths;
  spec.format = files.format;
  return open_feed_source(spec, std::nullopt, fetch, context);
}

FeedData::FeedData(FeedSource source, RowChoice choice, std::shared_ptr<MemoryBudget> memory, std::size_t threads)
    : source_(std::move(source)), memory_(std::move(memory)) {
  count_stored_rows(std::max<std::size_t>(threads, 1));
  auto there = std::accumulate(stored_rows_.begin(), stored_rows_.end(), std::int64_t{0});
  if (source_.row_count && *source_.row_count != there) {
    throw Error(
        ErrorCode::kBadData,
        fmt::format("the data set {} has {} rows, and its manifest says {}", source_.name, there, *source_.row_count),
        fmt::format("a shard was cut or replaced: `headrace verify {}` names it", source_.name));
  }
  block_rows_ = stored_rows_;
  if (!choice.is_all()) {
    choice_ = choice.to_string();
    selection_ = std::make_unique<RowSelection>(reader(), std::move(choice), *memory_);
    block_rows_ = selection_->count(std::max<std::size_t>(threads, 1));
  }
  row_count_ = std::accumulate(block_rows_.begin(), block_rows_.end(), std::int64_t{0});
}

void FeedData::count_stored_rows(std::size_t threads) {
  stored_rows_.assign(reader().split_count(), 0);
  std::vector<std::size_t> unknown;
  for (std::size_t block = 0; block < stored_rows_.size(); ++block) {
    std::optional<std::int64_t> rows = reader().split_row_count(block);
    if (rows) {
      stored_rows_[block] = *rows;
    } else {
      unknown.push_back(block);
    }
  }
  Cancellation cancellation;
  run_tasks(unknown.size(), threads, cancellation, [&](std::size_t task, std::size_t) {
    std::unique_ptr<SplitStream> rows = reader().open_split(unknown[task], {});
    for (Batch batch; rows->next(batch);) stored_rows_[unknown[task]] += batch.row_count;
  });
}

void FeedData::fetch(std::span<const std::size_t> blocks, const std::vector<std::string>& columns) const {
  if (source_.read_ahead == nullptr) return;
  std::vector<FileRange> ranges;
  for (std::size_t block : blocks) {
    for (FileRange& range : reader().ranges_of(block, columns)) ranges.push_back(std::move(range));
  }
  if (!ranges.empty()) source_.read_ahead->fetch(ranges);
}

std::string FeedData::digest() const {
  std::string bytes(reinterpret_cast<const char*>(block_rows_.data()), block_rows_.size() * sizeof(block_rows_[0]));
  return fmt::format("xxh3:{:016x}", hash_bytes(bytes + choice_));
}

}  // namespace headrace
