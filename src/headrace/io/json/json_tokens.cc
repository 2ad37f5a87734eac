// What the tokens of JSON lines mean. See json_tokens.h.
#include "headrace/io/json/json_tokens.h"

#include <cstring>

namespace headrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number of four hexadecimal digits, or -1.
int hex_value(std::string_view digits) {
  int value = 0;
  for (char c : digits) {
    int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return digits.size() == 4 ? value : -1;
}

/// Writes a character as UTF-8; returns its bytes.
std::size_t put_utf8(int character, char* out) {
  auto put = [&](std::size_t i, int byte) { out[i] = static_cast<char>(byte); };
  if (character < 0x80) {
    put(0, character);
    return 1;
  }
  if (character < 0x800) {
    put(0, 0xC0 | (character >> 6));
    put(1, 0x80 | (character & 0x3F));
    return 2;
  }
  if (character < 0x10000) {
    put(0, 0xE0 | (character >> 12));
    put(1, 0x80 | ((character >> 6) & 0x3F));
    put(2, 0x80 | (character & 0x3F));
    return 3;
  }
  put(0, 0xF0 | (character >> 18));
  put(1, 0x80 | ((character >> 12) & 0x3F));
  put(2, 0x80 | ((character >> 6) & 0x3F));
  put(3, 0x80 | (character & 0x3F));
  return 4;
}

/// The character that \uXXXX at inner[at] stands for, -1 if none; moves `at` behind it.
int unescape_unicode(std::string_view inner, std::size_t& at) {
  int unit = hex_value(inner.substr(at + 2, 4));
  at += 6;
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit > 0xDBFF || inner.substr(std::min(at, inner.size()), 2) != "\\u") return -1;
  int low = hex_value(inner.substr(at + 2, 4));
  at += 6;
  return low < 0xDC00 || low > 0xDFFF ? -1 : 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

char unescaped(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return '\0';
  }
}

JsonOutcome skip_members(JsonCursor& cursor, int depth) {
  cursor.advance();
  if (cursor.first() == '}') {
    cursor.advance();
    return JsonOutcome::kGood;
  }
  while (true) {
    if (cursor.first() != '"') return cursor.fail("a key is missing");
    if (skip_json_value(cursor, depth) == JsonOutcome::kBroken) return JsonOutcome::kBroken;
    if (cursor.first() != ':') return cursor.fail("a ':' is missing");
    cursor.advance();
    if (skip_json_value(cursor, depth + 1) == JsonOutcome::kBroken) return JsonOutcome::kBroken;
    char next = cursor.first();
    if (next != ',' && next != '}') return cursor.fail("a ',' or '}' is missing");
    cursor.advance();
    if (next == '}') return JsonOutcome::kGood;
  }
}

JsonOutcome skip_elements(JsonCursor& cursor, int depth) {
  cursor.advance();
  if (cursor.first() == ']') {
    cursor.advance();
    return JsonOutcome::kGood;
  }
  while (true) {
    if (skip_json_value(cursor, depth + 1) == JsonOutcome::kBroken) return JsonOutcome::kBroken;
    char next = cursor.first();
    if (next != ',' && next != ']') return cursor.fail("a ',' or ']' is missing");
    cursor.advance();
    if (next == ']') return JsonOutcome::kGood;
  }
}

}  // namespace

JsonOutcome JsonCursor::fail(const char* reason) {
  failure_ = at_end() ? "it ends too early" : reason;
  failure_offset_ = std::min(*token_, line_end_);
  return JsonOutcome::kBroken;
}

JsonOutcome JsonCursor::fail_repeated(std::string_view key) {
  repeated_key_ = key;
  return fail("a key stands twice");
}

JsonOutcome skip_json_value(JsonCursor& cursor, int depth) {
  if (depth >= kJsonDepthMax) return cursor.fail("it is nested deeper than 256 levels");
  std::string_view token = cursor.token();
  switch (cursor.first()) {
    case '{': return skip_members(cursor, depth);
    case '[': return skip_elements(cursor, depth);
    case '"': {
      std::string_view inner = token.substr(1, token.size() - 2);
      bool is_plain = std::memchr(inner.data(), '\\', inner.size()) == nullptr;
      if (!is_plain && unescape_json(inner, nullptr) == kNoText) return cursor.fail("an escape in a text is none");
      break;
    }
    default:
      bool is_value = token == "null" || token == "true" || token == "false" || is_json_number(token);
      if (!is_value) return cursor.fail("a value is missing or is none");
  }
  cursor.advance();
  return JsonOutcome::kGood;
}

bool is_json_number(std::string_view token) {
  std::size_t at = 0;
  auto skip_digits = [&] {
    std::size_t begin = at;
    while (at < token.size() && is_digit(token[at])) ++at;
    return at > begin;
  };
  if (at < token.size() && token[at] == '-') ++at;
  std::size_t whole = at;
  if (!skip_digits() || (token[whole] == '0' && at - whole > 1)) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (!skip_digits()) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (!skip_digits()) return false;
  }
  return at == token.size();
}

std::size_t unescape_json(std::string_view inner, char* out) {
  std::size_t size = 0;
  std::size_t at = 0;
  while (at < inner.size()) {
    const char* begin = inner.data() + at;
    const void* found = std::memchr(begin, '\\', inner.size() - at);
    std::size_t plain =
        found == nullptr ? inner.size() - at : static_cast<std::size_t>(static_cast<const char*>(found) - begin);
    if (out != nullptr) std::memcpy(out + size, begin, plain);
    size += plain;
    at += plain;
    if (at == inner.size()) break;
    char bytes[4];
    std::size_t byte_count = 1;
    char kind = at + 1 < inner.size() ? inner[at + 1] : '\0';
    if (kind == 'u') {
      int character = unescape_unicode(inner, at);
      if (character < 0) return kNoText;
      byte_count = put_utf8(character, bytes);
    } else {
      bytes[0] = unescaped(kind);
      if (bytes[0] == '\0') return kNoText;
      at += 2;
    }
    if (out != nullptr) std::memcpy(out + size, bytes, byte_count);
    size += byte_count;
  }
  return size;
}

}  // namespace headrace
