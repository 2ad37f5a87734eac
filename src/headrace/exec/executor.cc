// See executor.h.
#include "headrace/exec/executor.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/exec/deduplicate.h"
#include "headrace/exec/explode.h"
#include "headrace/exec/filter.h"
#include "headrace/exec/first_rows.h"
#include "headrace/exec/hash_aggregate.h"
#include "headrace/exec/hash_join.h"
#include "headrace/exec/join_right.h"
#include "headrace/exec/project.h"
#include "headrace/exec/sort_rows.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/exec/spilled_join.h"
#include "headrace/exec/stage.h"
#include "headrace/expr/scan_bounds.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::size_t bytes_of(const std::vector<BadRow>& rows) {
  std::size_t bytes = rows.capacity() * sizeof(BadRow);
  for (const BadRow& row : rows) bytes += row.file.size() + row.column.size() + row.message.size() + row.text.size();
  return bytes;
}

/// Keeps rows, in memory or on disk.
class SpoolSink : public Sink {
 public:
  explicit SpoolSink(Spool& rows) : rows_(rows) {}
  void start(std::size_t split_count, std::size_t) override { rows_.start(split_count); }
  void consume(Batch batch, std::size_t split_index, std::size_t) override {
    rows_.append(std::move(batch), split_index);
  }

 private:
  Spool& rows_;
};

ScanRequest make_scan_request(const ScanNode& scan, const Schema& schema) {
  ScanRequest request{.columns = {}, .bounds = make_scan_bounds(scan.bounds, schema)};
  request.takes_dictionaries = true;
  for (const Field& field : schema) {
    auto hash = scan.hashes.find(field.name);
    if (hash == scan.hashes.end()) {
      request.columns.push_back(field.name);
    } else {
      request.reductions.push_back({hash->second, ScanReduction::Kind::kHash64, field.name});
    }
  }
  return request;
}

/// What several scans of a source found, in the order of its rows, each row once. Mostly two scans found them, each in
/// this order.
void keep_each_once(std::vector<BadRow>& rows) {
  auto place = [](const BadRow& row) { return std::tie(row.file, row.line, row.byte_offset); };
  auto second = std::ranges::is_sorted_until(rows, {}, place);
  if (std::ranges::is_sorted(second, rows.end(), {}, place)) {
    std::ranges::inplace_merge(rows, second, {}, place);
  } else {
    std::ranges::stable_sort(rows, {}, place);
  }
  auto repeats = std::ranges::unique(rows, {}, place);
  rows.erase(repeats.begin(), repeats.end());
}

}  // namespace

/// The stages of one executor: which nodes have been evaluated, which rows are kept for further readers.
struct Executor::Stages {
  /// What one operator is known by before and after its stage has run.
  struct Entry {
    OperatorReport report;
    StageCounts counts;
    std::shared_ptr<JoinState> join;  // until its rows have passed
    std::optional<JoinKind> join_kind;
  };
  /// A source and the operators behind it, not run yet.
  struct Stream {
    StageSource source;
    StageCounts* source_counts = nullptr;  // where the source's own counts go; of a kept table: thrown away
    std::vector<StageOperator> operators;
    std::vector<Entry*> joins;   // whose right tables can go when the stream has run
    std::size_t last_entry = 0;  // whose rows_out are the stream's rows
  };
  struct Kept {
    std::shared_ptr<const Spool> rows;
    std::size_t entry = 0;
    std::size_t readers_left = 0;
  };

  Stages(const std::vector<NodePtr>& roots, const std::map<std::string, const SourceReader*>& source_readers,
         const RunContext& run_context)
      : sources(source_readers), context(run_context), rejected_bytes(*run_context.memory, 0, "quarantined rows") {
    for (const NodePtr& root : roots) count_readers(*root);
  }

  void count_readers(const Node& node) {
    if (++readers[&node] > 1) return;
    for (const NodePtr& input : inputs_of(node)) count_readers(*input);
  }

  Entry& add_entry(std::string kind, std::string label, std::vector<std::size_t> inputs) {
    auto entry = std::make_unique<Entry>();
    entry->report.id = entries.size();
    entry->report.kind = std::move(kind);
    entry->report.label = std::move(label);
    entry->report.inputs = std::move(inputs);
    entries.push_back(std::move(entry));
    return *entries.back();
  }

