// See distributed_run.h.
#include "headrace/frame/distributed_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/frame/fit.h"
#include "headrace/frame/run_id.h"
#include "headrace/frame/version.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

/// Statistics that can do with several rounds take no more than this in a task: all tasks send theirs to the driver.
constexpr std::size_t kRoundBytes = 256 << 10;

/// Ranges of an order: about so many bytes of files, which grow as they are encoded, and no fewer rows without need.
constexpr std::int64_t kRangeBytes = 64 << 20;
constexpr std::int64_t kRangeRowsMin = 1000;
/// Keys that are looked at to cut ranges, for each of them.
constexpr std::uint64_t kSampleKeysARange = 64;

/// The statistics of a task's rows, of any number of columns.
constexpr std::int64_t kProfileBytesMax = std::int64_t{1} << 32;

void make_absolute(std::string& path) { path = absolute_path(path); }

/// Gives `order` the rows [begin, end) of `files`: the files that have some of them, and where they are in these.
void cut_files(const std::vector<SpoolFile>& files, std::int64_t begin, std::int64_t end, ShardOrder& order) {
  std::int64_t first = 0;
  for (const SpoolFile& file : files) {
    if (first < end && first + file.row_count > begin) {
      if (order.files.empty()) {
        order.begin = begin - first;
        order.end = end - first;
      }
      order.files.push_back(file);
    }
    first += file.row_count;
  }
}

/// Files for up to `task_count` tasks, those together that follow one another; at least one task.
std::vector<std::vector<SpoolFile>> files_of_tasks(const std::vector<SpoolFile>& files, std::size_t task_count) {
  std::size_t count = std::max<std::size_t>(1, std::min(task_count, files.size()));
  std::vector<std::vector<SpoolFile>> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    auto at = [&](std::size_t task) {
      return files.begin() + static_cast<std::ptrdiff_t>(files.size() * task / count);
    };
    tasks.emplace_back(at(i), at(i + 1));
  }
  return tasks;
}

/// The rows of a part as tasks that deal them to ranges of an order.
std::vector<OrderTask> order_tasks(const std::vector<SpoolFile>& files, std::size_t task_count) {
  std::int64_t rows = rows_of(files);
  std::int64_t bytes = 0;
  for (const SpoolFile& file : files) bytes += file.size_bytes;
  std::vector<OrderTask> tasks;
  if (rows == 0) return tasks;
  OrderRanges ranges;
  ranges.row_count = static_cast<std::uint64_t>(rows);
  std::int64_t least = std::min<std::int64_t>(static_cast<std::int64_t>(task_count), rows / kRangeRowsMin);
  ranges.count = static_cast<std::size_t>(std::max({std::int64_t{1}, least, bytes / kRangeBytes}));
  std::uint64_t first_row = 0;
  for (std::vector<SpoolFile>& some : files_of_tasks(files, task_count)) {
    OrderTask& task = tasks.emplace_back();
    task.files = std::move(some);
    task.first_row = first_row;
    first_row += static_cast<std::uint64_t>(rows_of(task.files));
    task.ranges = ranges;
    task.step = ranges.row_count / (kSampleKeysARange * ranges.count) + 1;
  }
  return tasks;
}

void add_contract(ContractResult& all, const ContractResult& part) {
  if (all.promises.empty()) {
    all = part;
    return;
  }
  all.rows_checked += part.rows_checked;
  all.seconds += part.seconds;
  all.bytes_checked += part.bytes_checked;
  HEADRACE_CHECK(all.promises.size() == part.promises.size());
  for (std::size_t i = 0; i < all.promises.size(); ++i) {
    PromiseResult& promise = all.promises[i];
    promise.violations += part.promises[i].violations;
    for (const std::string& sample : part.promises[i].samples) {
      if (promise.samples.size() < ContractCheck::kSamplesMax) promise.samples.push_back(sample);
    }
  }
}

/// What the pipeline calls files, by what means the same in any folder.
std::map<std::string, std::string> own_paths(const std::vector<FileInfo>& files) {
  std::map<std::string, std::string> paths;
  for (const FileInfo& file : files) paths[absolute_path(file.path)] = file.path;
  return paths;
}

}  // namespace

Pipeline with_absolute_paths(Pipeline pipeline) {
  for (SourceSpec& source : pipeline.sources) std::ranges::for_each(source.paths, make_absolute);
  for (OutputSpec& output : pipeline.outputs) make_absolute(output.path);
  for (std::string* path : {&pipeline.state_path, &pipeline.quarantine_path, &pipeline.report_path}) {
    make_absolute(*path);
  }
  return pipeline;
}

