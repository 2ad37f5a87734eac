// Columns of arrays: the binary column that Petastorm's NdarrayCodec keeps, a .npy file a row, and the lists that they
// are.
//
//   numpy                              element                    numpy                 element
//   bool_ b1                           bool                       float32 f4            float32
//   int8 … int64 i1 … i8               int8 … int64               float64 f8            float64
//   uint8 uint16 uint32 u1 u2 u4       int16 int32 int64          datetime64 M8[D]      date
//   float16 f2                         float32                    datetime64 M8[us]     timestamp, timestamp_ntz
//
// A dimension of any size is a list, one of a fixed size a fixed_size_list: (?, 3) is list<fixed_size_list<T, 3>>.
#pragma once

#include <optional>
#include <string_view>

#include "headrace/column/column.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/petastorm/unischema.h"

namespace headrace {

/// The type that arrays of such a field are read as; empty when they are not read and stay bytes.
std::optional<Type> array_type(const UnischemaField& field);
/// Whether arrays of datetime64 can be read as `type`: lists of dates or timestamps.
bool is_array_of_times(const Type& type);

/// Rows of a list or fixed_size_list of scalars as .npy files of one dimension; null for null. Throws Error(kBadData),
/// which `what` opens, for a list that holds a null. Requires: can_be_array(type).
Column encode_arrays(const Column& lists, std::string_view what, MemoryBudget& memory);
/// Whether the type is one of encode_arrays().
bool can_be_array(const Type& type);

/// Rows of a binary column as `type`. A row that is no array, or one of another type or shape, is reported and null.
Column decode_arrays(const Column& bytes, const Type& type, MemoryBudget& memory, const BadValue& report);

}  // namespace headrace