  /// The rows of a node as a stream; evaluates what must come before it.
  Stream open(const Node& node) {
    if (readers[&node] <= 1) return open_once(node);
    Kept& kept_rows = kept[&node];
    if (!kept_rows.rows) {
      Stream stream = open_once(node);
      kept_rows.entry = stream.last_entry;
      kept_rows.rows = run_to_spool(stream, node.schema);
      kept_rows.readers_left = readers[&node];
    }
    Stream stream = stream_of(kept_rows.rows, node.label, kept_rows.entry);
    if (--kept_rows.readers_left == 0) kept_rows.rows.reset();  // the stream holds the last reference
    return stream;
  }

  Stream open_once(const Node& node) {
    return std::visit([&](const auto& kind) { return open_kind(kind, node); }, node.kind);
  }

  Stream open_kind(const ScanNode& scan, const Node& node) {
    Entry& entry = add_entry("scan", node.label, {});
    entry.report.source = scan.source;
    const SourceReader& reader = *sources.at(scan.source);
    auto request = std::make_shared<ScanRequest>(make_scan_request(scan, node.schema));
    auto rejected = std::make_shared<std::vector<std::vector<BadRow>>>(reader.split_count());
    rejected_by_scan.push_back({scan.source, rejected});
    Stream stream;
    stream.source.label = node.label;
    stream.source.split_count = reader.split_count();
    auto has_enough = std::make_shared<std::function<bool(std::size_t)>>();
    stream.source.has_enough = has_enough;
    stream.source.read = [this, &reader, &entry, request, rejected, has_enough](
                             std::size_t split, const std::function<void(const Batch&)>& push) {
      std::unique_ptr<SplitStream> rows = reader.open_split(split, *request);
      Batch batch;
      while (!(*has_enough && (*has_enough)(split)) && rows->next(batch)) push(batch);
      (*rejected)[split] = std::move(rows->bad_rows());
      std::lock_guard lock(mutex);
      entry.report.scan.add(rows->counts());
      rejected_bytes.resize(rejected_bytes.bytes() + bytes_of((*rejected)[split]), "quarantined rows");
    };
    stream.source_counts = &entry.counts;
    stream.last_entry = entry.report.id;
    return stream;
  }

  Stream open_kind(const FilterNode& filter, const Node& node) {
    Stream stream = open(*filter.input);
    append(stream, "filter", node.label, filter_operator(filter, filter.input->schema, context));
    return stream;
  }

  Stream open_kind(const ProjectNode& project, const Node& node) {
    Stream stream = open(*project.input);
    auto schema = std::make_shared<const Schema>(node.schema);
    append(stream, "project", node.label, project_operator(project.columns, project.input->schema, schema, context));
    return stream;
  }

  Stream open_kind(const JoinNode& join, const Node& node) {
    std::int64_t used_before = used_bytes();
    Stream right = open(*join.right);
    std::size_t right_entry = right.last_entry;
    auto right_rows = std::make_unique<JoinRight>(join, std::make_shared<const Schema>(join.right->schema), context);
    run_stream(right, *right_rows, nullptr);
    Clock::time_point start = Clock::now();
    std::shared_ptr<JoinState> state =
        with_context([&] { return try_join_state(join, *right_rows, node); }, [&] { return "running " + node.label; });
    if (!state) return open_spilled(join, node, std::move(right_rows), right_entry);
    right_rows.reset();
    std::int64_t held_bytes = used_bytes() - used_before;
    double build_seconds = seconds_since(start);
    Stream stream = open(*join.left);
    Entry& entry = append(stream, "join", node.label, join_operator(state, context));
    entry.report.inputs.push_back(right_entry);
    entry.report.memory_bytes = std::max<std::int64_t>(0, held_bytes);
    entry.counts.seconds = build_seconds;
    entry.report.right_rows_in = state->table.rows().row_count;
    entry.join = std::move(state);
    stream.joins.push_back(&entry);
    return stream;
  }

