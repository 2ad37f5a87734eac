// See convert.h. Each part is read into a spool, as a run reads its table, and written from there, so that shards are
// cut and threads are used as in a run.
#include "headrace/frame/convert.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/bad_alloc.h"
#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/exec/order_rows.h"
#include "headrace/exec/split_rows.h"
#include "headrace/exec/write_shards.h"
#include "headrace/feature/feature_set.h"
#include "headrace/frame/lineage.h"
#include "headrace/frame/prepare.h"
#include "headrace/frame/run_id.h"
#include "headrace/frame/version.h"
#include "headrace/plan/node.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

/// The rows of one part, as a plan of one scan.
struct SourcePart {
  std::string name;
  std::unique_ptr<SourceReader> reader;
  NodePtr scan;
};

class Converter {
 public:
  Converter(const std::string& source, const std::string& target, const ConvertOptions& options)
      : source_(source), target_(target), options_(options) {}

  Conversion convert() {
    if (source_manifest_ = read_manifest(*options_.fs, source_); source_manifest_) {
      data_set_source(*source_manifest_, source_, options_.part);  // so that a part that is not there is told
      for (const Part& part : source_manifest_->parts) {
        if (options_.part.empty() || part.name == options_.part) {
          open_part(part.name, data_set_source(*source_manifest_, source_, part.name));
        }
      }
    } else if (options_.part.empty()) {
      SourceSpec spec;
      spec.paths = {source_};
      open_part("all", std::move(spec));
    } else {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("'{}' is no data set, so it has no part '{}'", source_, options_.part),
                  "leave out --part");
    }
    if (parts_.empty()) {
      throw Error(ErrorCode::kBadData, fmt::format("the data set '{}' has no parts", source_));
    }
    const Format& format = format_named(options_.format);
    auto schema = std::make_shared<const Schema>(parts_[0].reader->schema());
    std::string run_id = options_.run_id.empty() ? make_run_id() : options_.run_id;
    const std::vector<std::string>& partition_by = options_.layout.order.partition_by;
    check_order(options_.layout.order, *schema);
    DataSetWriter writer(options_.fs, target_, format, *schema, {options_.writer, partition_by}, run_id);