DistributedRun::DistributedRun(Pipeline pipeline, RunOptions options, const std::string& engine)
    : pipeline_(std::move(pipeline)),
      options_(std::move(options)),
      outputs_(pipeline_, options_, report_),
      start_(Clock::now()),
      stage_start_(start_) {
  if (pipeline_.outputs.empty()) {
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("{}: the pipeline has no outputs", pipeline_.file),
                "add an output: outputs: [{path: out/parquet, format: parquet}]");
  }
  options_.fs = file_system_of(pipeline_, options_);
  report_.pipeline_name = pipeline_.name;
  report_.pipeline_file = pipeline_.file;
  report_.parameters = options_.parameters;
  report_.engine = engine;
  report_.run_id = options_.run_id.empty() ? make_run_id() : options_.run_id;
  report_.started_at = utc_text_now();
  report_.headrace_version = kHeadraceVersion;
  report_.thread_count = options_.context.thread_count;
  report_.memory_limit_bytes = options_.context.memory->limit_bytes();
  begin_stage("prepare");
  prepared_ = std::make_unique<PreparedPipeline>(pipeline_, options_.fs, options_.context, options_.memory_sources);
  report_.plan = explain_tree(prepared_->unoptimized_root);
  if (!options_.state_path.empty()) {
    FittedState state = read_state(options_.state_path, *options_.fs);
    prepared_->features->load_state(state);
    fitted_row_count_ = state.fitted_row_count;
    loaded_state_ = true;
  }
  outputs_.describe_sources(*prepared_);
  PartAssigner assigner(pipeline_.split, prepared_->unoptimized_root->schema);
  part_names_ = assigner.parts();
  parts_.resize(part_names_.size());
  std::string fit_part = pipeline_.split ? pipeline_.split->fit_part : part_names_[0];
  for (std::size_t i = 0; i < part_names_.size(); ++i) {
    if (part_names_[i] == fit_part) fit_part_ = i;
  }
  fit_ = std::make_unique<FitRounds>(*prepared_->features, *options_.context.memory, kRoundBytes);
  is_anything_fitted_ = !fit_->is_done();
}

DistributedRun::~DistributedRun() = default;

std::string DistributedRun::spool_folder() const {
  std::string output = pipeline_.outputs[0].path;
  make_absolute(output);
  while (output.ends_with('/')) output.pop_back();
  return output + "-spool-" + report_.run_id;
}

std::string DistributedRun::plan() const {
  std::vector<NodePtr> roots = {prepared_->unoptimized_root};
  if (prepared_->unoptimized_contract_root) roots.push_back(prepared_->unoptimized_contract_root);
  return EnginePlan(roots, *prepared_, {options_.fs, options_.context.memory}).to_json();
}

std::string DistributedRun::task_plan(const Schema& rows) const {
  Pipeline own = with_absolute_paths(pipeline_);
  if (prepared_->unoptimized_contract_root) own.contract.reset();
  if (own.contract) own.contract->table = own.feature_table;
  // Without tables, the last of which is taken for the one that features are made from, the sections name it.
  TaskPlan plan;
  plan.name = own.name;
  plan.feature_table = own.feature_table;
  own.file.clear();
  own.tables = {{own.feature_table, "rows", {}, {}}};
  plan.sections = sections_yaml(own);
  plan.table = prepared_->feature_table;
  plan.rows = rows;
  plan.run_id = report_.run_id;
  plan.storage = own.storage;
  plan.statistics = options_.statistics;
  return plan.to_json();
}

std::string DistributedRun::contract_plan(const Schema& rows) const {
  if (!prepared_->unoptimized_contract_root) return {};
  Pipeline own;
  own.contract = pipeline_.contract;
  Json json = {{"table", own.contract->table}, {"sections", sections_yaml(own)}, {"rows", fields_json(rows)}};
  return json.dump();
}

void DistributedRun::begin_stage(const std::string& name) {
  end_stage();
  options_.context.cancellation->check();
  stage_ = name;
  stage_start_ = Clock::now();
}

void DistributedRun::end_stage() {
  if (stage_.empty()) return;
  report_.stage_seconds.emplace_back(stage_, std::chrono::duration<double>(Clock::now() - stage_start_).count());
  stage_.clear();
}

std::size_t DistributedRun::add_report(std::string kind, std::string label, std::vector<std::size_t> inputs,
                                       std::int64_t rows_in, std::int64_t rows_out) {
  OperatorReport report;
  report.id = report_.operators.size();
  report.kind = std::move(kind);
  report.label = std::move(label);
  report.inputs = std::move(inputs);
  report.rows_in = rows_in;
  report.rows_out = rows_out;
  report.rows_removed = rows_in - rows_out;
  report_.operators.push_back(std::move(report));
  return report_.operators.back().id;
}

