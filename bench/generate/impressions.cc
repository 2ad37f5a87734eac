// impressions/part-*.parquet: what was shown to whom, with four wide texts. See tables.h.
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "bench/generate/files.h"
#include "bench/generate/impression_texts.h"
#include "bench/generate/tables.h"
#include "bench/generate/text.h"
#include "headrace/column/arrow.h"

namespace headrace::bench {
namespace {

/// The part of the impressions that bots get; they are few, so by their visits alone they would hardly have any.
constexpr double kBotImpressions = 0.005;

std::shared_ptr<arrow::Schema> impressions_schema() {
  auto required = [](const char* name, std::shared_ptr<arrow::DataType> type) {
    return arrow::field(name, std::move(type), /*nullable=*/false);
  };
  return arrow::schema({required("impression_id", arrow::int64()),
                        required("time", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                        required("user_id", arrow::int64()), required("item_id", arrow::int64()),
                        required("campaign_id", arrow::int64()), arrow::field("device", arrow::utf8()),
                        arrow::field("bid", arrow::float64()), required("position", arrow::int32()),
                        required("user_agent", arrow::utf8()), required("url", arrow::utf8()),
                        required("referrer", arrow::utf8()), required("search_text", arrow::utf8())});
}

/// The columns of a row group, filled row by row.
class ImpressionColumns {
 public:
  ImpressionColumns() : time_(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::default_memory_pool()) {}

  /// Forgets the rows, makes room for `rows`.
  void start(std::int64_t rows) {
    for (arrow::ArrayBuilder* builder : builders()) unwrap(builder->Reserve(rows), kWhat);
    for (TextColumn* column : text_columns()) column->clear();
  }

  /// Returns the bytes of the row as CSV.
  std::int64_t add(const World& world, std::int64_t row) {
    Impression impression = impression_at(world, row);
    impression_id_.UnsafeAppend(row + 1);
    time_.UnsafeAppend(impression.time);
    user_id_.UnsafeAppend(impression.user_id);
    item_id_.UnsafeAppend(impression.item_id);
    campaign_id_.UnsafeAppend(impression.campaign_id);
    position_.UnsafeAppend(impression.position);
    std::int64_t csv_bytes = 12 + kTimeSize;  // separators and the end of the line
    csv_bytes += digit_count(row + 1) + digit_count(impression.user_id) + digit_count(impression.item_id) +
                 digit_count(impression.campaign_id) + digit_count(impression.position);
    if (impression.device_is_null) {
      device_.UnsafeAppendNull();
    } else {
      std::string_view device = kDeviceNames[static_cast<std::size_t>(impression.device)];
      unwrap(device_.Append(device), kWhat);
      csv_bytes += static_cast<std::int64_t>(device.size());
    }
    if (impression.bid_is_null) {
      bid_.UnsafeAppendNull();
    } else {
      bid_.UnsafeAppend(static_cast<double>(impression.bid_micros) / 1e6);
      csv_bytes += decimal_size(impression.bid_micros, 6);
    }
    return csv_bytes + texts_.add(world, impression, row);
  }

  /// The rows; valid until the next start().
  std::shared_ptr<arrow::RecordBatch> finish(const std::shared_ptr<arrow::Schema>& schema) {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (arrow::ArrayBuilder* builder : builders()) columns.push_back(unwrap(builder->Finish(), kWhat));
    for (TextColumn* column : text_columns()) columns.push_back(column->view());
    std::int64_t rows = columns.front()->length();
    return arrow::RecordBatch::Make(schema, rows, std::move(columns));
  }

 private:
  static constexpr const char* kWhat = "cannot make impressions";

  std::array<arrow::ArrayBuilder*, 8> builders() {
    return {&impression_id_, &time_, &user_id_, &item_id_, &campaign_id_, &device_, &bid_, &position_};
  }
  std::array<TextColumn*, 4> text_columns() {
    return {&texts_.user_agent, &texts_.url, &texts_.referrer, &texts_.search_text};
  }

  arrow::Int64Builder impression_id_;
  arrow::TimestampBuilder time_;
  arrow::Int64Builder user_id_;
  arrow::Int64Builder item_id_;
  arrow::Int64Builder campaign_id_;
  arrow::StringBuilder device_;
  arrow::DoubleBuilder bid_;
  arrow::Int32Builder position_;
  ImpressionTexts texts_;
};

}  // namespace

Impression impression_at(const World& world, std::int64_t row) {
  Random random(Stream::kImpression, row);
  Impression impression{};
  impression.time = time_of_row(row, world.rows().impressions, random.bits());
  impression.user_id = random.chance(kBotImpressions) ? world.any_bot(random) : world.any_user(random.unit());
  impression.item_id = world.any_item(random.unit());
  impression.campaign_id = world.any_campaign(random.unit());
  impression.device = random.chance(0.85) ? world.user(impression.user_id).device : static_cast<int>(random.below(4));
  impression.device_is_null = random.chance(0.02);
  double level = random.unit();
  impression.bid_micros = 10'000 + static_cast<std::int64_t>(level * level * level * 9e6);
  double fault = random.unit();
  impression.bid_is_null = fault < 0.005;
  if (fault >= 0.995) impression.bid_micros = -impression.bid_micros;
  double place = random.unit();
  impression.position = 1 + static_cast<int>(place * place * 10);
  return impression;
}

std::int64_t write_impressions(const World& world, const std::string& path, std::int64_t begin, std::int64_t end) {
  std::shared_ptr<arrow::Schema> schema = impressions_schema();
  std::int64_t csv_bytes = 0;
  ImpressionColumns columns;
  write_parquet(path, schema, Compression::kSnappy, {"impression_id", "time", "bid"}, begin, end,
                [&](std::int64_t from, std::int64_t to) {
                  columns.start(to - from);
                  for (std::int64_t row = from; row < to; ++row) csv_bytes += columns.add(world, row);
                  return columns.finish(schema);
                });
  return csv_bytes;
}

}  // namespace headrace::bench
