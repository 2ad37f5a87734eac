// Rows through Arrow's C stream interface, which every library that knows Arrow speaks: nothing but two structs of C is
// shared with it, so that it may have another Arrow than ours.
#pragma once

#include <memory>
#include <vector>

#include "headrace/column/column.h"

struct ArrowArrayStream;
struct ArrowSchema;

namespace headrace {

struct StreamedRows {
  std::shared_ptr<const Schema> schema;
  std::vector<Batch> batches;
};

/// Takes all rows of `stream`, which is released. Buffers are shared where arrow.h says so, and kept as long as columns
/// are made of them. Arrays are validated in full. Throws Error(kBadData), also for what the other side reports, and
/// Error(kUnsupported) for types without a counterpart.
StreamedRows import_stream(ArrowArrayStream* stream, MemoryBudget& memory);

/// The same, batch by batch as they are asked for.
std::unique_ptr<BatchStream> import_batches(ArrowArrayStream* stream, std::shared_ptr<MemoryBudget> memory);

/// Release what the structs own, unless somebody took it out of them, and free them.
struct StreamDeleter {
  void operator()(ArrowArrayStream* stream) const;
};
struct SchemaDeleter {
  void operator()(ArrowSchema* schema) const;
};
using StreamPtr = std::unique_ptr<ArrowArrayStream, StreamDeleter>;
using SchemaPtr = std::unique_ptr<ArrowSchema, SchemaDeleter>;

/// A stream of `rows`, one array a batch: each is converted when it is asked for. `memory` is charged as long as what
/// was delivered lives.
StreamPtr export_stream(StreamedRows rows, std::shared_ptr<MemoryBudget> memory);

/// Describes a struct of the columns.
SchemaPtr export_schema(const Schema& schema);

}  // namespace headrace
