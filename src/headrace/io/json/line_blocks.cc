// See line_blocks.h.
#include "headrace/io/json/line_blocks.h"

#include <algorithm>

#include "headrace/io/text/row_scan.h"

namespace headrace {
namespace {

/// Text and tokens of a block should stay in the first levels of the cache while its lines are read.
constexpr std::size_t kBlockBytes = 16 << 10;

}  // namespace

void LineBlocks::start_block() {
  std::size_t limit = std::min(at_ + kBlockBytes, text_.size());
  std::size_t end = limit;
  if (limit < text_.size()) {
    std::size_t last = text_.substr(at_, limit - at_).rfind('\n');
    end = last == std::string_view::npos ? std::min(text_.find('\n', limit), text_.size() - 1) + 1 : at_ + last + 1;
  }
  block_end_ = end;
  base_ = static_cast<std::uint32_t>(at_);
  std::string_view block = text_.substr(at_, end - at_);
  // A longer one is a single line.
  is_sound_ = block.size() <= kRowBytesMax && tokens_.find(block) == JsonDefect::kNone;
  if (is_sound_) token_ = tokens_.begin();
}

bool LineBlocks::next(Line& line) {
  if (at_end()) return false;
  if (at_ >= block_end_) start_block();
  std::size_t end = std::min(text_.find('\n', at_), block_end_);
  line = {.begin = static_cast<std::uint32_t>(at_),
          .end = static_cast<std::uint32_t>(end),
          .is_too_long = without_cr(text_.substr(at_, end - at_)).size() > kRowBytesMax,
          .defect = JsonDefect::kNone};
  line_end_ = line.end;
  at_ = end + 1;
  if (line.is_too_long) return true;
  if (is_sound_) {
    // What a broken line left behind.
    while (base_ + *token_ < line.begin) ++token_;
    return true;
  }
  base_ = line.begin;
  line.defect = tokens_.find(text_.substr(line.begin, line.end - line.begin));
  token_ = tokens_.begin();
  return true;
}

}  // namespace headrace
