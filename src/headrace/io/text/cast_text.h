// Text as values of a type, one at a time: what is null, what is valid, what to say of the rest.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/type.h"

namespace headrace {

/// The texts that stand for null.
class NullValues {
 public:
  explicit NullValues(const std::vector<std::string>& texts);

  /// Whether `size` bytes of text are one of them. 8 bytes at `text` may be read.
  bool match(const char* text, std::size_t size) const {
    for (const Entry& entry : entries_) {
      if (entry.text.size() != size) continue;
      std::uint64_t word;
      std::memcpy(&word, text, sizeof(word));
      if ((word & entry.mask) == entry.word && (size <= 8 || std::string_view(text, size) == entry.text)) return true;
    }
    return false;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct Entry {
    std::string text;
    std::uint64_t word;  // its first 8 bytes
    std::uint64_t mask;
  };
  std::vector<std::string> texts_;
  std::vector<Entry> entries_;
};

/// Reads `text` as cast(text as type) does, for types with fixed-width values; writes type.value_bytes() bytes to
/// `out`.
bool parse_text(const Type& type, std::string_view text, std::byte* out);
/// Why parse_text() returned false: "'abc' is no int32".
std::string describe_bad_text(const Type& type, std::string_view text);

/// Whether a text, of which nobody said what it is, is taken for a date or a timestamp: in full digits, "2013-01-31",
/// "2013-01-31T23:59:59".
bool looks_like_date(std::string_view text);
bool looks_like_timestamp(std::string_view text);

}  // namespace headrace
