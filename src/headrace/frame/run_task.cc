// See run_task.h.
#include "headrace/frame/run_task.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/path_scheme.h"
#include "headrace/exec/contract_check.h"
#include "headrace/exec/executor.h"
#include "headrace/frame/run_outputs.h"
#include "headrace/io/fs/routed_file_system.h"
#include "headrace/io/stream_source.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

constexpr const char* kRows = "rows";
constexpr std::int64_t kNoteBytesMax = std::int64_t{1} << 40;

/// A stream without rows.
class NoRows : public BatchStream {
 public:
  explicit NoRows(Schema schema) : schema_(std::make_shared<const Schema>(std::move(schema))) {}
  const std::shared_ptr<const Schema>& schema() const override { return schema_; }
  bool next(Batch&) override { return false; }

 private:
  std::shared_ptr<const Schema> schema_;
};

/// `open`, or no rows of `schema` where there is nothing to open.
RunTask::OpenRows or_no_rows(RunTask::OpenRows open, const Schema& schema) {
  if (open) return open;
  return [schema] { return std::make_unique<NoRows>(schema); };
}

RunContext one_thread(RunContext context) {
  context.thread_count = 1;
  return context;
}

}  // namespace

/// The columns of the data sets and where their shards go.
class RunTask::Encoding {
 public:
  Encoding(const Pipeline& pipeline, std::unique_ptr<PreparedPipeline> prepared, const std::string& state,
           const std::string& run_id, const std::shared_ptr<FileSystem>& fs, const RunContext& context)
      : state_path(state), prepared_(std::move(prepared)) {
    FeatureSet& features = *prepared_->features;
    if (!features.is_fitted()) {
      std::string text = read_text(*fs, state_path);
      features.load_state(FittedState::from_json(text, state_path));
    }
    columns = encoded_columns(features, prepared_->feature_root->schema, encoded_schema(features));
    for (const OutputSpec& output : pipeline.outputs) {
      files.push_back(std::make_unique<ShardFiles>(fs, output.path, format_named(output.format), *columns.schema,
                                                   data_set_options(output), run_id));
    }
    encoder = std::make_unique<ShardEncoder>(columns, context);
  }

  const Schema& rows() const { return prepared_->feature_root->schema; }

  std::string state_path;
  EncodedColumns columns;
  std::vector<std::unique_ptr<ShardFiles>> files;  // by output
  std::unique_ptr<ShardEncoder> encoder;

 private:
  std::unique_ptr<PreparedPipeline> prepared_;
};

RunTask::RunTask(const std::string& plan, const RunContext& context)
    : plan_(TaskPlan::from_json(plan)), context_(one_thread(context)), fs_(routed_file_system(plan_.storage)) {
  pipeline_.name = plan_.name;
  pipeline_.storage = plan_.storage;
  SourceSpec rows;
  rows.name = plan_.feature_table == kRows ? "rows of the engine" : kRows;
  rows.format = kMemoryFormat;
  TableSpec table;
  table.name = plan_.feature_table;
  table.from = rows.name;
  for (const std::string& step : plan_.steps) table.steps.push_back(parse_step(step));
  pipeline_.sources.push_back(std::move(rows));
  pipeline_.tables.push_back(std::move(table));
  pipeline_.feature_table = plan_.feature_table;
  add_sections(pipeline_, plan_.sections);
}

RunTask::~RunTask() = default;

std::unique_ptr<PreparedPipeline> RunTask::prepare(const OpenRows& open) const {
  MemorySources sources;
  sources[pipeline_.sources[0].name] = stream_source(plan_.rows, or_no_rows(open, plan_.rows), context_.memory);
  return std::make_unique<PreparedPipeline>(pipeline_, plan_.table, fs_, context_, sources);
}

void RunTask::write_keyed(const FitPart& part, const std::string& path, std::size_t key_parts) {
  ByteWriter out;
  for (std::size_t i = 0; i < key_parts; ++i) out.put_text(part.keyed(i, key_parts));
  fs_->put(path, out.bytes());
}

std::string RunTask::spool(const OpenRows& open, const std::string& prefix, const std::string& round,
                           std::size_t key_parts) {
  std::unique_ptr<PreparedPipeline> prepared = prepare(open);
  const Schema& schema = prepared->feature_root->schema;
  auto shared_schema = std::make_shared<const Schema>(schema);
  PartAssigner assigner(pipeline_.split, schema);
  std::string fit_part = pipeline_.split ? pipeline_.split->fit_part : assigner.parts()[0];
  std::unique_ptr<FitPart> fit;
  if (!round.empty()) fit = std::make_unique<FitPart>(*prepared->features, round, shared_schema, *context_.memory);
  SharedSpoolSink spool(assigner, shared_schema, prefix, fit.get(), fit_part, *fs_, context_);
  std::unique_ptr<ContractCheck> check;
  if (pipeline_.contract) check = std::make_unique<ContractCheck>(*pipeline_.contract, schema, &spool, context_);
  Executor executor(prepared->roots(), prepared->reader_map(), context_);
  executor.run(prepared->feature_root, check ? static_cast<Sink&>(*check) : spool);

  SpoolResult result;
  result.files = spool.finish();
  result.rows_left_out = spool.rows_left_out();
  if (check) result.contract = check->result();
  if (fit) {
    result.fixed = fit->fixed();
    result.keyed_path = prefix + "-keyed";
    write_keyed(*fit, result.keyed_path, key_parts);
  }
  return to_bytes(result);
}

