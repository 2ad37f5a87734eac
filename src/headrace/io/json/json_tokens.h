// The tokens of JSON lines, and a cursor that walks them.
//
// The text of whole blocks of lines is looked at in vectors of 64 bytes: comparing gives one bit for each quote,
// backslash, blank and mark of punctuation, and from these come the places where tokens begin. What the tokens mean is
// decided by who walks them, strictly as RFC 8259 says:
//
//   {"id": 12, "tags": ["a\n", "b"]}
//   ^^   ^ ^ ^ ^     ^ ^^    ^ ^  ^^     the tokens of a line; a token reaches to the next, blanks behind it left out
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "headrace/column/buffer.h"

namespace headrace {

/// What became of reading a value.
enum class JsonOutcome {
  kGood,
  kBad,     // sound JSON that is no value of the type
  kBroken,  // not JSON: the rest of the line means nothing
};

/// What is wrong with text whose tokens cannot be told.
enum class JsonDefect {
  kNone,
  kEncoding,  // not UTF-8
  kText,      // a text holds a control character, such as a line end, or is not closed
};

/// Finds tokens.
class JsonTokens {
 public:
  explicit JsonTokens(MemoryBudget& memory) : memory_(memory) {}

  /// Finds the tokens of `text`, whole lines of less than 4 GiB with 64 readable bytes behind them. What is wrong with
  /// one line is told of every text that holds it, and of no other: no token goes on behind a line end.
  JsonDefect find(std::string_view text);
  /// Offsets of the tokens of the last find() that gave kNone, and the size of the text behind them, twice.
  const std::uint32_t* begin() const { return reinterpret_cast<const std::uint32_t*>(offsets_->data()); }

 private:
  MemoryBudget& memory_;
  std::shared_ptr<Buffer> offsets_;
};

/// Walks the tokens of one line. 64 bytes behind the line may be read.
class JsonCursor {
 public:
  /// `token` points at the line's first one; offsets count from `text`.
  JsonCursor(const char* text, const std::uint32_t* token, std::uint32_t line_end)
      : text_(text), token_(token), line_end_(line_end) {}

  bool at_end() const { return *token_ >= line_end_; }
  /// The first character of the token at hand, '\0' at the end.
  char first() const { return at_end() ? '\0' : text_[*token_]; }
  /// The token at hand; empty at the end.
  std::string_view token() const {
    std::uint32_t begin = std::min(token_[0], line_end_);
    std::uint32_t end = std::min(token_[1], line_end_);
    while (end > begin && is_blank(text_[end - 1])) --end;
    return {text_ + begin, end - begin};
  }
  /// Where the token at hand begins, and its size with the blanks behind it; the cursor is not at the end.
  const char* raw_begin() const { return text_ + *token_; }
  std::size_t raw_size() const { return token_[1] - token_[0]; }
  void advance() { ++token_; }
  const std::uint32_t* position() const { return token_; }

  /// Notes why the line is broken. `reason` lives as long as the program.
  JsonOutcome fail(const char* reason);
  /// Notes that an object has `key` twice.
  JsonOutcome fail_repeated(std::string_view key);
  const char* failure() const { return failure_; }
  /// The key that stood twice, if that was the failure; else its data() is nullptr.
  std::string_view repeated_key() const { return repeated_key_; }
  /// Offset of the token where the failure was seen.
  std::uint32_t failure_offset() const { return failure_offset_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  const char* text_;
  const std::uint32_t* token_;
  std::uint32_t line_end_;
  const char* failure_ = nullptr;
  std::string_view repeated_key_;
  std::uint32_t failure_offset_ = 0;
};

/// Walks over one value and checks all of it. Levels beyond kJsonDepthMax are refused as broken.
JsonOutcome skip_json_value(JsonCursor& cursor, int depth = 0);
constexpr int kJsonDepthMax = 256;

/// Whether `token` is a number as JSON writes it.
bool is_json_number(std::string_view token);

constexpr std::size_t kNoText = static_cast<std::size_t>(-1);
/// Takes the escapes out of `inner`, a text without its quotes. Writes to `out`, which has room for inner.size() bytes,
/// or only checks when it is nullptr. Returns the size, kNoText when an escape is none or is half a surrogate pair.
std::size_t unescape_json(std::string_view inner, char* out);

}  // namespace headrace
