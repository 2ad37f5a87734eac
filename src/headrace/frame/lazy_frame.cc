// See lazy_frame.h. Frames are links that point to what they are made of; definition() walks them once.
#include "headrace/frame/lazy_frame.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/fs/routed_file_system.h"
#include "headrace/io/stream_source.h"
#include "headrace/kernel/gather.h"

namespace headrace {

/// Where rows come from, or one step on another link.
struct LazyFrame::Link {
  SourceSpec source;
  StorageOptions storage;
  std::shared_ptr<const SourceReader> reader;  // of rows in memory

  std::shared_ptr<const Link> input;                // null: a source
  std::vector<std::shared_ptr<const Link>> others;  // what the step reads beside it
  Step step;

  NodePtr plan;
  std::string trail;  // "from flights, then filter arrived, join planes"
};

/// Makes a pipeline of a link and all that it reads.
class LazyFrame::Definer {
 public:
  explicit Definer(std::string name) : name_(std::move(name)) { names_.insert(name_); }

  Definition define(const std::shared_ptr<const Link>& root) {
    count_readers(root);
    std::string from = name_of(root);
    if (from != name_) definition_.pipeline.tables.push_back({name_, from, {}, {}});
    definition_.pipeline.name = name_;
    definition_.pipeline.feature_table = name_;
    return std::move(definition_);
  }

 private:
  void count_readers(const std::shared_ptr<const Link>& root) {
    root_ = root.get();
    std::vector<const Link*> open = {root.get()};
    while (!open.empty()) {
      const Link* link = open.back();
      open.pop_back();
      auto read = [&](const Link* other) {
        if (other != nullptr && ++readers_[other] == 1) open.push_back(other);
      };
      read(link->input.get());
      for (const auto& other : link->others) read(other.get());
    }
  }

  /// The name of the source or table that has the rows of `link`; defines it first where it is not known yet.
  std::string name_of(const std::shared_ptr<const Link>& link) {
    auto known = defined_.find(link.get());
    if (known != defined_.end()) return known->second;
    std::string name = link->input ? define_table(*link) : define_source(*link);
    defined_[link.get()] = name;
    return name;
  }

  /// A table of the steps down to what has a name, or is read by others too.
  std::string define_table(const Link& last) {
    std::vector<const Link*> chain = {&last};
    while (chain.back()->input->input && readers_[chain.back()->input.get()] == 1) {
      chain.push_back(chain.back()->input.get());
    }
    std::ranges::reverse(chain);
    TableSpec table;
    table.from = name_of(chain.front()->input);
    for (const Link* link : chain) {
      table.steps.push_back(link->step);
      std::span<std::string> names = other_tables(table.steps.back());
      for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of(link->others[i]);
    }
    table.name = &last == root_ ? name_ : unused_name(table.from + "_rows");
    definition_.pipeline.tables.push_back(table);
    return table.name;
  }

  std::string define_source(const Link& link) {
    SourceSpec source = link.source;
    source.name = unused_name(source.name);
    if (link.reader) definition_.memory[source.name] = link.reader;
    // Memory has no storage, and files of this machine do not care.
    bool is_stored = !link.reader && link.storage != StorageOptions();
    StorageOptions& storage = definition_.pipeline.storage;
    if (is_stored && storage != StorageOptions() && storage != link.storage) {
      throw Error(ErrorCode::kInvalidArgument, "two sources of a frame have different storage options",
                  "give both the same, or copy one of them to where the other is");
    }
    if (is_stored) storage = link.storage;
    definition_.pipeline.sources.push_back(source);
    return definition_.pipeline.sources.back().name;
  }

  std::string unused_name(const std::string& name) {
    std::string unused = name;
    for (int i = 2; !names_.insert(unused).second; ++i) unused = fmt::format("{}_{}", name, i);
    return unused;
  }