std::string RunTask::fit(const std::string& files, const std::string& prefix, const std::string& round,
                         std::size_t key_parts) {
  std::unique_ptr<PreparedPipeline> prepared = prepare({});
  const Schema& schema = prepared->feature_root->schema;
  std::vector<SpoolFile> some = spool_files(files);
  std::int64_t rows = 0;
  for (const SpoolFile& file : some) rows += file.row_count;
  FitPart part(*prepared->features, round, std::make_shared<const Schema>(schema), *context_.memory);
  read_spool(some, schema, 0, rows, fs_, context_, [&](const Batch& batch) { part.add(batch); });
  SpoolResult result;
  result.fixed = part.fixed();
  result.keyed_path = prefix + "-keyed";
  write_keyed(part, result.keyed_path, key_parts);
  return to_bytes(result);
}

std::vector<std::string> RunTask::read_keyed(const std::string& path) {
  std::string bytes = read_text(*fs_, path, kNoteBytesMax);
  ByteReader in(bytes, "counts of words");
  std::vector<std::string> parts;
  while (!in.is_at_end()) parts.emplace_back(in.get_text());
  return parts;
}

std::string RunTask::merge_keyed(const std::string& round, const std::vector<std::string>& parts) {
  std::unique_ptr<PreparedPipeline> prepared = prepare({});
  return headrace::merge_keyed(*prepared->features, round, parts, *context_.memory);
}

const RunTask::Encoding& RunTask::encoding(const std::string& state) {
  if (!encoding_ || encoding_->state_path != state) {
    encoding_ = std::make_unique<Encoding>(pipeline_, prepare({}), state, plan_.run_id, fs_, context_);
  }
  return *encoding_;
}

std::string RunTask::write(const std::string& bytes, const std::string& state) {
  ShardOrder order = shard_order(bytes);
  const Encoding& encoding = this->encoding(state);
  PartAssigner assigner(pipeline_.split, encoding.rows());
  ShardPlace place{assigner.parts().at(order.part), {}, order.shard, order.shard_count};
  std::vector<std::unique_ptr<FileWriter>> files;
  for (std::size_t output : order.outputs) {
    files.push_back(encoding.files.at(output)->open_shard(place, *context_.memory));
  }
  WriteResult result;
  bool counts_rows = order.outputs.front() == 0;
  read_spool(order.files, encoding.rows(), order.begin, order.end, fs_, context_,
             [&](const Batch& rows) { encoding.encoder->write(rows, files, result.totals, counts_rows); });
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::size_t output = order.outputs[i];
    Shard shard;
    shard.file = encoding.files[output]->shard_file(place);
    shard.summary = files[i]->finish();
    result.shards.push_back({output, order.part, std::move(shard)});
  }
  return to_bytes(result);
}

std::string RunTask::write_ordered(const std::string& bytes, const std::string& state) {
  OrderedOutputs order = ordered_outputs(bytes);
  const Encoding& encoding = this->encoding(state);
  auto schema = std::make_shared<const Schema>(encoding.rows());
  std::vector<std::string> names = PartAssigner(pipeline_.split, encoding.rows()).parts();
  std::vector<std::unique_ptr<Spool>> parts;
  for (const std::vector<SpoolFile>& files : order.files) {
    Spool& part = *parts.emplace_back(std::make_unique<Spool>(schema, context_));
    part.start(1);
    std::int64_t rows = 0;
    for (const SpoolFile& file : files) rows += file.row_count;
    read_spool(files, encoding.rows(), 0, rows, fs_, context_, [&](const Batch& batch) { part.append(batch, 0); });
    part.finish();
  }
  std::vector<ShardTarget> targets;
  for (std::size_t output : order.outputs) {
    targets.push_back({encoding.files.at(output).get(), pipeline_.outputs.at(output).layout});
  }
  WrittenShards written = write_shards(names, parts, encoding.columns, targets, context_);
  WriteResult result;
  for (std::size_t i = 0; i < order.outputs.size(); ++i) {
    for (std::size_t part = 0; part < written.parts[i].size(); ++part) {
      for (Shard& shard : written.parts[i][part].shards) {
        result.shards.push_back({order.outputs[i], part, std::move(shard)});
      }
    }
  }
  if (order.outputs.front() == 0) {
    result.totals.digest = RowDigest::from_string(written.row_digest);
    result.totals.columns = written.columns;
    result.totals.row_count = written.row_count;
  }
  result.totals.encode_seconds = written.encode_seconds;
  result.totals.write_seconds = written.write_seconds;
  return to_bytes(result);
}

