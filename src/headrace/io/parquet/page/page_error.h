// What the decoders of pages throw.
#pragma once

#include <stdexcept>
#include <string>

namespace headrace {

/// The bytes of a page are damaged. The reader of the row group turns it into an Error that names file and column.
class PageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The page is of a kind that is not decoded here; Arrow's reader may know it.
class PageUnsupported : public PageError {
 public:
  using PageError::PageError;
};

[[noreturn]] inline void damaged_page(const std::string& cause) { throw PageError(cause); }

}  // namespace headrace
