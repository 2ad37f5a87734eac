// See run_outputs.h.
#include "headrace/frame/run_outputs.h"

#include <utility>

#include "headrace/expr/shared_parts.h"
#include "headrace/frame/lineage.h"
#include "headrace/frame/run.h"
#include "headrace/frame/version.h"

namespace headrace {
namespace {

/// Of each source and kind of mistake, and the bytes of each.
constexpr std::int64_t kQuarantineSamples = 3;
constexpr std::size_t kSampleBytesMax = 500;

}  // namespace

void RunOutputs::describe_sources(const PreparedPipeline& prepared) {
  for (const SourceSpec& source : pipeline_.sources) {
    lineage_.push_back(lineage_of(source.name, prepared.readers.at(source.name)->files(), *options_.fs));
  }
}

void RunOutputs::take_state(const FeatureSet& features, std::int64_t fitted_row_count, bool is_new) {
  FittedState state = features.state(fitted_row_count);
  is_state_new_ = is_new;
  state_json_ = state.to_json();
  // The text, the state and the expressions made of it hold each word of a vocabulary.
  state_bytes_ = Reservation(*options_.context.memory, 3 * state_json_.size(), "the fitted state");
  report_.fitted_state_digest = state.digest();
  for (const auto& [name, fitted] : features.describe()) report_.features.push_back({name, fitted});
}

void RunOutputs::open(const FeatureSet& features) {
  for (const OutputColumn& output : features.output_columns()) {
    columns_.push_back({output.field, output.role, output.shape, output.id_count});
  }
  schema_ = encoded_schema(features);
  for (const OutputSpec& output : pipeline_.outputs) {
    const Format& format = format_named(output.format);
    writers_.push_back(std::make_unique<DataSetWriter>(options_.fs, output.path, format, *schema_,
                                                       data_set_options(output), report_.run_id));
    writers_.back()->check_extends(manifest_of(output));
  }
}

std::vector<ShardTarget> RunOutputs::targets() const {
  std::vector<ShardTarget> targets;
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    targets.push_back({&writers_[i]->shards(), pipeline_.outputs[i].layout});
  }
  return targets;
}

void RunOutputs::take_written(WrittenShards written) {
  written_ = std::move(written);
  describe_columns(written_, columns_);
  report_.row_digest = written_.row_digest;
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    report_.outputs.push_back(
        {pipeline_.outputs[i].path, pipeline_.outputs[i].format, written_.parts[i], writers_[i]->is_exclusive()});
  }
}

std::int64_t RunOutputs::bytes_written() const {
  std::int64_t bytes = 0;
  for (const std::vector<Part>& parts : written_.parts) {
    for (const Part& part : parts) bytes += part.size_bytes();
  }
  return bytes;
}

void RunOutputs::write_bad_rows(const std::map<std::string, std::vector<BadRow>>& bad_rows) {
  quarantine_ = write_quarantine(pipeline_, bad_rows, options_, report_);
}

void RunOutputs::publish() {
  options_.context.cancellation->check();
  if (quarantine_) {
    quarantine_->publish();
    report_.quarantine_path = pipeline_.quarantine_path;
  }
  if (is_state_new_ && !pipeline_.state_path.empty()) {
    options_.fs->put(pipeline_.state_path + "/state.json", state_json_);
    report_.state_path = pipeline_.state_path;
  } else {
    report_.state_path = options_.state_path;
  }
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    Manifest manifest = manifest_of(pipeline_.outputs[i]);
    manifest.parts = written_.parts[i];
    manifest.row_digest = written_.row_digest;
    writers_[i]->publish(manifest);
  }
}

Manifest RunOutputs::manifest_of(const OutputSpec& output) const {
  Manifest manifest;
  manifest.name = pipeline_.name;
  manifest.format = output.format;
  manifest.columns = columns_;
  manifest.partition_by = output.layout.order.partition_by;
  manifest.fitted_state_digest = report_.fitted_state_digest;
  manifest.sources = lineage_;
  manifest.run_id = report_.run_id;
  manifest.created_at = report_.started_at;
  manifest.headrace_version = kHeadraceVersion;
  return manifest;
}

std::shared_ptr<const Schema> encoded_schema(const FeatureSet& features) {
  std::vector<Field> fields;
  for (const OutputColumn& output : features.output_columns()) fields.push_back(output.field);
  return std::make_shared<const Schema>(std::move(fields));
}

EncodedColumns encoded_columns(const FeatureSet& features, const Schema& rows, std::shared_ptr<const Schema> schema) {
  EncodedColumns encoded{{}, std::move(schema)};
  for (const Expr& expr : features.expressions()) encoded.exprs.push_back(bind(expr, rows));
  encoded.exprs = share_equal_parts(encoded.exprs);
  return encoded;
}

std::vector<SourceReport> source_reports(const PreparedPipeline& prepared, const std::vector<OperatorReport>& operators,
                                         const std::map<std::string, std::vector<BadRow>>& bad_rows) {
  std::vector<SourceReport> reports;
  for (const SourceSpec& source : prepared.pipeline.sources) {
    SourceReport report{source.name, prepared.readers.at(source.name)->files(), {}, {}, {}};
    for (const OperatorReport& op : operators) {
      if (op.kind == "scan" && op.source == source.name) report.counts.add(op.scan);
    }
    static const std::vector<BadRow> kNone;
    auto bad = bad_rows.find(source.name);
    for (const BadRow& row : bad != bad_rows.end() ? bad->second : kNone) {
      if (++report.quarantined_by_kind[row.kind] > kQuarantineSamples) continue;
      report.quarantine_samples.push_back(row);
      std::string& text = report.quarantine_samples.back().text;
      if (text.size() > kSampleBytesMax) text.resize(kSampleBytesMax);
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace headrace
