// Strings that Arrow borrows. See text_column.h.
#include "bench/generate/text_column.h"

#include <arrow/array.h>
#include <arrow/buffer.h>

namespace headrace::bench {

std::shared_ptr<arrow::Array> TextColumn::view() const {
  return std::make_shared<arrow::StringArray>(static_cast<std::int64_t>(ends_.size()) - 1, arrow::Buffer::Wrap(ends_),
                                              std::make_shared<arrow::Buffer>(bytes_));
}

void TextColumn::clear() {
  bytes_.clear();
  ends_.resize(1);
}

}  // namespace headrace::bench
