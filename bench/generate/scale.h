// How many rows each table has at a scale factor, and how rows are shared out over the log.
#pragma once

#include <cstdint>

namespace headrace::bench {

/// Rows that a chunk of any table has; a chunk is made by one task, and is a row group where the table is Parquet.
inline constexpr std::int64_t kChunkRows = 131'072;
/// Rows of a file of impressions or visits.
inline constexpr std::int64_t kPartRows = 8 * kChunkRows;

/// Hours of the log: 30 days from 2026-01-01T00:00:00Z.
inline constexpr std::int64_t kLogHours = 720;
inline constexpr std::int64_t kLogStart = 1'767'225'600'000'000;  // microseconds since 1970

struct RowCounts {
  std::int64_t impressions;
  std::int64_t visits;
  std::int64_t clicks;  // lines, with the repeated and the malformed ones
  std::int64_t repeated_clicks;
  std::int64_t malformed_clicks;
  std::int64_t conversions;  // lines, with the malformed ones
  std::int64_t malformed_conversions;
  std::int64_t users;
  std::int64_t items;
  std::int64_t campaigns;
  std::int64_t weather;

  std::int64_t countries() const { return weather / kLogHours; }
  /// Impressions with at least one click.
  std::int64_t clicked() const { return clicks - repeated_clicks - malformed_clicks; }
  std::int64_t converted() const { return conversions - malformed_conversions; }
};

/// The rows at a scale factor in (0, 1]. They are scale * 100,000,000 together; throws Error(kInvalidArgument) where
/// that leaves a table without rows.
RowCounts rows_at(double scale);

/// How many of `total` things fall to the first `row` of `rows` rows, spread evenly: so share(total, end, rows) -
/// share(total, begin, rows) of them are in the rows from begin to end, and the parts add up to the total.
constexpr std::int64_t share(std::int64_t total, std::int64_t row, std::int64_t rows) { return total * row / rows; }

/// The time of row `row` of a log of `rows` rows, in microseconds since 1970: they never fall, cover the 30 days, and
/// there are more by day than by night. `jitter` is any 64 random bits.
std::int64_t time_of_row(std::int64_t row, std::int64_t rows, std::uint64_t jitter);

}  // namespace headrace::bench
