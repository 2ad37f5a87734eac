// See schema_inference.h.
#include "headrace/io/tfrecord/schema_inference.h"

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

constexpr std::size_t kLookedAtBytes = 1 << 20;

struct Seen {
  FeatureKind kind = FeatureKind::kNone;
  bool is_list = false;
  bool is_text = true;
};

Type type_of(const Seen& seen) {
  Type type = seen.kind == FeatureKind::kInt64   ? TypeKind::kInt64
              : seen.kind == FeatureKind::kFloat ? TypeKind::kFloat32
              : seen.is_text                     ? TypeKind::kString
                                                 : TypeKind::kBinary;
  return seen.is_list ? Type::list(type) : type;
}

void look_at(std::string_view key, const FeatureValues& values, const std::string& path,
             std::map<std::string, Seen>& seen) {
  if (values.kind == FeatureKind::kNone) return;  // A feature that is missing says nothing.
  if (valid_utf8_bytes(key) != key.size()) {
    throw Error(ErrorCode::kBadData,
                fmt::format("cannot read '{}': the feature name {} is no UTF-8", path, excerpt(key)),
                "declare the columns to read in the source's schema");
  }
  Seen& column = seen[std::string(key)];
  if (column.kind != FeatureKind::kNone && column.kind != values.kind) {
    throw Error(ErrorCode::kBadData,
                fmt::format("cannot tell the type of column '{}' of '{}': its lists differ in kind", key, path),
                "declare the columns to read in the source's schema");
  }
  column.kind = values.kind;
  column.is_list = column.is_list || values.size() != 1;
  for (std::string_view text : values.texts) column.is_text = column.is_text && valid_utf8_bytes(text) == text.size();
}

bool look_at_file(const FileInfo& file, const SourceContext& context, std::map<std::string, Seen>& seen) {
  RecordWindow window(context.fs->open(file.path), *context.memory);
  FeatureValues values;
  std::size_t looked_at = 0;
  bool any = false;
  while (looked_at < kLookedAtBytes) {
    std::span<const std::string_view> records = window.next(64);
    if (records.empty()) break;
    for (std::size_t i = 0; i < records.size() && looked_at < kLookedAtBytes; ++i) {
      window.check(i);
      looked_at += records[i].size() + kRecordHeaderBytes + kRecordTrailerBytes;
      any = true;
      bool parsed = true;
      bool is_example = visit_features(records[i], [&](std::string_view key, std::string_view feature) {
        parsed = parsed && parse_feature(feature, values);
        if (parsed) look_at(key, values, file.path, seen);
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
  for (const FileInfo& file : files) {
    if (!look_at_file(file, context, seen)) continue;
    std::vector<Field> fields;
    for (const auto& [name, column] : seen) fields.push_back({name, type_of(column)});
    return fields;
  }
  throw Error(ErrorCode::kBadData,
              fmt::format("cannot tell the columns of '{}': it holds no record", files.front().path),
              "declare the columns in the source's schema");
}

}  // namespace headrace