void DistributedRun::take_scan(const std::string& source, const std::string& label,
                               const std::vector<std::string>& tallies) {
  std::map<std::string, std::string> paths = own_paths(prepared_->readers.at(source)->files());
  std::size_t id = add_report("scan", label, {}, 0, 0);
  std::vector<BadRow> found;
  for (const std::string& tally : tallies) read_tally(tally, report_.operators[id].scan, found);
  OperatorReport& report = report_.operators[id];
  report.source = source;
  report.rows_out = report.scan.rows_delivered;
  std::vector<BadRow>& all = bad_rows_[source];
  for (BadRow& row : found) {
    if (auto path = paths.find(row.file); path != paths.end()) row.file = path->second;
    // A source that is scanned twice has each of its bad rows once.
    if (bad_places_[source].insert({row.file, row.line, row.byte_offset}).second) all.push_back(std::move(row));
  }
}

void DistributedRun::take_rows_read(const std::string& source, const std::string& label, std::int64_t rows) {
  OperatorReport& report = report_.operators[add_report("scan", label, {}, 0, rows)];
  report.rows_removed = 0;
  report.source = source;
  report.scan.rows_read = report.scan.rows_delivered = rows;
}

void DistributedRun::merge_profile(const std::string& path, const std::shared_ptr<const Schema>& schema,
                                   std::unique_ptr<TableProfile>& profile) const {
  if (path.empty()) return;
  if (!profile) profile = std::make_unique<TableProfile>(schema, options_.context);
  profile->merge(read_text(*options_.fs, path, kProfileBytesMax));
}

void DistributedRun::take_spooled(const std::vector<std::string>& results) {
  auto schema = std::make_shared<const Schema>(prepared_->feature_root->schema);
  for (const std::string& bytes : results) {
    SpoolResult result = spool_result(bytes);
    for (auto& [part, file] : result.files) parts_.at(part).push_back(std::move(file));
    rows_left_out_ += result.rows_left_out;
    if (!result.contract.promises.empty()) add_contract(contract_, result.contract);
    fit_->merge(result.fixed);
    merge_profile(result.profile_path, schema, profile_before_);
  }
}

void DistributedRun::take_contract(const std::vector<std::string>& results) {
  for (const std::string& bytes : results) add_contract(contract_, spool_result(bytes).contract);
}

void DistributedRun::end_relational() {
  if (profile_before_) {
    report_.statistics_before = profile_before_->figures();
    profile_before_.reset();
    for (ColumnFigures& column : report_.statistics_before->columns) {
      column.name = prepared_->features->meaning_of(column.name);
    }
  }
  std::int64_t rows = 0;
  for (const std::vector<SpoolFile>& files : parts_) rows += rows_of(files);
  std::int64_t rows_in = rows + rows_left_out_;
  last_report_ = add_report("engine", report_.engine, {}, rows_in, rows_in);
  if (pipeline_.contract) {
    report_.contract = contract_;
    // Without any row there was nobody who said what is promised.
    report_.contract->table = pipeline_.contract->table;
    bool is_own = !prepared_->unoptimized_contract_root;
    std::vector<std::size_t> inputs;
    if (is_own) inputs.push_back(last_report_);
    std::int64_t checked = is_own ? rows_in : contract_.rows_checked;
    std::size_t id = add_report("contract", "contract on " + pipeline_.contract->table, inputs, checked, checked);
    report_.operators[id].seconds = contract_.seconds;
    report_.operators[id].bytes_out = contract_.bytes_checked;
    if (is_own) last_report_ = id;
  }
  last_report_ = add_report("split", pipeline_.split ? "split" : "split (one part)", {last_report_}, rows_in, rows);
  if (report_.contract && !report_.contract->kept()) {
    throw Error(ErrorCode::kContractViolated, report_.contract->describe(),
                "nothing was published; repair the source, filter the rows, or change the contract");
  }
}

bool DistributedRun::is_fitted() const { return fit_->is_done(); }
std::string DistributedRun::fit_round() const { return fit_->is_done() ? std::string() : fit_->round(); }
bool DistributedRun::has_keyed() const { return fit_->has_keyed(); }

std::vector<std::string> DistributedRun::fit_files(std::size_t task_count) const {
  std::vector<std::string> tasks;
  for (const std::vector<SpoolFile>& some : files_of_tasks(parts_[fit_part_], task_count)) {
    tasks.push_back(to_bytes(some));
  }
  return tasks;
}

