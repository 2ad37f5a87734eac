// See mds_config.h.
#include "headrace/io/mds/mds_config.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

constexpr std::int64_t kVersion = 2;
constexpr int kDepthMax = 4;

std::string text_at(const StrictJsonObject& config, const char* key, std::size_t index) {
  const StrictJson& value = config.list(key)[index];
  if (!value.is_string() || value.get<std::string>().size() > StrictJsonObject::kTextBytesMax) {
    config.refuse(fmt::format("{}[{}]", key, index), "a text is wanted");
  }
  return value.get<std::string>();
}

std::int64_t size_at(const StrictJsonObject& config, const MdsEncoding& encoding, std::size_t index) {
  const StrictJson& value = config.list("column_sizes")[index];
  bool is_size = value.is_null() || (value.is_number_unsigned() && value.get<std::uint64_t>() <= UINT32_MAX);
  std::int64_t size = is_size && !value.is_null() ? value.get<std::int64_t>() : 0;
  bool fits = is_size && (encoding.kind == MdsEncoding::Kind::kOther || size == encoding.size_bytes);
  if (!fits) {
    config.refuse(fmt::format("column_sizes[{}]", index),
                  fmt::format("{} is no size of {}", value.dump(), excerpt(encoding.text)));
  }
  return size;
}

}  // namespace

std::vector<MdsColumn> mds_columns(const Schema& schema) {
  std::vector<MdsColumn> columns;
  for (const Field& field : schema) {
    std::optional<std::string> text = mds_encoding_of(field.type);
    HEADRACE_CHECK(text.has_value());
    MdsEncoding encoding = parse_mds_encoding(*text);
    columns.push_back({field.name, encoding, encoding.size_bytes});
  }
  std::sort(columns.begin(), columns.end(), [](const MdsColumn& a, const MdsColumn& b) { return a.name < b.name; });
  return columns;
}

StrictJson mds_config(std::span<const MdsColumn> columns) {
  StrictJson names = StrictJson::array();
  StrictJson encodings = StrictJson::array();
  StrictJson sizes = StrictJson::array();
  for (const MdsColumn& column : columns) {
    names.push_back(column.name);
    encodings.push_back(column.encoding.text);
    sizes.push_back(column.size_bytes == 0 ? StrictJson() : StrictJson(column.size_bytes));
  }
  return {{"column_encodings", std::move(encodings)},
          {"column_names", std::move(names)},
          {"column_sizes", std::move(sizes)},
          {"compression", nullptr},
          {"format", "mds"},
          {"hashes", StrictJson::array()},
          {"size_limit", nullptr},
          {"version", kVersion}};
}

std::vector<MdsColumn> read_mds_columns(const StrictJsonObject& config) {
  if (config.text("format") != "mds") config.refuse("format", "it is not mds");
  if (config.count("version") != kVersion) {
    config.refuse("version", fmt::format("{} is not {}", config.count("version"), kVersion));
  }
  std::size_t count = config.list("column_names").size();
  if (config.list("column_encodings").size() != count || config.list("column_sizes").size() != count) {
    config.refuse("column_names", "names, encodings and sizes differ in number");
  }
  std::vector<MdsColumn> columns;
  std::set<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    MdsColumn column;
    column.name = text_at(config, "column_names", i);
    column.encoding = parse_mds_encoding(text_at(config, "column_encodings", i));
    column.size_bytes = size_at(config, column.encoding, i);
    if (!names.insert(column.name).second) {
      config.refuse("column_names", fmt::format("{} is named twice", excerpt(column.name)));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

std::vector<MdsColumn> parse_mds_config(std::string_view text) {
  StrictJson json = parse_strict_json(text, kDepthMax);
  StrictJsonObject config(
      json, "",
      {"column_encodings", "column_names", "column_sizes", "compression", "format", "hashes", "size_limit", "version"});
  return read_mds_columns(config);
}

}  // namespace headrace
