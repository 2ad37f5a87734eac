// A Unischema in Python's pickle format, under the key `dataset-toolkit.unischema.v1`.
//
// Written are the bytes that `pickle.dumps(schema, protocol=2)` would give: Petastorm's own classes by name, the
// object's __dict__ with `_name`, `_fields` and one attribute a field, the same object as in `_fields`.
//
// Reading runs no code and imports nothing. The opcodes are interpreted into plain data (pickle_reader.h); the only
// names known are those that a Unischema consists of, today's and older ones.
#pragma once

#include <string>
#include <string_view>

#include "headrace/base/memory_budget.h"
#include "headrace/io/petastorm/unischema.h"

namespace headrace {

std::string write_unischema_pickle(const Unischema& schema);

/// Reads what any Python wrote with any protocol. Throws Error(kBadData) naming opcode or name, and the byte, of
/// anything that has no place in a Unischema.
Unischema read_unischema_pickle(std::string_view pickle, MemoryBudget& memory);

}  // namespace headrace