    std::vector<std::unique_ptr<Spool>> rows = read_parts();
    WrittenShards written =
        write_shards(part_names(), rows, as_they_are(schema), {{&writer.shards(), options_.layout}}, options_.context);
    Manifest manifest = describe(*schema);
    describe_columns(written, manifest.columns);
    manifest.format = format.name;
    manifest.partition_by = partition_by;
    manifest.parts = std::move(written.parts[0]);
    manifest.row_digest = written.row_digest;
    manifest.run_id = run_id;
    manifest.created_at = utc_text_now();
    manifest.headrace_version = kHeadraceVersion;
    check_digest(manifest);
    writer.publish(manifest);
    return {source_, target_, std::move(manifest), counts_, 0, writer.is_exclusive()};
  }

 private:
  void open_part(const std::string& name, SourceSpec spec) {
    spec.name = source_manifest_ ? fmt::format("{} ({})", source_, name) : source_;
    spec.on_error = options_.on_error;
    std::unique_ptr<SourceReader> reader = open_source(spec, {options_.fs, options_.context.memory});
    NodePtr scan = make_scan(spec.name, reader->schema(), "read " + spec.name);
    parts_.push_back({name, std::move(reader), std::move(scan)});
  }

  std::vector<std::unique_ptr<Spool>> read_parts() {
    std::vector<NodePtr> roots;
    std::map<std::string, const SourceReader*> readers;
    for (const SourcePart& part : parts_) {
      roots.push_back(part.scan);
      readers[std::get<ScanNode>(part.scan->kind).source] = part.reader.get();
    }
    Executor executor(roots, readers, options_.context);
    std::vector<std::unique_ptr<Spool>> rows;
    for (const SourcePart& part : parts_) {
      PartAssigner all({}, part.scan->schema);
      PartSink sink(all, std::make_shared<const Schema>(part.scan->schema), options_.context);
      executor.run(part.scan, sink);
      rows.push_back(std::move(sink.result()[0]));
      if (options_.rows) rows.back()->keep_first(*options_.rows);
    }
    for (const OperatorReport& report : executor.reports()) counts_.add(report.scan);
    check_row_accounting(executor.reports());
    return rows;
  }

  std::vector<std::string> part_names() const {
    std::vector<std::string> names;
    for (const SourcePart& part : parts_) names.push_back(part.name);
    return names;
  }

  /// What the new manifest says of the columns: as the old one does, or as a pipeline without features would.
  Manifest describe(const Schema& schema) const {
    Manifest manifest;
    if (source_manifest_) {
      manifest.name = source_manifest_->name;
      manifest.columns = source_manifest_->columns;
      manifest.sources = source_manifest_->sources;
      manifest.fitted_state_digest = source_manifest_->fitted_state_digest;
      return manifest;
    }
    manifest.name = source_;
    for (const SourcePart& part : parts_) {
      manifest.sources.push_back(lineage_of(source_, part.reader->files(), *options_.fs));
    }
    FeatureSet features(pass_through_features(schema), schema);
    for (const OutputColumn& output : features.output_columns()) {
      manifest.columns.push_back({output.field, output.role, output.shape, output.id_count});
    }
    return manifest;
  }

  /// Whether the rows are those that the source's manifest promised.
  void check_digest(const Manifest& manifest) const {
    bool is_whole = source_manifest_ && options_.part.empty() && !options_.rows && counts_.rows_dropped == 0 &&
                    counts_.values_nulled == 0;
    if (!is_whole || source_manifest_->row_digest.empty() || manifest.row_digest == source_manifest_->row_digest)
      return;
    throw Error(ErrorCode::kBadData,
                fmt::format("the rows of '{}' have the digest {}, its manifest says {}", source_, manifest.row_digest,
                            source_manifest_->row_digest),
                fmt::format("see what is damaged: headrace verify {}", source_));
  }

  const std::string& source_;
  const std::string& target_;
  const ConvertOptions& options_;
  std::optional<Manifest> source_manifest_;
  std::vector<SourcePart> parts_;
  ScanCounts counts_;
};

}  // namespace

Conversion convert(const std::string& source, const std::string& target, const ConvertOptions& options) {
  auto start = std::chrono::steady_clock::now();
  Conversion result = without_bad_alloc([&] { return Converter(source, target, options).convert(); });
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

std::string Conversion::to_text() const {
  std::string text =
      fmt::format("{}: {} rows as {}, {}, in {:.1f} s\n", target, format_count(manifest.row_count()), manifest.format,
                  format_bytes(static_cast<std::size_t>(manifest.size_bytes())), seconds);
  for (const Part& part : manifest.parts) {
    text +=
        fmt::format("part {}: {} rows in {} shards\n", part.name, format_count(part.row_count()), part.shards.size());
  }
  if (!is_exclusive) text += fmt::format("{}: no locks there: of two runs at once the last writer wins\n", target);
  if (counts.rows_dropped > 0) text += fmt::format("dropped: {} rows that could not be read\n", counts.rows_dropped);
  if (counts.values_nulled > 0)
    text += fmt::format("made null: {} values that could not be read\n", counts.values_nulled);
  return text;
}

std::string Conversion::to_json() const {
  Json json = {{"status", "ok"},
               {"source", source},
               {"target", target},
               {"format", manifest.format},
               {"rows", manifest.row_count()},
               {"bytes", manifest.size_bytes()},
               {"rows_read", counts.rows_read},
               {"rows_dropped", counts.rows_dropped},
               {"values_nulled", counts.values_nulled},
               {"row_digest", manifest.row_digest},
               {"run_id", manifest.run_id},
               {"second_writer", is_exclusive ? "excluded" : "last writer wins"},
               {"seconds", seconds}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace headrace
