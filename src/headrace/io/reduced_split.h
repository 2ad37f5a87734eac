// Scan reductions (source.h) for sources that do not compute them while they decode: from the delivered columns.
#pragma once

#include <cstddef>
#include <memory>

#include "headrace/io/source.h"

namespace headrace {

/// Opens a split by opening it without the reductions, which are then computed batch by batch. For the first line of
/// an open_split().
std::unique_ptr<SplitStream> open_reduced(const SourceReader& source, std::size_t split_index,
                                          const ScanRequest& request, std::shared_ptr<MemoryBudget> memory);

/// Whether no column is asked for twice, as itself or in a reduction.
bool reads_once(const ScanRequest& request);

/// The index of the reduction's column in `schema`; throws Error(kNotFound) when there is none of that name. Requires:
/// it holds texts.
std::size_t checked_text(const Schema& schema, const ScanReduction& reduction);

/// Texts as ScanReduction::Kind::kHash64 wants them. An int64 column is taken for hashes already; its nulls become
/// kNullHash.
Column hash_texts(const Column& column, MemoryBudget& memory);

}  // namespace headrace
