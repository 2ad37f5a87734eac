// The table of file formats. See format.h.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/io/arrow_ipc/arrow_ipc.h"
#include "headrace/io/csv/csv.h"
#include "headrace/io/format.h"
#include "headrace/io/json/ndjson.h"
#include "headrace/io/mds/mds.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/tfrecord/tfrecord.h"

namespace headrace {
namespace {

constexpr std::array kFormats = {
    &kCsvFormat, &kNdjsonFormat, &kParquetFormat, &kTfrecordFormat, &kArrowIpcFormat, &kMdsFormat,
};

bool ends_with_ignoring_case(std::string_view text, std::string_view ending) {
  if (text.size() < ending.size()) return false;
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(ending.begin(), ending.end(), text.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::span<const Format* const> all_formats() { return kFormats; }

const Format& format_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Format* format : kFormats) {
    if (format->name == name) return *format;
    names.emplace_back(format->name);
  }
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("unknown format '{}'", name), name_hint(name, names, "formats"));
}

void check_writable(const Format& format, const Schema& schema, const WriterOptions& options) {
  if (format.create == nullptr) {
    throw Error(ErrorCode::kUnsupported, fmt::format("files of format {} cannot be written", format.name));
  }
  if (options.index && format.sidecar_path == nullptr) {
    throw Error(ErrorCode::kUnsupported, fmt::format("files of format {} have no index", format.name),
                "leave out the index, or write tfrecord");
  }
  if (options.petastorm && format.name != "parquet") {
    throw Error(ErrorCode::kUnsupported, fmt::format("Petastorm reads no files of format {}", format.name),
                "leave out petastorm, or write parquet");
  }
  if (format.check_schema != nullptr) format.check_schema(schema, options);
}

const Format* format_of_path(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  for (const Format* format : kFormats) {
    if (!format->index_name.empty() && name == format->index_name) return format;
    for (std::string_view extension : format->extensions) {
      if (ends_with_ignoring_case(path, extension)) return format;
    }
  }
  return nullptr;
}

}  // namespace headrace
