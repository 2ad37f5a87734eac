// Literals and types as they are written inside expressions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "headrace/column/value.h"

namespace headrace {

/// Reads a value of a scalar type from the text that stands in quotes after the type's name: date '2013-01-31'. Empty
/// when the type cannot hold it.
std::optional<Value> read_literal(const Type& type, std::string_view text);
/// How such text is to be written.
std::string literal_hint(const Type& type);

/// Reads pairs of hex digits into bytes. Empty when it is anything else.
std::optional<std::string> read_hex(std::string_view text);

/// What to write instead of a name that is no type: our name for types that other systems name otherwise, else a near
/// one.
std::string unknown_type_hint(std::string_view name);

}  // namespace headrace
