// Hashes of the rows of columns, as kernel/hash.h defines them per type.
#pragma once

#include <cstdint>
#include <span>

#include "headrace/column/column.h"

namespace headrace {

/// hashes[i] = the hash of row i; kNullHash for null. Takes all types but structs.
void hash_rows(const Column& column, std::span<std::uint64_t> hashes);

/// The hash of one column, or hash_combine() of the hashes of several, row by row.
void hash_rows(std::span<const Column> columns, std::span<std::uint64_t> hashes);

}  // namespace headrace
