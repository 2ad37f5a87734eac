// The 8 bytes that stand for a value in a row's digest (row_digest.h): equal for equal values of a type.
#pragma once

#include <cstdint>

#include "headrace/io/row_range.h"

namespace headrace {

/// Puts a word for each of the rows to `words`: of bool, integers, dates and timestamps the value as int64; of floats
/// the bits as float64, -0.0 as 0.0 and every NaN as one; of other values their hash (kernel/hash.h), lists and
/// structs: hash_combine of their parts' words; of null: kNullHash.
void put_words(const RowRange& rows, std::uint64_t* words);

}  // namespace headrace
