// Opening sources of JSON lines. See ndjson.h.
#include "headrace/io/json/ndjson.h"

#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/json/reader.h"
#include "headrace/io/reduced_split.h"
#include "headrace/io/row_gate.h"
#include "headrace/io/text/text_window.h"

namespace headrace {
namespace {

class NdjsonReader : public SourceReader {
 public:
  NdjsonReader(NdjsonTable table, SourceSplits splits, const SourceContext& context)
      : table_(std::move(table)), splits_(std::move(splits)), context_(context) {}

  const Schema& schema() const override { return table_.schema; }
  std::size_t split_count() const override { return splits_.split_count(); }
  const std::vector<FileInfo>& files() const override { return splits_.files(); }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, context_.memory);
    std::size_t file = 0;
    SplitText text = splits_.read(split_index, file);
    return make_ndjson_stream(table_, splits_.files()[file], std::move(text), request, context_);
  }

 private:
  NdjsonTable table_;
  SourceSplits splits_;
  SourceContext context_;
};

bool can_hold(const Type& type) {
  if (type.kind() == TypeKind::kBinary || type.kind() == TypeKind::kNull) return false;
  for (const Field& field : type.fields()) {
    if (!can_hold(field.type)) return false;
  }
  return true;
}

void check_types(const std::vector<Field>& declared) {
  for (const Field& field : declared) {
    if (can_hold(field.type)) continue;
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("column '{}' is declared as {}, which JSON lines cannot hold", field.name, field.type.to_string()),
        "declare texts as string");
  }
}

std::unique_ptr<SourceReader> open_ndjson(const SourceSpec& spec, std::vector<FileInfo> infos,
                                          const SourceContext& context) {
  HEADRACE_CHECK(!infos.empty());
  check_types(spec.declared);
  std::vector<Field> fields = spec.declared;
  bool is_inferred = fields.empty();
  if (is_inferred) fields = infer_json_fields(infos.front(), context);
  std::vector<ColumnRule> rules = rules_with_nullability(Schema(spec.declared), spec.rules);
  Schema schema = schema_with_nullability(std::move(fields), rules);
  SourceSplits splits;
  for (const FileInfo& info : infos) {
    std::unique_ptr<InputFile> file = context.fs->open(info.path);
    TextWindow start(*file, info.size_bytes, 0, 4, *context.memory);
    RowStart first{.byte_offset = byte_order_mark_bytes(start.text(), info.path), .line = 1};
    splits.add(std::make_unique<FileSplits>(info, first, kJsonLines, context));
  }
  RuleCheck rule_check(schema, rules);
  NdjsonTable table{.spec = spec,
                    .schema = std::move(schema),
                    .is_inferred = is_inferred,
                    .rules = std::move(rules),
                    .rule_check = std::move(rule_check)};
  return std::make_unique<NdjsonReader>(std::move(table), std::move(splits), context);
}

}  // namespace

const Format kNdjsonFormat = {
    .name = "ndjson",
    .extensions = {".ndjson", ".jsonl"},
    .open = open_ndjson,
    .check_schema = nullptr,
    .create = nullptr,
};

}  // namespace headrace
