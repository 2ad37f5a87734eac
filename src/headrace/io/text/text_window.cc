// See text_window.h.
#include "headrace/io/text/text_window.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/text/split.h"

namespace headrace {

TextWindow::TextWindow(const InputFile& file, std::int64_t file_bytes, std::int64_t begin, std::int64_t end,
                       MemoryBudget& memory)
    : file_(file), file_bytes_(file_bytes), begin_(begin), memory_(memory) {
  read(end);
}

std::string_view TextWindow::slice(std::int64_t from, std::int64_t to) const {
  std::size_t first = static_cast<std::size_t>(from - begin_);
  return text().substr(first, static_cast<std::size_t>(std::min(to, end()) - from));
}

void TextWindow::extend_to(std::int64_t wanted) {
  read(std::max(wanted, end() + static_cast<std::int64_t>(size_bytes_)));
}

void TextWindow::read(std::int64_t wanted) {
  std::int64_t old_end = end();
  std::int64_t new_end = std::max(old_end, std::min(wanted, file_bytes_));
  std::size_t total = static_cast<std::size_t>(new_end - begin_);
  std::shared_ptr<Buffer> larger = Buffer::allocate(memory_, total + kTextPaddingBytes);
  if (size_bytes_ > 0) std::memcpy(larger->mutable_data(), buffer_->data(), size_bytes_);
  std::span<std::byte> fresh(larger->mutable_data() + size_bytes_, total - size_bytes_);
  if (!fresh.empty()) file_.read_at(old_end, fresh);
  std::memset(larger->mutable_data() + total, 0, kTextPaddingBytes);
  buffer_ = std::move(larger);
  size_bytes_ = total;
}

std::int64_t byte_order_mark_bytes(std::string_view text, const std::string& path) {
  if (text.starts_with("\xEF\xBB\xBF")) return 3;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    throw Error(ErrorCode::kBadData, fmt::format("'{}' is UTF-16, not UTF-8", path),
                "convert it first: iconv -f UTF-16 -t UTF-8");
  }
  return 0;
}

}  // namespace headrace