  std::string name_;
  const Link* root_ = nullptr;
  std::set<std::string> names_;
  std::map<const Link*, int> readers_;
  std::map<const Link*, std::string> defined_;
  Definition definition_;
};

LazyFrame LazyFrame::scan(SourceSpec source, const StorageOptions& storage) {
  std::unique_ptr<SourceReader> reader = open_source(source, {routed_file_system(storage), MemoryBudget::create()});
  Link link;
  link.plan = make_scan(source.name, reader->schema(), source.name);
  link.trail = "from " + source.name;
  link.source = std::move(source);
  link.storage = storage;
  return LazyFrame(std::make_shared<const Link>(std::move(link)));
}

LazyFrame LazyFrame::of_rows(std::string name, std::shared_ptr<const SourceReader> reader) {
  Link link;
  link.plan = make_scan(name, reader->schema(), name);
  link.trail = "from " + name;
  link.source.name = std::move(name);
  link.source.format = kMemoryFormat;
  link.reader = std::move(reader);
  return LazyFrame(std::make_shared<const Link>(std::move(link)));
}

LazyFrame LazyFrame::of_function(std::string name, Schema schema, std::function<std::unique_ptr<BatchStream>()> open) {
  return of_rows(std::move(name), stream_source(std::move(schema), std::move(open), MemoryBudget::create()));
}

LazyFrame LazyFrame::with_step(Step step, std::span<const LazyFrame> others) const {
  Link link;
  std::span<std::string> names = other_tables(step);
  HEADRACE_CHECK(names.size() == others.size());
  std::vector<NodePtr> plans;
  for (std::size_t i = 0; i < others.size(); ++i) {
    const std::shared_ptr<const Link>& other = others[i].link_;
    names[i] = other->source.name.empty() ? "a frame" : other->source.name;
    plans.push_back(other->plan);
    link.others.push_back(other);
  }
  std::string text = step_text(step);
  link.plan = with_context([&] { return apply_step(link_->plan, step, plans, text); },
                           [&] { return fmt::format("adding {} to a frame: {}", step_kind(step), link_->trail); });
  link.trail = fmt::format("{}{} {}", link_->trail, link_->input ? "," : ", then", text);
  link.input = link_;
  link.step = std::move(step);
  return LazyFrame(std::make_shared<const Link>(std::move(link)));
}

const Schema& LazyFrame::schema() const { return link_->plan->schema; }

LazyFrame::Definition LazyFrame::definition(const std::string& name) const { return Definer(name).define(link_); }

namespace {

/// Options for a frame's own pipeline.
RunOptions own_options(const RunOptions& options, LazyFrame::Definition& definition) {
  RunOptions own = options;
  own.fs = nullptr;
  own.memory_sources = std::move(definition.memory);
  return own;
}

}  // namespace

std::vector<OperatorReport> run_frame(const LazyFrame& frame, Sink& sink, const RunOptions& options) {
  LazyFrame::Definition definition = frame.definition("frame");
  return run_table(definition.pipeline, "frame", sink, own_options(options, definition));
}

Column whole_column(const StreamedRows& rows, std::size_t index, MemoryBudget& memory) {
  if (rows.batches.empty()) return Column::nulls(memory, (*rows.schema)[index].type, 0);
  std::vector<Column> chunks;
  for (const Batch& batch : rows.batches) chunks.push_back(batch.columns[index]);
  return chunks.size() == 1 ? chunks[0] : flatten(memory, concat(memory, chunks));
}

StreamedRows collect_frame(const LazyFrame& frame, const RunOptions& options) {
  constexpr std::size_t kBatchesJoined = 64;  // a million rows
  LazyFrame::Definition definition = frame.definition("frame");
  Table table = collect_table(definition.pipeline, "frame", own_options(options, definition));
  MemoryBudget& memory = *options.context.memory;
  StreamedRows rows{table.schema, {}};
  for (std::size_t begin = 0; begin < table.batches.size(); begin += kBatchesJoined) {
    std::size_t count = std::min(kBatchesJoined, table.batches.size() - begin);
    std::span<Batch> joined(table.batches.data() + begin, count);
    rows.batches.push_back(flatten(memory, concat(memory, table.schema, joined)));
    std::ranges::fill(joined, Batch());  // let go before more are joined
  }
  return rows;
}

}  // namespace headrace
