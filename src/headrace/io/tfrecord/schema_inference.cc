// See schema_inference.h.
#include "headrace/io/tfrecord/schema_inference.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/tfrecord/example_parse.h"
#include "headrace/io/tfrecord/record_window.h"

namespace headrace {
namespace {

/// Looked at of each file; fewer where there are many.
constexpr std::size_t kLookedAtBytes = 1 << 20;
constexpr std::size_t kLookedAtBytesMin = 1 << 14;
constexpr std::size_t kLookedAtBytesOfAll = 64 << 20;

struct Seen {
  FeatureKind kind = FeatureKind::kNone;
  bool is_list = false;
  bool is_list_of_lists = false;  // a feature list
  bool is_text = true;
};

Type type_of(const Seen& seen) {
  Type type = seen.kind == FeatureKind::kInt64   ? TypeKind::kInt64
              : seen.kind == FeatureKind::kFloat ? TypeKind::kFloat32
              : seen.is_text                     ? TypeKind::kString
                                                 : TypeKind::kBinary;
  if (seen.is_list_of_lists) return Type::list(Type::list(type));
  return seen.is_list ? Type::list(type) : type;
}

void look_at(std::string_view key, const FeatureValues& values, bool is_step, const std::string& path,
             std::map<std::string, Seen>& seen) {
  if (values.kind == FeatureKind::kNone) return;  // A feature that is missing says nothing.
  if (valid_utf8_bytes(key) != key.size()) {
    throw Error(ErrorCode::kBadData,
                fmt::format("cannot read '{}': the feature name {} is no UTF-8", path, excerpt(key)),
                "declare the columns to read in the source's schema");
  }
  Seen& column = seen[std::string(key)];
  bool differs = column.kind != values.kind || column.is_list_of_lists != is_step;
  if (column.kind != FeatureKind::kNone && differs) {
    throw Error(ErrorCode::kBadData,
                fmt::format("cannot tell the type of column '{}' of '{}': its lists differ in kind", key, path),
                "declare the columns to read in the source's schema");
  }
  column.kind = values.kind;
  column.is_list_of_lists = is_step;
  column.is_list = column.is_list || values.size() != 1;
  for (std::string_view text : values.texts) column.is_text = column.is_text && valid_utf8_bytes(text) == text.size();
}

bool look_at_file(const FileInfo& file, std::size_t bytes_max, const SourceContext& context,
                  std::map<std::string, Seen>& seen) {
  RecordWindow window(context.fs->open(file.path), *context.memory);
  FeatureValues values;
  std::size_t looked_at = 0;
  bool any = false;
  while (looked_at < bytes_max) {
    std::span<const std::string_view> records = window.next(64);
    if (records.empty()) break;
    for (std::size_t i = 0; i < records.size() && looked_at < bytes_max; ++i) {
      window.check(i);
      looked_at += records[i].size() + kRecordHeaderBytes + kRecordTrailerBytes;
      any = true;
      bool parsed = true;
      bool is_example = visit_features(records[i], [&](std::string_view key, std::string_view feature) {
        parsed = parsed && parse_feature(feature, values);
        if (parsed) look_at(key, values, /*is_step=*/false, file.path, seen);
      });
      is_example = is_example && visit_feature_lists(records[i], [&](std::string_view key, std::string_view list) {
                     parsed = visit_steps(list,
                                          [&](std::string_view feature) {
                                            parsed = parsed && parse_feature(feature, values);
                                            if (parsed) look_at(key, values, /*is_step=*/true, file.path, seen);
                                          }) &&
                              parsed;
                   });
      if (is_example && parsed) continue;
      throw Error(ErrorCode::kBadData,
                  fmt::format("cannot tell the columns of '{}': record {} is no tf.train.Example", file.path,
                              window.first_record() + static_cast<std::int64_t>(i) + 1),
                  "declare the columns to read in the source's schema, or check what wrote the file");
    }
  }
  return any;
}

}  // namespace

std::vector<Field> infer_tfrecord_schema(const std::vector<FileInfo>& files, const SourceContext& context) {
  std::map<std::string, Seen> seen;
  std::size_t bytes_max = std::clamp(kLookedAtBytesOfAll / files.size(), kLookedAtBytesMin, kLookedAtBytes);
  bool any = false;
  for (const FileInfo& file : files) any = look_at_file(file, bytes_max, context, seen) || any;
  if (any) {
    std::vector<Field> fields;
    for (const auto& [name, column] : seen) fields.push_back({name, type_of(column)});
    return fields;
  }
  throw Error(ErrorCode::kBadData,
              fmt::format("cannot tell the columns of '{}': it holds no record", files.front().path),
              "declare the columns in the source's schema");
}

}  // namespace headrace
