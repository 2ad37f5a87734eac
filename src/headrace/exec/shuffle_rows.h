// Rows in a random order, all of them, however many there are.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/exec/encode_rows.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"

namespace headrace {

/// Encodes the rows and puts them in the order of Permutation(rows.row_count(), seed): the same for any number of
/// threads and any memory. Encoded rows go to disk by their place, a 64th of which must fit into memory to come back.
std::unique_ptr<Spool> shuffle_rows(const Spool& rows, const EncodedColumns& columns, std::uint64_t seed,
                                    const RunContext& context);

}  // namespace headrace
