// visits/part-*.parquet: pages that users, and a few bots, looked at. See tables.h.
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "bench/generate/files.h"
#include "bench/generate/tables.h"
#include "bench/generate/text.h"
#include "headrace/column/arrow.h"

namespace headrace::bench {

std::int64_t write_visits(const World& world, const std::string& path, std::int64_t begin, std::int64_t end) {
  constexpr const char* kWhat = "cannot make visits";
  auto time_type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  auto schema = arrow::schema(
      {arrow::field("user_id", arrow::int64(), /*nullable=*/false), arrow::field("time", time_type, /*nullable=*/false),
       arrow::field("page_category", arrow::utf8()), arrow::field("duration", arrow::float64())});
  std::int64_t csv_bytes = 0;
  write_parquet(path, schema, Compression::kZstd, {"time"}, begin, end, [&](std::int64_t from, std::int64_t to) {
    arrow::Int64Builder user_ids;
    arrow::TimestampBuilder times(time_type, arrow::default_memory_pool());
    arrow::StringBuilder categories;
    arrow::DoubleBuilder durations;
    std::vector<arrow::ArrayBuilder*> builders = {&user_ids, &times, &categories, &durations};
    for (arrow::ArrayBuilder* builder : builders) unwrap(builder->Reserve(to - from), kWhat);
    for (std::int64_t row = from; row < to; ++row) {
      Random random(Stream::kVisit, row);
      times.UnsafeAppend(time_of_row(row, world.rows().visits, random.bits()));
      bool is_bot = random.chance(world.bot_visits());
      std::int64_t user_id = is_bot ? world.any_bot(random) : world.any_visitor(random.unit());
      int category = !is_bot && random.chance(0.5) ? world.user(user_id).category : world.any_category(random);
      double unit = random.unit();
      std::int64_t millis = is_bot ? 50 + random.below(900) : 1'000 + static_cast<std::int64_t>(unit * unit * 240e3);
      std::string_view name = kCategoryNames[static_cast<std::size_t>(category)];
      user_ids.UnsafeAppend(user_id);
      unwrap(categories.Append(name), kWhat);
      durations.UnsafeAppend(static_cast<double>(millis) / 1e3);
      csv_bytes +=
          4 + digit_count(user_id) + kTimeSize + static_cast<std::int64_t>(name.size()) + decimal_size(millis, 3);
    }
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (arrow::ArrayBuilder* builder : builders) columns.push_back(unwrap(builder->Finish(), kWhat));
    return arrow::RecordBatch::Make(schema, to - from, std::move(columns));
  });
  return csv_bytes;
}

}  // namespace headrace::bench
