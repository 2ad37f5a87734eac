// See feature_lists_decoder.h.
#include "headrace/io/tfrecord/feature_lists_decoder.h"

#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/tfrecord/feature_lists_encoder.h"

namespace headrace {
namespace {

/// Where an empty feature list points.
constexpr char kPresent = 0;

/// Appends an integer as a value of `type`; false when it does not fit.
bool append_int(ColumnBuilder& builder, const Type& type, std::int64_t value) {
  if (type.kind() == TypeKind::kBool) {
    builder.append<std::uint8_t>(value == 1 ? 1 : 0);
    return value == 0 || value == 1;
  }
  if (type.kind() == TypeKind::kDate) {
    builder.append(static_cast<std::int32_t>(value));
    return value >= INT32_MIN && value <= INT32_MAX;
  }
  builder.append(value);
  return true;
}

}  // namespace

FeatureListsDecoder::FeatureListsDecoder(std::vector<Field> columns, std::vector<std::size_t> gate_columns,
                                         MemoryBudget& memory) {
  HEADRACE_CHECK(columns.size() == gate_columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    FeatureKind kind = feature_list_kind(columns[i].type);
    HEADRACE_CHECK(kind != FeatureKind::kNone);
    columns_.push_back({columns[i], gate_columns[i], kind, ColumnBuilder(memory, columns[i].type), {}});
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) by_name_.emplace(columns_[i].field.name, i);
}

void FeatureListsDecoder::start() { row_count_ = 0; }

void FeatureListsDecoder::decode(std::span<const std::string_view> records, std::vector<RowProblem>& problems) {
  if (columns_.empty()) return;
  for (std::string_view record : records) {
    for (Target& target : columns_) target.found = {};
    bool is_valid = visit_feature_lists(record, [&](std::string_view key, std::string_view list) {
      auto found = by_name_.find(key);
      if (found == by_name_.end()) return;
      columns_[found->second].found = list.data() == nullptr ? std::string_view(&kPresent, 1).substr(0, 0) : list;
    });
    if (!is_valid) {
      problems.push_back(
          {row_count_, RowProblem::kWholeRow, "malformed", "the record is no tf.train.SequenceExample", {}});
    }
    for (Target& target : columns_) {
      if (!is_valid) target.found = {};
      decode_row(target, problems);
    }
    ++row_count_;
  }
}

void FeatureListsDecoder::decode_row(Target& target, std::vector<RowProblem>& problems) {
  if (target.found.data() == nullptr) return target.builder.append_null();
  if (const char* fault = parse_steps(target)) {
    problems.push_back({row_count_, target.gate_column, "cast", fault, {}});
    return target.builder.append_null();
  }
  ColumnBuilder& lists = target.builder.child(0);
  ColumnBuilder& values = lists.child(0);
  const Type& type = values.type();
  bool fits = true;
  for (std::size_t i = 0; i < step_count_; ++i) {
    for (std::int64_t value : steps_[i].ints) fits = append_int(values, type, value) && fits;
    for (float value : steps_[i].floats) values.append(value);
    for (std::string_view text : steps_[i].texts) values.append_string(text);
    lists.append_list_end();
  }
  target.builder.append_list_end();
  if (!fits) {
    problems.push_back(
        {row_count_, target.gate_column, "cast", fmt::format("a value does not fit {}", type.to_string()), {}});
  }
}

const char* FeatureListsDecoder::parse_steps(const Target& target) {
  step_count_ = 0;
  const char* fault = nullptr;
  bool is_valid = visit_steps(target.found, [&](std::string_view feature) {
    if (step_count_ == steps_.size()) steps_.emplace_back();
    FeatureValues& values = steps_[step_count_++];
    if (!parse_feature(feature, values)) {
      fault = "one of its features is no valid protobuf message";
    } else if (values.kind != FeatureKind::kNone && values.kind != target.kind) {
      fault = "one of its features holds values of another kind";
    }
  });
  return is_valid ? fault : "its feature list is no valid protobuf message";
}

std::vector<Column> FeatureListsDecoder::finish() {
  std::vector<Column> columns;
  for (Target& target : columns_) columns.push_back(target.builder.finish());
  return columns;
}

}  // namespace headrace
