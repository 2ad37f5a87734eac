// The least memory budget that a run can do with, as far as that is known before rows are read.
#pragma once

#include <cstddef>

#include "headrace/frame/prepare.h"

namespace headrace {

/// Bytes that the workers of a run hold at once: the batches on their way, and the split they read, what an output's
/// writer keeps or the statistics that are fitted. Twice of that, since half of a budget is for rows that are kept.
/// Tables of joins and groups and the words of vocabularies come on top: how large they get, only the rows say.
std::size_t memory_floor(const PreparedPipeline& prepared, const RunContext& context);

/// Throws Error(kOutOfMemory) with the number that would do when the budget of `context` is less than that.
void check_memory_floor(const PreparedPipeline& prepared, const RunContext& context);

}  // namespace headrace
