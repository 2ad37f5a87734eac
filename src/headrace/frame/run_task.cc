// See run_task.h.
#include "headrace/frame/run_task.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/path_scheme.h"
#include "headrace/exec/contract_check.h"
#include "headrace/exec/executor.h"
#include "headrace/exec/order_ranges.h"
#include "headrace/exec/order_rows.h"
#include "headrace/frame/run_outputs.h"
#include "headrace/io/format.h"
#include "headrace/io/fs/routed_file_system.h"
#include "headrace/io/stream_source.h"
#include "headrace/kernel/gather.h"
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

std::function<std::unique_ptr<BatchStream>()> no_rows(const Schema& schema) {
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
    copied = as_they_are(columns.schema);
    for (const OutputSpec& output : pipeline.outputs) {
      files.push_back(std::make_unique<ShardFiles>(fs, output.path, format_named(output.format), *columns.schema,
                                                   data_set_options(output), run_id));
    }
    encoder = std::make_unique<ShardEncoder>(columns, context);
    copier = std::make_unique<ShardEncoder>(copied, context);
  }

  const Schema& rows() const { return prepared_->feature_root->schema; }

  std::string state_path;
  EncodedColumns columns;
  EncodedColumns copied;                           // the same, as they are
  std::vector<std::unique_ptr<ShardFiles>> files;  // by output
  std::unique_ptr<ShardEncoder> encoder;
  std::unique_ptr<ShardEncoder> copier;  // of rows that are encoded already

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
  pipeline_.sources.push_back(std::move(rows));
  pipeline_.tables.push_back(std::move(table));
  pipeline_.feature_table = plan_.feature_table;
  add_sections(pipeline_, plan_.sections);
}

RunTask::~RunTask() = default;

std::unique_ptr<PreparedPipeline> RunTask::prepare(const LazyFrame* frame) const {
  if (frame == nullptr) {
    MemorySources sources;
    sources[pipeline_.sources[0].name] = stream_source(plan_.rows, no_rows(plan_.rows), context_.memory);
    return std::make_unique<PreparedPipeline>(pipeline_, plan_.table, fs_, context_, sources);
  }
  LazyFrame::Definition rows = frame->definition(plan_.feature_table);
  Pipeline pipeline = pipeline_;
  pipeline.sources = std::move(rows.pipeline.sources);
  pipeline.tables = std::move(rows.pipeline.tables);
  return std::make_unique<PreparedPipeline>(pipeline, plan_.table, fs_, context_, rows.memory);
}

void RunTask::write_keyed(const FitPart& part, const std::string& path, std::size_t key_parts) {
  ByteWriter out;
  for (std::size_t i = 0; i < key_parts; ++i) out.put_text(part.keyed(i, key_parts));
  fs_->put(path, out.bytes());
}

std::unique_ptr<TableProfile> RunTask::new_profile(const std::shared_ptr<const Schema>& schema) const {
  return plan_.statistics ? std::make_unique<TableProfile>(schema, context_) : nullptr;
}

std::string RunTask::put_profile(TableProfile* profile, const std::string& prefix) const {
  if (profile == nullptr) return {};
  std::string path = prefix + "-profile";
  fs_->put(path, profile->to_bytes());
  return path;
}

std::string RunTask::spool(const LazyFrame* frame, const std::string& prefix, const std::string& round,
                           std::size_t key_parts) {
  std::unique_ptr<PreparedPipeline> prepared = prepare(frame);
  const Schema& schema = prepared->feature_root->schema;
  auto shared_schema = std::make_shared<const Schema>(schema);
  PartAssigner assigner(pipeline_.split, schema);
  std::string fit_part = pipeline_.split ? pipeline_.split->fit_part : assigner.parts()[0];
  std::unique_ptr<FitPart> fit;
  if (!round.empty()) fit = std::make_unique<FitPart>(*prepared->features, round, schema, *context_.memory);
  SharedSpoolSink spool(assigner, shared_schema, prefix, fit.get(), fit_part, *fs_, context_);
  std::unique_ptr<ContractCheck> check;
  if (pipeline_.contract) check = std::make_unique<ContractCheck>(*pipeline_.contract, schema, &spool, context_);
  Sink* sink = check ? static_cast<Sink*>(check.get()) : &spool;
  std::unique_ptr<TableProfile> profile = new_profile(shared_schema);
  std::optional<ProfilingSink> profiling;
  if (profile) sink = &profiling.emplace(*profile, *sink);
  Executor executor(prepared->roots(), prepared->reader_map(), context_);
  executor.run(prepared->feature_root, *sink);

  SpoolResult result;
  result.profile_path = put_profile(profile.get(), prefix);
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
  std::unique_ptr<PreparedPipeline> prepared = prepare(nullptr);
  const Schema& schema = prepared->feature_root->schema;
  std::vector<SpoolFile> some = spool_files(files);
  FitPart part(*prepared->features, round, schema, *context_.memory);
  read_spool(some, part.columns(), 0, rows_of(some), fs_, context_, [&](const Batch& rows) { part.add_narrow(rows); });
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
  std::unique_ptr<PreparedPipeline> prepared = prepare(nullptr);
  return headrace::merge_keyed(*prepared->features, round, parts, *context_.memory);
}