void DistributedRun::take_fit(const std::string& partial) { fit_->merge(partial); }
void DistributedRun::end_fit_round() { fit_->finish_round(); }

void DistributedRun::end_fit() {
  HEADRACE_CHECK(fit_->is_done());
  if (is_anything_fitted_) {
    fitted_row_count_ = rows_of(parts_[fit_part_]);
    report_.fitted = true;
  }
  outputs_.take_state(*prepared_->features, fitted_row_count_, !loaded_state_);
  outputs_.open(*prepared_->features);
}

std::map<RowOrder, std::vector<std::size_t>> DistributedRun::outputs_by_order() const {
  std::map<RowOrder, std::vector<std::size_t>> outputs;
  for (std::size_t i = 0; i < pipeline_.outputs.size(); ++i) outputs[pipeline_.outputs[i].layout.order].push_back(i);
  return outputs;
}

std::vector<std::string> DistributedRun::key_samples(std::size_t task_count) {
  std::vector<std::string> samples;
  for (const auto& [order, outputs] : outputs_by_order()) {
    if (order == RowOrder()) continue;
    std::vector<OrderedPartFiles>& parts = ordered_[outputs.front()];
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      check_order_size(order, rows_of(parts_[part]));
      parts.push_back({order_tasks(parts_[part], task_count), {}, {}, {}, {}});
      for (OrderTask& task : parts.back().tasks) {
        task.output = outputs.front();
        task.part = part;
        if (is_cut_by_keys(order)) samples.push_back(to_bytes(task));
      }
    }
  }
  return samples;
}

void DistributedRun::take_keys(const std::vector<std::string>& results) {
  for (const std::string& bytes : results) {
    SampledKeys sampled = sampled_keys(bytes);
    std::ranges::move(sampled.keys, std::back_inserter(ordered_part(sampled.output, sampled.part).sample));
  }
  for (auto& [output, parts] : ordered_) {
    for (OrderedPartFiles& part : parts) {
      std::size_t range_count = part.tasks.empty() ? 1 : part.tasks.front().ranges.count;
      std::vector<std::string> starts = cut_ranges(std::move(part.sample), range_count);
      for (OrderTask& task : part.tasks) task.ranges.starts = starts;
    }
  }
}

std::vector<std::string> DistributedRun::deals() const {
  std::vector<std::string> deals;
  for (const auto& [output, parts] : ordered_) {
    for (const OrderedPartFiles& part : parts) {
      for (const OrderTask& task : part.tasks) deals.push_back(to_bytes(task));
    }
  }
  return deals;
}

void DistributedRun::take_dealt(const std::vector<std::string>& results) {
  for (const std::string& bytes : results) {
    DealtRows rows = dealt_rows(bytes);
    OrderedPartFiles& part = ordered_part(rows.output, rows.part);
    for (auto& [range, file] : rows.files) part.dealt[range].push_back(std::move(file));
  }
}

std::vector<std::string> DistributedRun::ranges() const {
  std::vector<std::string> tasks;
  for (const auto& [output, parts] : ordered_) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      for (const auto& [range, files] : parts[part].dealt) {
        tasks.push_back(to_bytes(RangeTask{output, part, range, files}));
      }
    }
  }
  return tasks;
}

void DistributedRun::take_ordered(const std::vector<std::string>& results) {
  for (const std::string& bytes : results) {
    OrderedRange ordered = ordered_range(bytes);
    OrderedPartFiles& part = ordered_part(ordered.output, ordered.part);
    part.files.push_back(std::move(ordered.file));
    for (PartitionRows& rows : ordered.partitions) add_partition(part.partitions, std::move(rows));
  }
  for (const auto& [output, parts] : ordered_) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      HEADRACE_CHECK(rows_of(parts[part].files) == rows_of(parts_[part]));
    }
  }
}

std::vector<DistributedRun::ShardRows> DistributedRun::rows_of_outputs(const RowOrder& order,
                                                                       std::size_t first_output) const {
  std::vector<ShardRows> all;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    if (order == RowOrder()) {
      all.push_back({part, {}, &parts_[part], false, 0, rows_of(parts_[part])});
      continue;
    }
    const OrderedPartFiles& ordered = ordered_.at(first_output).at(part);
    std::int64_t begin = 0;
    for (const PartitionRows& rows : ordered.partitions) {
      all.push_back({part, rows.values, &ordered.files, true, begin, rows.row_count});
      begin += rows.row_count;
    }
    // A part without rows has a shard, too.
    if (begin == 0 && order.partition_by.empty()) all.push_back({part, {}, &ordered.files, true, 0, 0});
  }
  return all;
}

