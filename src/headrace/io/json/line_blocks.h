// The lines of a split with their tokens.
#pragma once

#include <cstdint>
#include <string_view>

#include "headrace/io/json/json_tokens.h"

namespace headrace {

/// Cuts text into lines and finds their tokens, many lines at once.
class LineBlocks {
 public:
  /// `text` begins with a line and has kTextPaddingBytes readable bytes behind it.
  LineBlocks(std::string_view text, MemoryBudget& memory) : text_(text), tokens_(memory) {}

  struct Line {
    std::uint32_t begin;  // offsets into the text
    std::uint32_t end;    // its line end left out, a CR not
    bool is_too_long;     // its tokens have not been looked for
    JsonDefect defect;    // it has no tokens unless kNone
  };
  /// Takes the next line; false at the end.
  bool next(Line& line);
  /// At the first token of the line that next() gave.
  JsonCursor cursor() const { return {text_.data() + base_, token_, line_end_ - base_}; }
  /// Where in the text the offsets of that cursor count from.
  std::uint32_t base() const { return base_; }
  /// Tells how far the cursor came, which saves a search.
  void done(const JsonCursor& cursor) { token_ = cursor.position(); }

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t bytes_left() const { return text_.size() - at_; }

 private:
  void start_block();

  std::string_view text_;
  JsonTokens tokens_;
  std::size_t at_ = 0;         // the next line
  std::size_t block_end_ = 0;  // behind the lines looked at
  bool is_sound_ = false;      // the block's tokens are known
  std::uint32_t base_ = 0;     // what tokens count from
  std::uint32_t line_end_ = 0;
  const std::uint32_t* token_ = nullptr;
};

}  // namespace headrace
