// Which columns can be worked on together, code by code, and whether a dictionary is one that was seen before.
#pragma once

#include <memory>

#include "headrace/column/column.h"

namespace headrace {

/// Whether two dictionary columns have the same codes, and dictionaries of equal length.
inline bool have_same_codes(const Column& a, const Column& b) {
  return a.codes().data() == b.codes().data() && a.dictionary()->length() == b.dictionary()->length();
}

/// Whether `known` is the very object `column`, and not another one that came to be at its address.
inline bool is_same_object(const std::weak_ptr<const Column>& known, const std::shared_ptr<const Column>& column) {
  return !known.owner_before(column) && !column.owner_before(known);
}

}  // namespace headrace