const RunTask::Encoding& RunTask::encoding(const std::string& state) {
  if (!encoding_ || encoding_->state_path != state) {
    encoding_ = std::make_unique<Encoding>(pipeline_, prepare(nullptr), state, plan_.run_id, fs_, context_);
  }
  return *encoding_;
}

std::string RunTask::sample_keys(const std::string& bytes, const std::string& state, const std::string&) {
  OrderTask task = order_task(bytes);
  const Encoding& encoding = this->encoding(state);
  OrderColumns columns(pipeline_.outputs.at(task.output).layout.order, *encoding.columns.schema);
  KeySample sample(columns, encoding.columns, task.step, context_.memory);
  SampledKeys sampled{task.output, task.part, {}};
  std::uint64_t row = task.first_row;
  read_spool(task.files, encoding.rows(), 0, rows_of(task.files), fs_, context_, [&](const Batch& rows) {
    std::ranges::move(sample.keys_of(rows, sample.rows_of(row, rows.row_count), {}), std::back_inserter(sampled.keys));
    row += static_cast<std::uint64_t>(rows.row_count);
  });
  return to_bytes(sampled);
}

std::string RunTask::deal(const std::string& bytes, const std::string& state, const std::string& prefix) {
  OrderTask task = order_task(bytes);
  const Encoding& encoding = this->encoding(state);
  const Schema& schema = *encoding.columns.schema;
  RangeDealer dealer(pipeline_.outputs.at(task.output).layout.order, schema, task.ranges, context_.memory);
  SpoolFiles files(prefix, [](std::size_t range) { return std::to_string(range); }, schema, *fs_, *context_.memory);
  std::uint64_t row = task.first_row;
  read_spool(task.files, encoding.rows(), 0, rows_of(task.files), fs_, context_, [&](const Batch& rows) {
    Batch encoded = flatten(*context_.memory, encoding.encoder->encode(rows));
    std::vector<std::uint32_t> ranges = dealer.ranges_of(encoded, row);
    std::map<std::uint32_t, std::vector<std::int32_t>> rows_by_range;
    for (std::size_t i = 0; i < ranges.size(); ++i) rows_by_range[ranges[i]].push_back(static_cast<std::int32_t>(i));
    for (const auto& [range, some] : rows_by_range) files.write(range, gather(*context_.memory, encoded, some));
    row += static_cast<std::uint64_t>(rows.row_count);
  });
  return to_bytes(DealtRows{task.output, task.part, files.finish()});
}

std::string RunTask::put_in_order(const std::string& bytes, const std::string& state, const std::string& prefix) {
  RangeTask task = range_task(bytes);
  const EncodedColumns& columns = encoding(state).copied;
  const std::shared_ptr<const Schema>& schema = columns.schema;
  Spool rows(schema, context_);
  rows.start(1);
  read_spool(task.files, *schema, 0, rows_of(task.files), fs_, context_,
             [&](const Batch& batch) { rows.append(batch, 0); });
  rows.finish();
  RowOrder order = order_in_range(pipeline_.outputs.at(task.output).layout.order, task.range);
  OrderedPart part = order_rows(rows, columns, order, context_);
  SpoolFiles files(prefix, [](std::size_t) { return "ordered"; }, *schema, *fs_, *context_.memory);
  for (std::size_t i = 0; i < part.rows->batch_count(); ++i) files.write(0, part.rows->read(i));
  return to_bytes(OrderedRange{task.output, task.part, files.finish().at(0).second, std::move(part.partitions)});
}

