// The texts of a data page, in any of their encodings.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/io/parquet/page/chunk_pages.h"
#include "headrace/io/parquet/page/code_decoder.h"
#include "headrace/io/parquet/page/text_column.h"

namespace headrace {

/// Either codes into the chunk's dictionary, or the texts themselves.
class TextPage {
 public:
  explicit TextPage(MemoryBudget& memory) : lengths_(memory, nullptr) {}

  void start(const Page& page, std::size_t entry_count);
  /// Throws PageError unless all is used up.
  void end() const;

  bool is_coded() const { return is_coded_; }
  /// Whether no text that comes has a byte beyond ASCII, as far as a look at the page as a whole can tell. Requires:
  /// not is_coded().
  bool is_ascii() const;
  CodeDecoder& codes() { return codes_; }
  /// The texts that come next, of which `count` are going to be taken. Throws PageError when there are fewer.
  PackedTexts& texts(std::int64_t count);

 private:
  void start_lengths(const Page& page);

  bool is_coded_ = false;
  CodeDecoder codes_;
  PackedTexts texts_;
  ScratchBytes lengths_;
  std::int64_t lengths_left_ = 0;
};

/// Whether no text of `texts` has a byte beyond ASCII, as far as a look at all of them can tell.
bool are_ascii(const PackedTexts& texts);

/// The entries of a dictionary page as a column in plain layout.
Column dictionary_entries(const Page& page, const Type& type, MemoryBudget& memory);

}  // namespace headrace
