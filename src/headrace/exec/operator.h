// Streaming operators: batches in, batches out, one instance a worker.
//
// An operator keeps no rows between calls; what needs all rows first is a Sink. What an operator counts beside rows
// (join matches, contract violations) it adds to a shared part when it is destroyed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

class Operator {
 public:
  virtual ~Operator() = default;
  /// Appends the rows that `batch` turns into to `out`, in order; possibly none, possibly several batches.
  virtual void push(const Batch& batch, std::vector<Batch>& out) = 0;
  /// Called once, after the last batch of this worker, one worker at a time.
  virtual void finish() {}
};

using MakeOperator = std::function<std::unique_ptr<Operator>()>;

/// Where the rows of a pipeline end. Workers call consume() for different splits at the same time.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void start(std::size_t split_count, std::size_t worker_count) = 0;
  /// Takes rows of one split. The batches of a split come in order, from one worker.
  virtual void consume(Batch batch, std::size_t split_index, std::size_t worker_index) = 0;
  /// Said after the last row of a split.
  virtual void finish_split(std::size_t /*split_index*/) {}
  /// Said when a split has failed, from any thread: who waits in consume() waits in vain.
  virtual void abandon() noexcept {}
};

}  // namespace headrace
