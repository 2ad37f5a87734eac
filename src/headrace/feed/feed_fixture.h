// For tests: feeds over Parquet files of a few rows, and their batches as numbers.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headrace/column/column_builder.h"
#include "headrace/feed/feed.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {

inline constexpr std::chrono::seconds kPatience{10};

/// Files of rows with columns id (0, 1, 2, … over all files), half (id / 2 as float32), maybe (id, null for every
/// third row), tags (id % 3 elements of value id).
class FeedRows {
 public:
  /// `rows` of each file, in row groups of `group_rows`.
  FeedRows(std::vector<std::int64_t> rows, std::int64_t group_rows) {
    std::int64_t first = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::string path = folder_.file("part-" + std::to_string(i) + ".parquet");
      write(path, first, rows[i], group_rows);
      first += rows[i];
    }
  }

  std::shared_ptr<const FeedData> data(RowChoice choice = {}) const {
    SourceContext context;
    context.fs = local_file_system();
    context.memory = memory_;
    return std::make_shared<const FeedData>(open_feed_files({{folder_.path()}, {}, {}}, fetch_, context),
                                            std::move(choice), memory_, 1);
  }
  const std::shared_ptr<MemoryBudget>& memory() const { return memory_; }
  const TemporaryFolder& folder() const { return folder_; }
  /// From here on files are fetched through a cache in `folder`.
  void cache_in(const std::string& folder) { fetch_ = {folder, 1 << 30}; }

 private:
  void write(const std::string& path, std::int64_t first, std::int64_t rows, std::int64_t group_rows) const {
    Schema schema({{"id", TypeKind::kInt64, false},
                   {"half", TypeKind::kFloat32, false},
                   {"maybe", TypeKind::kInt64, true},
                   {"tags", Type::list(TypeKind::kInt64), false}});
    WriterOptions options;
    options.row_group_rows = group_rows;
    auto writer = create_parquet(schema, local_file_system()->create(path), options, *memory_);
    ColumnBuilder id(*memory_, TypeKind::kInt64);
    ColumnBuilder half(*memory_, TypeKind::kFloat32);
    ColumnBuilder maybe(*memory_, TypeKind::kInt64);
    ColumnBuilder tags(*memory_, schema[3].type);
    for (std::int64_t row = first; row < first + rows; ++row) {
      id.append(row);
      half.append(static_cast<float>(row) / 2);
      row % 3 == 0 ? maybe.append_null() : maybe.append(row);
      for (std::int64_t i = 0; i < row % 3; ++i) tags.child(0).append(row);
      tags.append_list_end();
    }
    if (rows > 0) {
      writer->write(
          {std::make_shared<const Schema>(schema), {id.finish(), half.finish(), maybe.finish(), tags.finish()}, rows});
    }
    writer->finish();
  }

  TemporaryFolder folder_;
  std::shared_ptr<MemoryBudget> memory_ = MemoryBudget::create();
  FetchOptions fetch_;
};

/// What a feed gives up to its end.
inline std::vector<FeedBatch> all_batches(Feed& feed) {
  std::vector<FeedBatch> batches;
  while (!feed.is_at_end()) {
    std::optional<FeedBatch> batch = feed.next(kPatience);
    if (batch) batches.push_back(std::move(*batch));
  }
  return batches;
}

/// The values of an int64 column.
inline std::vector<std::int64_t> int64s(const FeedBatch& batch, std::size_t column) {
  const auto* values = reinterpret_cast<const std::int64_t*>(batch.values(column));
  return {values, values + batch.row_count};
}

/// The int64 column 0 of all batches.
inline std::vector<std::int64_t> ids_of(const std::vector<FeedBatch>& batches) {
  std::vector<std::int64_t> ids;
  for (const FeedBatch& batch : batches) {
    std::vector<std::int64_t> more = int64s(batch, 0);
    ids.insert(ids.end(), more.begin(), more.end());
  }
  return ids;
}

}  // namespace headrace
