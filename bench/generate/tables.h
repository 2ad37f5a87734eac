// The rows of each table, made in pieces that depend on nothing but the scale and their place. Every function here may
// be called from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "bench/generate/world.h"

namespace headrace::bench {

/// An impression without its texts: what clicks and conversions need to know of it.
struct Impression {
  std::int64_t time;
  std::int64_t user_id;
  std::int64_t item_id;
  std::int64_t campaign_id;
  int device;  // the one used, even where the row says null
  bool device_is_null;
  bool bid_is_null;
  std::int64_t bid_micros;  // millionths of the currency
  int position;
};

/// Row `row` of the impressions; its id is row + 1.
Impression impression_at(const World& world, std::int64_t row);

/// Writes impressions from row `begin` to `end` as one file. Returns the bytes that the rows would have as CSV.
std::int64_t write_impressions(const World& world, const std::string& path, std::int64_t begin, std::int64_t end);
/// The same for visits, and for all users.
std::int64_t write_visits(const World& world, const std::string& path, std::int64_t begin, std::int64_t end);
std::int64_t write_users(const World& world, const std::string& path);

/// A piece of a text file, and the bytes that its rows would have as CSV.
struct TextChunk {
  std::string text;
  std::int64_t csv_bytes;
};

/// Clicks and conversions that follow from the impressions from row `begin` to `end`.
struct Answers {
  TextChunk clicks;
  TextChunk conversions;
};
Answers make_answers(const World& world, std::int64_t begin, std::int64_t end);

TextChunk make_items(const World& world, std::int64_t begin, std::int64_t end);
TextChunk make_campaigns(const World& world, std::int64_t begin, std::int64_t end);
/// Weather of the countries from `begin` to `end`.
TextChunk make_weather(std::int64_t begin, std::int64_t end);

}  // namespace headrace::bench
