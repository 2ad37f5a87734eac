// See key_packing.h.
#include "headrace/exec/key_packing.h"

#include <algorithm>
#include <bit>

namespace headrace {
namespace {

constexpr int kWordBits = 64;

/// The greatest code that fits into so many bits.
std::uint64_t code_max(int bits) { return bits >= kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

}  // namespace

Packing::Part& Packing::at(std::size_t part) {
  if (parts_.size() <= part) parts_.resize(part + 1);
  return parts_[part];
}

void Packing::include(std::size_t part, const PartRows& rows) {
  Part& range = at(part);
  for (std::size_t i = 0; i < rows.words.size(); ++i) {
    if (rows.valid != nullptr && rows.valid[i] == 0) continue;
    auto value = static_cast<std::int64_t>(rows.words[i]);
    range.least = range.any ? std::min(range.least, value) : value;
    range.greatest = range.any ? std::max(range.greatest, value) : value;
    range.any = true;
  }
}

bool Packing::make(std::span<const KeyPart> parts, bool spare) {
  int shift = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Part& part = at(p);
    bool was_made = part.bits > 0;
    bool numbered = parts[p].is_numbered();
    std::uint64_t range = static_cast<std::uint64_t>(part.greatest) - static_cast<std::uint64_t>(part.least);
    std::uint64_t codes = numbered ? parts[p].number_count() : part.any ? range : 0;
    bool grows_down = was_made && !numbered && static_cast<std::uint64_t>(part.least) - part.base > range;
    part.base = numbered ? 0 : static_cast<std::uint64_t>(part.least);
    if (codes >= std::uint64_t{1} << 62) {
      part.bits = kWordBits + 1;
    } else {
      if (spare && grows_down) part.base -= codes;
      part.bits = static_cast<int>(std::bit_width((spare ? 2 * codes : codes) + 1));
    }
    part.shift = std::min(shift, kWordBits);
    shift += part.bits;
  }
  return shift <= kWordBits;
}

int Packing::widest_word(std::span<const KeyPart> parts) const {
  int widest = -1;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (parts[p].is_numbered()) continue;
    if (widest < 0 || parts_[p].bits > parts_[static_cast<std::size_t>(widest)].bits) widest = static_cast<int>(p);
  }
  return widest;
}

bool Packing::holds(std::span<const KeyPart> parts) const {
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (p >= parts_.size() || parts_[p].bits == 0) return false;
    const Part& part = parts_[p];
    std::uint64_t most = code_max(part.bits);
    if (parts[p].is_numbered()) {
      if (parts[p].number_count() > most) return false;
    } else if (part.any && (static_cast<std::uint64_t>(part.least) - part.base >= most ||
                            static_cast<std::uint64_t>(part.greatest) - part.base >= most)) {
      return false;
    }
  }
  return true;
}

void Packing::pack(std::span<const KeyPart> parts, std::span<const PartRows> rows, std::span<std::uint64_t> words,
                   std::uint8_t* valid) const {
  std::fill(words.begin(), words.end(), 0);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const Part& part = parts_[p];
    const std::uint64_t* values = rows[p].words.data();
    const std::uint8_t* given = rows[p].valid;
    const std::uint64_t most = code_max(part.bits);
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::uint64_t code = values[i] - part.base + 1;
      bool known = (given == nullptr || given[i] != 0) && code - 1 < most;
      words[i] |= (known ? code : 0) << part.shift;
      if (valid != nullptr) valid[i] = static_cast<std::uint8_t>(valid[i] & (known ? 1 : 0));
    }
  }
}

void Packing::unpack(std::size_t part, std::span<const std::uint64_t> words, PartRows& rows) const {
  const Part& layout = parts_[part];
  rows.words.resize(words.size());
  rows.valid_bytes.resize(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint64_t code = words[i] >> layout.shift & code_max(layout.bits);
    rows.valid_bytes[i] = code != 0 ? 1 : 0;
    rows.words[i] = code == 0 ? 0 : code - 1 + layout.base;
  }
  rows.valid = rows.valid_bytes.data();
}

}  // namespace headrace