std::string RunTask::write(const std::string& bytes, const std::string& state, const std::string& prefix) {
  ShardOrder order = shard_order(bytes);
  const Encoding& encoding = this->encoding(state);
  PartAssigner assigner(pipeline_.split, encoding.rows());
  ShardPlace place{assigner.parts().at(order.part), order.partition, order.shard, order.shard_count};
  std::vector<std::unique_ptr<FileWriter>> files;
  for (std::size_t output : order.outputs) {
    files.push_back(encoding.files.at(output)->open_shard(place, *context_.memory));
  }
  WriteResult result;
  bool counts_rows = order.outputs.front() == 0;
  std::unique_ptr<TableProfile> profile = counts_rows ? new_profile(encoding.columns.schema) : nullptr;
  ShardEncoder& encoder = order.is_encoded ? *encoding.copier : *encoding.encoder;
  const Schema& schema = order.is_encoded ? *encoding.columns.schema : encoding.rows();
  bool is_partitioned = !order.partition.empty();
  RowDigest digest;
  read_spool(order.files, schema, order.begin, order.end, fs_, context_, [&](const Batch& rows) {
    Batch encoded = encoder.write(rows, files, result.totals, counts_rows, is_partitioned ? &digest : nullptr);
    if (profile) profile->add(encoded, 0);
  });
  result.profile_path = put_profile(profile.get(), prefix);
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::size_t output = order.outputs[i];
    Shard shard;
    shard.file = encoding.files[output]->shard_file(place);
    shard.summary = files[i]->finish();
    shard.partition = order.partition;
    if (is_partitioned) shard.row_digest = digest.to_string();
    result.shards.push_back({output, order.part, std::move(shard)});
  }
  return to_bytes(result);
}

std::string check_contract(const std::string& contract, const std::function<std::unique_ptr<BatchStream>()>& open,
                           const RunContext& context) {
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
  std::unique_ptr<SourceReader> source = stream_source(schema, open ? open : no_rows(schema), context.memory);
  std::unique_ptr<SplitStream> stream = source->open_split(0, {schema.names(), {}});
  for (Batch batch; stream->next(batch);) check.consume(batch, 0, 0);
  SpoolResult result;
  result.contract = check.result();
  return to_bytes(result);
}

namespace {

/// Writes all rows to one file; one worker.
class FileSink : public Sink {
 public:
  FileSink(const Schema& schema, const std::string& path, FileSystem& fs, MemoryBudget& memory)
      : writer_(format_named("arrow").create(schema, fs.create_whole(path), WriterOptions{"lz4"}, memory)),
        memory_(memory) {}

  void start(std::size_t, std::size_t worker_count) override { HEADRACE_CHECK(worker_count == 1); }
  void consume(Batch batch, std::size_t, std::size_t) override {
    Batch rows = flatten(memory_, batch);
    data_bytes_ += rows.data_bytes();
    writer_->write(rows);
  }
  FileSummary finish() { return writer_->finish(); }
  std::size_t data_bytes() const { return data_bytes_; }

 private:
  std::unique_ptr<FileWriter> writer_;
  MemoryBudget& memory_;
  std::size_t data_bytes_ = 0;
};

}  // namespace

KeptRows keep_rows(const LazyFrame& frame, const std::string& prefix, const StorageOptions& storage,
                   const RunContext& context) {
  RunOptions options;
  options.context = one_thread(context);
  std::shared_ptr<FileSystem> fs = routed_file_system(storage);
  SpoolFile file{prefix + ".arrow", 0, 0};
  FileSink sink(frame.schema(), file.path, *fs, *options.context.memory);
  run_frame(frame, sink, options);
  FileSummary summary = sink.finish();
  file.row_count = summary.row_count;
  file.size_bytes = summary.size_bytes;
  return {to_bytes(std::vector<SpoolFile>{file}), sink.data_bytes()};
}

LazyFrame kept_rows(const std::string& name, const std::vector<std::string>& files, const StorageOptions& storage) {
  std::shared_ptr<FileSystem> fs = routed_file_system(storage);
  SourceSpec spec;
  spec.name = name;
  spec.format = "arrow";
  for (const std::string& bytes : files) {
    for (const SpoolFile& file : spool_files(bytes)) {
      check_unchanged(file, *fs);
      spec.paths.push_back(file.path);
    }
  }
  return LazyFrame::scan(spec, storage);
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
