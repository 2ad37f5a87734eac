// See case_mapping.h.
#include "headrace/expr/function/case_mapping.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utf8proc.h>

#include "headrace/expr/function/utf8.h"

namespace headrace {
namespace {

struct SpecialUpper {
  char32_t from;
  std::u16string_view to;
};

/// The code points whose upper case is several, in order, but for the regular range 1F80 … 1FAF.
constexpr SpecialUpper kSpecialUpper[] = {
    {0x00DF, u"\x0053\x0053"},       {0x0149, u"\x02BC\x004E"},       {0x01F0, u"\x004A\x030C"},
    {0x0390, u"\x0399\x0308\x0301"}, {0x03B0, u"\x03A5\x0308\x0301"}, {0x0587, u"\x0535\x0552"},
    {0x1E96, u"\x0048\x0331"},       {0x1E97, u"\x0054\x0308"},       {0x1E98, u"\x0057\x030A"},
    {0x1E99, u"\x0059\x030A"},       {0x1E9A, u"\x0041\x02BE"},       {0x1F50, u"\x03A5\x0313"},
    {0x1F52, u"\x03A5\x0313\x0300"}, {0x1F54, u"\x03A5\x0313\x0301"}, {0x1F56, u"\x03A5\x0313\x0342"},
    {0x1FB2, u"\x1FBA\x0399"},       {0x1FB3, u"\x0391\x0399"},       {0x1FB4, u"\x0386\x0399"},
    {0x1FB6, u"\x0391\x0342"},       {0x1FB7, u"\x0391\x0342\x0399"}, {0x1FBC, u"\x0391\x0399"},
    {0x1FC2, u"\x1FCA\x0399"},       {0x1FC3, u"\x0397\x0399"},       {0x1FC4, u"\x0389\x0399"},
    {0x1FC6, u"\x0397\x0342"},       {0x1FC7, u"\x0397\x0342\x0399"}, {0x1FCC, u"\x0397\x0399"},
    {0x1FD2, u"\x0399\x0308\x0300"}, {0x1FD3, u"\x0399\x0308\x0301"}, {0x1FD6, u"\x0399\x0342"},
    {0x1FD7, u"\x0399\x0308\x0342"}, {0x1FE2, u"\x03A5\x0308\x0300"}, {0x1FE3, u"\x03A5\x0308\x0301"},
    {0x1FE4, u"\x03A1\x0313"},       {0x1FE6, u"\x03A5\x0342"},       {0x1FE7, u"\x03A5\x0308\x0342"},
    {0x1FF2, u"\x1FFA\x0399"},       {0x1FF3, u"\x03A9\x0399"},       {0x1FF4, u"\x038F\x0399"},
    {0x1FF6, u"\x03A9\x0342"},       {0x1FF7, u"\x03A9\x0342\x0399"}, {0x1FFC, u"\x03A9\x0399"},
    {0xFB00, u"\x0046\x0046"},       {0xFB01, u"\x0046\x0049"},       {0xFB02, u"\x0046\x004C"},
    {0xFB03, u"\x0046\x0046\x0049"}, {0xFB04, u"\x0046\x0046\x004C"}, {0xFB05, u"\x0053\x0054"},
    {0xFB06, u"\x0053\x0054"},       {0xFB13, u"\x0544\x0546"},       {0xFB14, u"\x0544\x0535"},
    {0xFB15, u"\x0544\x053B"},       {0xFB16, u"\x054E\x0546"},       {0xFB17, u"\x0544\x053D"},
};

/// MidLetter, MidNumLet and Single_Quote of the Word_Break property: marks that a word may hold inside.
constexpr std::array<char32_t, 17> kInsideWord = {0x0027, 0x002E, 0x003A, 0x00B7, 0x0387, 0x055F,
                                                  0x05F4, 0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                                  0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};

constexpr char32_t kCapitalSigma = 0x03A3;
constexpr char32_t kSmallFinalSigma = 0x03C2;
constexpr char32_t kCapitalIWithDot = 0x0130;

/// Reads the code point that starts at `offset` and moves `offset` behind it.
char32_t read_code_point(std::string_view text, std::size_t& offset) {
  utf8proc_int32_t code_point = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + offset);
  utf8proc_ssize_t read = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - offset), &code_point);
  offset += static_cast<std::size_t>(std::max<utf8proc_ssize_t>(read, 1));
  return static_cast<char32_t>(code_point);
}

void append_code_point(char32_t code_point, std::string& out) {
  utf8proc_uint8_t bytes[4];
  utf8proc_ssize_t count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

bool append_special_upper(char32_t code_point, std::string& out) {
  if (code_point >= 0x1F80 && code_point <= 0x1FAF) {  // alpha, eta, omega with iota below: the capital, then an iota
    constexpr std::array<char32_t, 3> kCapitals = {0x1F08, 0x1F28, 0x1F68};
    append_code_point(kCapitals[(code_point - 0x1F80) / 16] + code_point % 8, out);
    append_code_point(0x0399, out);
    return true;
  }
  const auto* end = std::end(kSpecialUpper);
  const auto* found = std::lower_bound(std::begin(kSpecialUpper), end, code_point,
                                       [](const SpecialUpper& row, char32_t value) { return row.from < value; });
  if (found == end || found->from != code_point) return false;
  for (char16_t unit : found->to) append_code_point(unit, out);
  return true;
}

bool is_cased(char32_t code_point) {
  auto value = static_cast<utf8proc_int32_t>(code_point);
  return utf8proc_category(value) == UTF8PROC_CATEGORY_LT || utf8proc_isupper(value) != 0 ||
         utf8proc_islower(value) != 0;
}

bool is_case_ignorable(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return std::binary_search(kInsideWord.begin(), kInsideWord.end(), code_point);
  }
}

/// Whether the sigma at [begin, end) follows a cased letter and none follows it, case-ignorable marks between left out.
bool is_final_sigma(std::string_view text, std::size_t begin, std::size_t end) {
  for (std::size_t next = end; next < text.size();) {
    char32_t code_point = read_code_point(text, next);
    if (is_case_ignorable(code_point)) continue;
    if (is_cased(code_point)) return false;
    break;
  }
  while (begin > 0) {
    do --begin;
    while (begin > 0 && !starts_code_point(text[begin]));
    std::size_t offset = begin;
    char32_t code_point = read_code_point(text, offset);
    if (!is_case_ignorable(code_point)) return is_cased(code_point);
  }
  return false;
}

}  // namespace

void append_upper(std::string_view text, std::string& out) {
  for (std::size_t offset = 0; offset < text.size();) {
    if (char byte = text[offset]; is_ascii(byte)) {
      out += static_cast<char>(byte >= 'a' && byte <= 'z' ? byte - ('a' - 'A') : byte);
      ++offset;
      continue;
    }
    char32_t code_point = read_code_point(text, offset);
    if (append_special_upper(code_point, out)) continue;
    append_code_point(static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(code_point))), out);
  }
}

void append_lower(std::string_view text, std::string& out) {
  for (std::size_t offset = 0; offset < text.size();) {
    if (char byte = text[offset]; is_ascii(byte)) {
      out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
      ++offset;
      continue;
    }
    std::size_t begin = offset;
    char32_t code_point = read_code_point(text, offset);
    if (code_point == kCapitalSigma && is_final_sigma(text, begin, offset)) {
      append_code_point(kSmallFinalSigma, out);
    } else if (code_point == kCapitalIWithDot) {
      out += "i\xCC\x87";  // i and a combining dot above
    } else {
      append_code_point(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point))), out);
    }
  }
}

}  // namespace headrace
