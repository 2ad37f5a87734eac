// The native engine: runs a plan on threads and memory of this process.
//
// A plan is cut into stages at the points where all rows are needed: the right side of a join, the input of an
// aggregate, a node that several others read. Each stage is source → operators → sink. Workers take the splits of the
// source one by one and push their batches through operators of their own, so that nothing on the way is shared or
// locked; order is kept by split number, so that results do not depend on the number of threads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/operator.h"
#include "headrace/exec/report.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/table.h"
#include "headrace/io/source.h"
#include "headrace/plan/node.h"

namespace headrace {

class Executor {
 public:
  /// `roots` are all plans that will be run, so that a node they share is evaluated once and its rows are kept until
  /// its last reader is done. `sources` has a reader for the source of every scan. The arguments outlive the executor.
  Executor(const std::vector<NodePtr>& roots, const std::map<std::string, const SourceReader*>& sources,
           const RunContext& context);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Runs one of the roots and gives its rows to `sink`. Returns the id of the operator that made them.
  std::size_t run(const NodePtr& root, Sink& sink);
  /// Runs one of the roots and keeps its rows.
  Table collect(const NodePtr& root);

  /// The operators that have run, inputs before those that read them; ids are indexes.
  std::vector<OperatorReport> reports() const;
  /// Bad rows met so far, by source, in the order of the source's rows.
  std::map<std::string, std::vector<BadRow>>& bad_rows();

 private:
  struct Stages;
  std::unique_ptr<Stages> stages_;
};

/// Keeps batches in the order of their splits. Only short dictionaries of strings stay in dictionary layout.
class TableSink : public Sink {
 public:
  TableSink(std::shared_ptr<const Schema> schema, MemoryBudget& memory) : schema_(std::move(schema)), memory_(memory) {}
  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  Table result();

 private:
  std::shared_ptr<const Schema> schema_;
  MemoryBudget& memory_;
  std::vector<std::vector<Batch>> by_split_;
};

}  // namespace headrace