  /// The join's table, or nullptr when the right rows went to disk, because they take too much of the budget.
  std::shared_ptr<JoinState> try_join_state(const JoinNode& join, JoinRight& right, const Node& node) {
    right.finish();
    if (right.is_spilled()) return nullptr;
    try {
      return make_join_state(join, right.table(), join.left->schema, std::make_shared<const Schema>(node.schema),
                             context);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfMemory) throw;
    }
    right.spill();
    return nullptr;
  }

  /// A join that needs all left rows before it gives any.
  Stream open_spilled(const JoinNode& join, const Node& node, std::unique_ptr<JoinRight> right,
                      std::size_t right_entry) {
    auto spilled =
        std::make_shared<SpilledJoin>(join, std::move(right), std::make_shared<const Schema>(join.left->schema),
                                      std::make_shared<const Schema>(node.schema), context);
    Stream left = open(*join.left);
    std::size_t left_entry = left.last_entry;
    constexpr std::size_t kSplitsMax = 64;  // so that batches which were kept make long runs
    left.source = with_fewer_splits(std::move(left.source), kSplitsMax);
    double seconds = 0;
    auto in_context = [&](auto body) { with_context(body, [&] { return "running " + node.label; }); };
    in_context([&] { run_stream(left, *spilled, &seconds); });
    Clock::time_point start = Clock::now();
    in_context([&] { spilled->finish(); });

    Entry& entry = add_entry("join", node.label, {left_entry, right_entry});
    entry.report.join = spilled->counts();
    entry.report.right_rows_in = spilled->right_row_count();
    entry.join_kind = join.how;
    entry.counts.rows_in = rows_out_of(left_entry);
    entry.counts.seconds = seconds + seconds_since(start);
    auto read = [spilled](std::size_t split, const std::function<void(const Batch&)>& push) {
      spilled->read(split, push);
    };
    // The rows are counted as they are read.
    return {{node.label, spilled->split_count(), read}, &entry.counts, {}, {}, entry.report.id};
  }

  Stream open_kind(const AggregateNode& aggregate, const Node& node) {
    HashAggregate sink(aggregate, aggregate.input->schema, std::make_shared<const Schema>(node.schema), context);
    return run_blocking(sink, *aggregate.input, node);
  }

  Stream open_kind(const DeduplicateNode& deduplicate, const Node& node) {
    Deduplicate sink(deduplicate, deduplicate.input->schema, std::make_shared<const Schema>(node.schema), context);
    return run_blocking(sink, *deduplicate.input, node);
  }

  Stream open_kind(const SortNode& sort, const Node& node) {
    Stream stream = open(*sort.input);
    std::size_t input_entry = stream.last_entry;
    std::int64_t used_before = used_bytes();
    double seconds = 0;
    auto sorted = with_context(
        [&] {
          std::shared_ptr<const Spool> rows = run_to_spool(stream, node.schema);
          Clock::time_point start = Clock::now();
          rows = sort_rows(std::move(rows), sort.order, context);
          seconds = seconds_since(start);
          return rows;
        },
        [&] { return "running " + node.label; });
    return stream_of_entry(sorted, node, {input_entry}, seconds, used_before);
  }

  Stream open_kind(const LimitNode& limit, const Node& node) {
    Stream stream = open(*limit.input);
    std::size_t input_entry = stream.last_entry;
    std::int64_t used_before = used_bytes();
    std::int64_t row_count = limit.rows > INT64_MAX - limit.offset ? INT64_MAX : limit.rows + limit.offset;
    auto rows = std::make_shared<Spool>(std::make_shared<const Schema>(node.schema), context);
    run_first_rows(stream.source, stream.operators, row_count, *rows, *stream.source_counts, context);
    close(stream);
    rows->finish();
    rows->keep_first(row_count);
    rows->drop_first(limit.offset);
    return stream_of_entry(rows, node, {input_entry}, 0, used_before);
  }

  Stream open_kind(const ExplodeNode& explode, const Node& node) {
    Stream stream = open(*explode.input);
    auto schema = std::make_shared<const Schema>(node.schema);
    append(stream, "explode", node.label, explode_operator(explode, explode.input->schema, schema, context));
    return stream;
  }

  Stream open_kind(const ConcatNode& concat, const Node& node) {
    Stream all;
    std::vector<StageSource> parts;
    std::vector<std::size_t> inputs;
    for (const NodePtr& input : concat.inputs) {
      Stream stream = open(*input);
      inputs.push_back(stream.last_entry);
      parts.push_back(
          with_operators(std::move(stream.source), std::move(stream.operators), *stream.source_counts, context));
      all.joins.insert(all.joins.end(), stream.joins.begin(), stream.joins.end());
    }
    Entry& entry = add_entry("concat", node.label, std::move(inputs));
    all.source = one_after_another(node.label, std::move(parts));
    all.source_counts = &entry.counts;
    all.last_entry = entry.report.id;
    return all;
  }

  /// The kept rows of a node that has run.
  Stream stream_of_entry(const std::shared_ptr<const Spool>& rows, const Node& node, std::vector<std::size_t> inputs,
                         double seconds, std::int64_t used_before) {
    Entry& entry = add_entry(std::string(kind_name(node)), node.label, std::move(inputs));
    entry.report.memory_bytes = std::max<std::int64_t>(0, used_bytes() - used_before);
    entry.counts = {rows_out_of(entry.report.inputs[0]), rows->row_count(), 0, seconds};
    return stream_of(rows, node.label, entry.report.id);
  }

  /// Runs the input into a sink that needs all rows before it gives any; `sink.result()` are the rows of the node.
  template <typename BlockingSink>
  Stream run_blocking(BlockingSink& sink, const Node& input, const Node& node) {
    Stream stream = open(input);
    std::size_t input_entry = stream.last_entry;
    double seconds = 0;
    // The right sides of joins on the way are let go of when the input ends.
    std::int64_t used_before = used_bytes();
    for (const Entry* join : stream.joins) used_before -= join->report.memory_bytes;
    with_context([&] { run_stream(stream, sink, &seconds); }, [&] { return "running " + node.label; });
    Entry& entry = add_entry(std::string(kind_name(node)), node.label, {input_entry});
    entry.report.memory_bytes = std::max<std::int64_t>(0, used_bytes() - used_before);
    Clock::time_point start = Clock::now();
    auto in_context = [&](auto body) { return with_context(body, [&] { return "running " + node.label; }); };
    if (std::shared_ptr<const OrderedRows> rows = in_context([&] { return sink.result_on_disk(); })) {
      entry.counts = {rows_out_of(input_entry), rows->row_count(), static_cast<std::int64_t>(rows->data_bytes()),
                      seconds + seconds_since(start)};
      auto read = [rows](std::size_t split, const std::function<void(const Batch&)>& push) { rows->read(split, push); };
      return {{node.label, rows->split_count(), read}, &thrown_away, {}, {}, entry.report.id};
    }
    auto table = std::make_shared<const Table>(in_context([&] { return sink.result(); }));
    entry.counts = {rows_out_of(input_entry), table->row_count(), static_cast<std::int64_t>(table->data_bytes()),
                    seconds + seconds_since(start)};
    return stream_of(table, node.label, entry.report.id);
  }

  Entry& append(Stream& stream, const std::string& kind, const std::string& label, MakeOperator make) {
    Entry& entry = add_entry(kind, label, {stream.last_entry});
    stream.operators.push_back({label, std::move(make), &entry.counts});
    stream.last_entry = entry.report.id;
    return entry;
  }

  Stream stream_of(const std::shared_ptr<const Table>& table, const std::string& label, std::size_t entry) {
    auto read = [table](std::size_t split, const std::function<void(const Batch&)>& push) {
      push(table->batches[split]);
    };
    return {{label, table->batches.size(), read}, &thrown_away, {}, {}, entry};
  }

  Stream stream_of(const std::shared_ptr<const Spool>& rows, const std::string& label, std::size_t entry) {
    auto read = [rows](std::size_t split, const std::function<void(const Batch&)>& push) { push(rows->read(split)); };
    return {{label, rows->batch_count(), read}, &thrown_away, {}, {}, entry};
  }

  /// Runs all rows of `stream` into `sink`, then lets go of what only they needed.
  void run_stream(Stream& stream, Sink& sink, double* sink_seconds) {
    run_stage(stream.source, stream.operators, sink, *stream.source_counts, sink_seconds, context);
    close(stream);
  }

  void close(Stream& stream) {
    stream.operators.clear();
    for (Entry* entry : stream.joins) {
      entry->join->count_right();
      entry->report.join = entry->join->counts;
      entry->join_kind = entry->join->join.how;
      entry->join.reset();
    }
    stream.joins.clear();
    stream.source.read = nullptr;
  }

  /// Bytes of the budget in use. Stages run one after another, so what comes to be in one stage is that stage's.
  std::int64_t used_bytes() const { return static_cast<std::int64_t>(context.memory->used_bytes()); }

  std::shared_ptr<const Spool> run_to_spool(Stream& stream, const Schema& schema) {
    auto rows = std::make_shared<Spool>(std::make_shared<const Schema>(schema), context);
    SpoolSink sink(*rows);
    run_stream(stream, sink, nullptr);
    rows->finish();
    return rows;
  }

  std::int64_t rows_out_of(std::size_t entry) const { return entries[entry]->counts.rows_out; }

  std::map<std::string, const SourceReader*> sources;
  const RunContext& context;
  std::map<const Node*, std::size_t> readers;
  std::map<const Node*, Kept> kept;
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<std::pair<std::string, std::shared_ptr<std::vector<std::vector<BadRow>>>>> rejected_by_scan;
  std::map<std::string, std::vector<BadRow>> bad_rows;
  Reservation rejected_bytes;
  StageCounts thrown_away;
  std::mutex mutex;
};