std::string check_contract(const std::string& contract, const RunTask::OpenRows& open, const RunContext& context) {
  Json json = parse_json(contract, "a contract");
  Pipeline pipeline;
  pipeline.name = "contract";
  SourceSpec rows;
  rows.name = json.at("table");
  rows.format = kMemoryFormat;
  pipeline.sources.push_back(rows);
  pipeline.tables.push_back({"nothing", rows.name, {}, {}});
  pipeline.feature_table = "nothing";
  add_sections(pipeline, json.at("sections").get<std::string>());
  Schema schema = schema_of(json.at("rows"));
  ContractCheck check(*pipeline.contract, schema, nullptr, context);
  check.start(1, 1);
  std::unique_ptr<SourceReader> source = stream_source(schema, or_no_rows(open, schema), context.memory);
  std::unique_ptr<SplitStream> stream = source->open_split(0, {schema.names(), {}});
  for (Batch batch; stream->next(batch);) check.consume(batch, 0, 0);
  SpoolResult result;
  result.contract = check.result();
  return to_bytes(result);
}

namespace {

std::shared_ptr<SourceReader> open_split_range(const std::string& name, const std::string& source,
                                               const StorageOptions& storage, std::size_t begin, std::size_t end,
                                               const std::string& files, const std::shared_ptr<ScanTally>& tally) {
  SourceSpec spec = parse_source(source, name);
  std::shared_ptr<SourceReader> reader = open_source(spec, {routed_file_system(storage), MemoryBudget::create()});
  if (files_digest(reader->files()) != files) {
    throw Error(ErrorCode::kBadData,
                fmt::format("the files of the source '{}' are others here than where the run began", name),
                "let nothing write to them while a pipeline runs, and let all executors see the same files");
  }
  return split_range(std::move(reader), begin, end, tally);
}

}  // namespace

SplitScan::SplitScan(const std::string& name, const std::string& source, const StorageOptions& storage,
                     std::size_t begin, std::size_t end, const std::string& files)
    : tally_(std::make_shared<ScanTally>(end - begin)),
      frame_(LazyFrame::of_rows(name, open_split_range(name, source, storage, begin, end, files, tally_))) {}

std::string SplitScan::tally() const {
  ScanCounts counts = tally_->counts();
  Json json = {{"counts",
                {counts.rows_read, counts.rows_delivered, counts.rows_quarantined, counts.rows_dropped,
                 counts.rows_skipped, counts.values_nulled, counts.bytes_read}},
               {"bad_rows", Json::array()}};
  for (const BadRow& row : tally_->bad_rows()) {
    // The text may be no UTF-8.
    std::vector<std::uint8_t> text(row.text.begin(), row.text.end());
    json["bad_rows"].push_back({row.file, row.line, row.byte_offset, row.column, row.kind, row.message, text});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void read_tally(const std::string& text, ScanCounts& counts, std::vector<BadRow>& bad_rows) {
  Json json = Json::parse(text);
  const Json& numbers = json.at("counts");
  ScanCounts read{numbers.at(0), numbers.at(1), numbers.at(2), numbers.at(3),
                  numbers.at(4), numbers.at(5), numbers.at(6)};
  counts.add(read);
  for (const Json& row : json.at("bad_rows")) {
    auto bytes = row.at(6).get<std::vector<std::uint8_t>>();
    bad_rows.push_back(
        {row.at(0), row.at(1), row.at(2), row.at(3), row.at(4), row.at(5), std::string(bytes.begin(), bytes.end())});
  }
}

void put_text(const std::string& path, const std::string& text, const StorageOptions& storage) {
  routed_file_system(storage)->put(path, text);
}

std::vector<std::string> texts_in(const std::string& folder, const std::string& prefix, const StorageOptions& storage) {
  std::shared_ptr<FileSystem> fs = routed_file_system(storage);
  std::vector<std::string> texts;
  if (fs->info(folder).kind != FileInfo::Kind::kFolder) return texts;
  for (const FileInfo& file : fs->list(folder)) {
    bool is_wanted = file.path.substr(file.path.rfind('/') + 1).starts_with(prefix);
    if (is_wanted) texts.push_back(read_text(*fs, file.path, kNoteBytesMax));
  }
  return texts;
}

bool has_file(const std::string& path, const StorageOptions& storage) {
  return routed_file_system(storage)->info(path).kind == FileInfo::Kind::kFile;
}

std::string absolute_path(const std::string& path) {
  if (path.empty() || !scheme_of(path).empty()) return path;
  return std::filesystem::absolute(path).lexically_normal().generic_string();
}

std::string files_digest(const std::vector<FileInfo>& files) {
  std::string text;
  for (const FileInfo& file : files) text += fmt::format("{} {}\n", absolute_path(file.path), file.size_bytes);
  return text_digest(text);
}

}  // namespace headrace
