// Reads a column of a binary file as the type that the pipeline declares for it.
//
// Only casts that keep every value are made: what the declared type cannot hold exactly is a bad value, never a rounded
// one. Lists and structs are cast by their elements and fields.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "headrace/column/column.h"

namespace headrace {

enum class CastFit {
  kNever,    // the types do not go together
  kByValue,  // some values may not fit
  kAlways,   // every value fits
};

/// Whether values of `from` can be read as `to`. Strings of a file are kByValue: their bytes may be no UTF-8.
CastFit declared_cast_fit(const Type& from, const Type& to);

/// Told of each row whose value does not fit; `kind` as in BadRow.
using BadValue = std::function<void(std::int64_t row, const char* kind, std::string message)>;

/// Whether all texts of a string or binary column in plain layout are UTF-8.
bool all_texts_valid(const Column& column);

/// `column` as type `to`; a value that does not fit is reported and becomes null (inside lists and structs: its part
/// does). Shares memory where nothing changes. Requires: declared_cast_fit() is not kNever.
Column declared_cast(const Column& column, const Type& to, MemoryBudget& memory, const BadValue& report);

}  // namespace headrace
