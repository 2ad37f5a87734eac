// Memory that the machine does not have, as an Error like any other.
#pragma once

#include <new>

#include "headrace/base/error.h"

namespace headrace {

/// Runs `body`; std::bad_alloc becomes Error(kOutOfMemory).
template <typename Body>
auto without_bad_alloc(const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kOutOfMemory, "the machine has no memory left",
                "run with a smaller --memory, or with fewer --threads");
  }
}

}  // namespace headrace
