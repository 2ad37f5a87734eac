// A table in the making: where its rows come from and the steps so far, checked as they are added.
//
// What pipelines say in a file, said piece by piece: the face that Python programs see. A LazyFrame is an immutable
// value; a step makes another one. Nothing is read before collect() but what tells columns and types.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "headrace/column/arrow_stream.h"
#include "headrace/expr/parse.h"
#include "headrace/frame/prepare.h"
#include "headrace/frame/run.h"
#include "headrace/io/memory_source.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {

class LazyFrame {
 public:
  /// The rows of files. Opens them to learn their columns. Throws Error(kNotFound) or Error(kBadData).
  static LazyFrame scan(SourceSpec source, const StorageOptions& storage = {});
  /// Rows in memory, shared with `reader`. `name` is what plans and messages call them.
  static LazyFrame of_rows(std::string name, std::shared_ptr<const SourceReader> reader);

  /// Rows that `open` makes anew each time they are read (io/stream_source.h).
  static LazyFrame of_function(std::string name, Schema schema, std::function<std::unique_ptr<BatchStream>()> open);

  /// The frame with one step on top. `others` stand for its other_tables(), whose names are not looked at. Throws Error
  /// that names what is wrong, what would be valid, and the steps before.
  LazyFrame with_step(Step step, std::span<const LazyFrame> others = {}) const;

  const Schema& schema() const;

  /// The frame as a pipeline: its sources, then its tables, of which the last one, called `name`, is the frame. A frame
  /// that is read twice becomes a table of its own. Throws Error(kInvalidArgument) when two of its sources are reached
  /// with different storage options.
  struct Definition {
    Pipeline pipeline;
    MemorySources memory;  // of its sources that are rows in memory
  };
  Definition definition(const std::string& name) const;

 private:
  struct Link;
  class Definer;
  explicit LazyFrame(std::shared_ptr<const Link> link) : link_(std::move(link)) {}

  std::shared_ptr<const Link> link_;
};

/// All rows, in batches of up to a million that need no dictionaries. options.fs and options.memory_sources are not
/// looked at.
StreamedRows collect_frame(const LazyFrame& frame, const RunOptions& options);
/// A column of all rows: shared when they are one batch, else a copy.
Column whole_column(const StreamedRows& rows, std::size_t index, MemoryBudget& memory);
/// All rows, into a sink. Returns what its operators did.
std::vector<OperatorReport> run_frame(const LazyFrame& frame, Sink& sink, const RunOptions& options);

}  // namespace headrace
