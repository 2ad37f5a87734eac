// See npy.h.
#include "headrace/io/petastorm/npy.h"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;
/// A header of an array of many dimensions stays far below.
constexpr std::size_t kHeaderBytesMax = 4096;
constexpr std::size_t kDimensionsMax = 32;

/// Reads the header's literal. Each take_…() reads what it is named for and says whether it was there.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : text_(text) {}

  bool read(NpyArray& array) {
    bool seen[3] = {};
    if (!take('{')) return false;
    while (!take('}')) {
      std::string_view key;
      if (!take_text(key) || !take(':')) return false;
      std::size_t index = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (index == 3 || seen[index]) return false;
      seen[index] = true;
      bool is_read = index == 0 ? take_descr(array) : index == 1 ? take_flag(array) : take_shape(array);
      if (!is_read || (!take(',') && !next_is('}'))) return false;
    }
    skip_spaces();
    return text_.empty() && seen[0] && seen[1] && seen[2];
  }

 private:
  void skip_spaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }

  bool next_is(char c) {
    skip_spaces();
    return !text_.empty() && text_[0] == c;
  }

  bool take(char c) {
    if (!next_is(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool take_word(std::string_view word) {
    skip_spaces();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  bool take_text(std::string_view& text) {
    skip_spaces();
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return false;
    std::size_t end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) return false;
    text = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return text.find('\\') == std::string_view::npos;
  }

  bool take_descr(NpyArray& array) {
    std::string_view text;
    if (!take_text(text)) return false;
    array.descr = text;
    return true;
  }

  bool take_flag(NpyArray& array) {
    array.is_fortran = take_word("True");
    return array.is_fortran || take_word("False");
  }

  bool take_size(std::int64_t& size) {
    skip_spaces();
    auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
    if (error != std::errc() || size < 0) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    if (text_.starts_with('L')) text_.remove_prefix(1);  // Python 2
    return true;
  }

  bool take_shape(NpyArray& array) {
    array.shape.clear();
    if (!take('(')) return false;
    while (!take(')')) {
      std::int64_t size = 0;
      if (array.shape.size() == kDimensionsMax || !take_size(size)) return false;
      array.shape.push_back(size);
      if (!take(',') && !next_is(')')) return false;
    }
    return true;
  }

  std::string_view text_;
};

bool product_overflows(const std::vector<std::int64_t>& shape) {
  std::int64_t product = 1;
  for (std::int64_t size : shape) {
    if (__builtin_mul_overflow(product, size, &product)) return true;
  }
  return false;
}

}  // namespace

std::int64_t NpyArray::count() const {
  std::int64_t count = 1;
  for (std::int64_t size : shape) count *= size;
  return count;
}

std::string parse_npy(std::string_view bytes, NpyArray& array) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 2) return "it is no array in numpy's format";
  char major = bytes[kMagic.size()];
  char minor = bytes[kMagic.size() + 1];
  if (major < 1 || major > 3 || minor != 0) return fmt::format("numpy's format {}.{} is not known", +major, +minor);
  std::size_t length_bytes = major == 1 ? 2 : 4;
  std::size_t start = kMagic.size() + 2 + length_bytes;
  if (bytes.size() < start) return "the header of the array is cut off";
  std::uint32_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data() + start - length_bytes, length_bytes);
  if (header_bytes > bytes.size() - start) return "the header of the array is cut off";
  std::string_view header = bytes.substr(start, header_bytes);
  bool is_read = header_bytes <= kHeaderBytesMax && HeaderReader(header).read(array);
  if (!is_read) return fmt::format("the header of the array is damaged: {}", excerpt(header));
  if (product_overflows(array.shape)) return "the shape of the array is too large";
  array.values = bytes.substr(start + header_bytes);
  return {};
}

std::string npy_header(std::string_view descr, std::int64_t size) {
  std::string literal = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}", descr, size);
  std::size_t start = kMagic.size() + 2 + 2;
  std::size_t total = (start + literal.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  literal.append(total - start - literal.size() - 1, ' ');
  literal += '\n';
  std::string header(kMagic);
  header += std::string("\x01\x00", 2);
  std::uint16_t header_bytes = static_cast<std::uint16_t>(literal.size());
  header.append(reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes));
  return header + literal;
}

}  // namespace headrace