double DistributedRun::sample_row_bytes(std::size_t output) const {
  const std::vector<SpoolFile>& files = *std::ranges::max_element(parts_, {}, rows_of);
  const Schema& schema = prepared_->feature_root->schema;
  EncodedColumns columns = encoded_columns(*prepared_->features, schema, outputs_.schema());
  ShardEncoder encoder(columns, options_.context);
  return encoded_row_bytes(*outputs_.targets()[output].files, encoder, rows_of(files), *options_.context.memory,
                           [&](std::int64_t count, const std::function<void(const Batch&)>& take) {
                             read_spool(files, schema, 0, count, options_.fs, options_.context, take);
                           });
}

std::vector<std::string> DistributedRun::shard_orders() const {
  std::vector<std::string> orders;
  for (const auto& [order, outputs] : outputs_by_order()) {
    std::map<std::size_t, double> row_bytes;
    for (std::size_t output : outputs) {
      if (pipeline_.outputs[output].layout.shard_bytes > 0) row_bytes[output] = sample_row_bytes(output);
    }
    for (const ShardRows& rows : rows_of_outputs(order, outputs.front())) {
      std::map<std::size_t, std::vector<std::size_t>> outputs_by_count;
      for (std::size_t output : outputs) {
        std::size_t count = shard_count_of(pipeline_.outputs[output].layout, rows.row_count, row_bytes[output]);
        outputs_by_count[count].push_back(output);
      }
      for (const auto& [count, together] : outputs_by_count) {
        auto shards = static_cast<std::int64_t>(count);
        for (std::int64_t shard = 0; shard < shards; ++shard) {
          ShardOrder wanted{
              rows.part, rows.partition, rows.is_encoded, static_cast<std::size_t>(shard), count, together, {}, 0, 0};
          cut_files(*rows.files, rows.begin + rows.row_count * shard / shards,
                    rows.begin + rows.row_count * (shard + 1) / shards, wanted);
          orders.push_back(to_bytes(wanted));
        }
      }
    }
  }
  return orders;
}

void DistributedRun::take_written(const std::vector<std::string>& results) {
  WrittenShards written;
  for (std::size_t i = 0; i < pipeline_.outputs.size(); ++i) {
    std::vector<Part>& parts = written.parts.emplace_back();
    for (const std::string& name : part_names_) parts.push_back({name, {}});
  }
  EncodedTotals totals;
  std::unique_ptr<TableProfile> profile;
  for (const std::string& bytes : results) {
    WriteResult result = write_result(bytes);
    totals.merge(result.totals);
    merge_profile(result.profile_path, outputs_.schema(), profile);
    for (WriteResult::Written& shard : result.shards) {
      written.parts.at(shard.output).at(shard.part).shards.push_back(std::move(shard.shard));
    }
  }
  if (profile) report_.statistics_after = profile->figures();
  written.take(totals, outputs_.schema()->size());
  outputs_.take_written(std::move(written));
  std::int64_t rows = outputs_.written().row_count;
  std::size_t id = add_report("write", "write", {last_report_}, rows, rows);
  report_.operators[id].seconds = totals.encode_seconds + totals.write_seconds;
  report_.operators[id].bytes_out = outputs_.bytes_written();
  outputs_.write_bad_rows(bad_rows_);
  report_.sources = source_reports(*prepared_, report_.operators, bad_rows_);
  check_row_accounting(report_.operators);
}

RunReport DistributedRun::publish() {
  outputs_.publish();
  end_stage();
  report_.status = "ok";
  put_report();
  return report_;
}

void DistributedRun::remove_spool() { options_.fs->remove(spool_folder()); }

void DistributedRun::put_report() {
  report_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  report_.memory_peak_bytes = options_.context.memory->peak_bytes();
  if (!pipeline_.report_path.empty()) options_.fs->put(pipeline_.report_path, report_.to_json());
}

void DistributedRun::fail(const std::string& code, const std::string& message) noexcept {
  try {
    end_stage();
    report_.status = code == code_name(ErrorCode::kContractViolated) ? "contract_violated"
                     : code == code_name(ErrorCode::kCancelled)      ? "cancelled"
                                                                     : "failed";
    report_.error_code = code;
    report_.error = message;
    report_.sources = source_reports(*prepared_, report_.operators, bad_rows_);
    put_report();
  } catch (const std::exception&) {
    report_.status = "failed";  // what made the run fail is told to the caller
  }
}

}  // namespace headrace
