// See feed_data.h.
#include "headrace/feed/feed_data.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"
#include "headrace/kernel/hash.h"

namespace headrace {

FeedData::FeedData(const FeedFiles& files, const SourceContext& untimed, std::size_t threads) {
  SourceContext context = untimed;
  context.fs = timed_file_system(untimed.fs, clock_);
  if (files.paths.empty()) throw Error(ErrorCode::kInvalidArgument, "a feed needs a path", "name a data set or files");
  name_ = fmt::format("'{}'", files.paths.front());
  if (files.paths.size() == 1) manifest_ = read_manifest(*context.fs, files.paths.front());
  SourceSpec spec;
  if (manifest_) {
    spec = data_set_source(*manifest_, files.paths.front(), files.part);
  } else {
    if (!files.part.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{} has no part '{}': it is no data set of Headrace", name_, files.part),
                  "name the files of the part, or the folder that holds manifest.json");
    }
    spec.name = "feed";
    spec.paths = files.paths;
    spec.format = files.format;
  }
  reader_ = open_source(spec, context);
  count_rows(threads);
}

void FeedData::count_rows(std::size_t threads) {
  block_rows_.assign(reader_->split_count(), 0);
  std::vector<std::size_t> unknown;
  for (std::size_t block = 0; block < block_rows_.size(); ++block) {
    std::optional<std::int64_t> rows = reader_->split_row_count(block);
    if (rows) {
      block_rows_[block] = *rows;
    } else {
      unknown.push_back(block);
    }
  }
  Cancellation cancellation;
  run_tasks(unknown.size(), std::max<std::size_t>(threads, 1), cancellation, [&](std::size_t task, std::size_t) {
    std::unique_ptr<SplitStream> rows = reader_->open_split(unknown[task], {});
    for (Batch batch; rows->next(batch);) block_rows_[unknown[task]] += batch.row_count;
  });
  row_count_ = std::accumulate(block_rows_.begin(), block_rows_.end(), std::int64_t{0});
}

std::string FeedData::digest() const {
  std::string_view bytes(reinterpret_cast<const char*>(block_rows_.data()),
                         block_rows_.size() * sizeof(block_rows_[0]));
  return fmt::format("xxh3:{:016x}", hash_bytes(bytes));
}

}  // namespace headrace