Executor::Executor(const std::vector<NodePtr>& roots, const std::map<std::string, const SourceReader*>& sources,
                   const RunContext& context)
    : stages_(std::make_unique<Stages>(roots, sources, context)) {}

Executor::~Executor() = default;

std::size_t Executor::run(const NodePtr& root, Sink& sink) {
  Stages::Stream stream = stages_->open(*root);
  stages_->run_stream(stream, sink, nullptr);
  return stream.last_entry;
}

Table Executor::collect(const NodePtr& root) {
  MemoryBudget& memory = *stages_->context.memory;
  TableSink sink(std::make_shared<const Schema>(root->schema), memory);
  run(root, sink);
  Table table = sink.result();
  for (Batch& batch : table.batches) batch = flatten(memory, batch);
  return table;
}

std::vector<OperatorReport> Executor::reports() const {
  std::vector<OperatorReport> reports;
  for (const auto& entry : stages_->entries) {
    OperatorReport report = entry->report;
    report.rows_in = entry->counts.rows_in;
    report.rows_out = entry->counts.rows_out;
    report.seconds = entry->counts.seconds;
    report.bytes_out = entry->counts.bytes_out;
    std::int64_t kept_rows = std::min(report.rows_in, report.rows_out);
    if (entry->join_kind) {
      // A left row that stays does so once; further matches of it are added rows.
      JoinKind how = *entry->join_kind;
      if (how == JoinKind::kInner || how == JoinKind::kSemi) kept_rows = report.join.left_matched;
      if (how == JoinKind::kAnti) kept_rows = report.join.left_unmatched;
      if (how == JoinKind::kLeft) kept_rows = report.rows_in;
    }
    if (report.kind == "concat") {
      // Its rows are those of its inputs, and so is the time that they took.
      report.rows_in = kept_rows = report.rows_out;
      report.seconds = 0;
    }
    if (report.kind == "aggregate") kept_rows = 0;
    if (report.kind != "scan") {
      report.rows_removed = report.rows_in - kept_rows;
      report.rows_added = report.rows_out - kept_rows;
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

std::map<std::string, std::vector<BadRow>>& Executor::bad_rows() {
  std::map<std::string, std::size_t> scan_counts;
  std::set<std::string> has_new_rows;
  for (auto& [source, splits] : stages_->rejected_by_scan) {
    ++scan_counts[source];
    std::vector<BadRow>& all = stages_->bad_rows[source];
    for (std::vector<BadRow>& rows : *splits) {
      if (!rows.empty()) has_new_rows.insert(source);
      all.insert(all.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
      rows.clear();
    }
  }
  for (const std::string& source : has_new_rows) {
    if (scan_counts[source] > 1) keep_each_once(stages_->bad_rows[source]);
  }
  return stages_->bad_rows;
}

void TableSink::start(std::size_t split_count, std::size_t) { by_split_.resize(split_count); }

void TableSink::consume(Batch batch, std::size_t split_index, std::size_t) {
  for (Column& column : batch.columns) {
    if (!is_short_dictionary(column)) column = flatten(memory_, column);
  }
  by_split_[split_index].push_back(std::move(batch));
}

Table TableSink::result() {
  Table table{schema_, {}};
  for (std::vector<Batch>& batches : by_split_) {
    for (Batch& batch : batches) {
      batch.schema = schema_;
      table.batches.push_back(std::move(batch));
    }
  }
  return table;
}

}  // namespace headrace
