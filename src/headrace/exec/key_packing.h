// Packs the parts of a composite key into one 64-bit word, as long as they fit.
//
// Part p takes bits_[p] bits from shift_[p] on. Its code is 0 for null, else value - least + 1 (words) or number + 1
// (numbered parts). How many bits a part needs shows only as rows come, so the layout changes now and then: Packing
// says when rows do not fit, and is then made anew with room for as much again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/kernel/key_part.h"

namespace headrace {

class Packing {
 public:
  /// Makes a layout for the values that `parts` and include() have met. `spare` leaves room for as many again. Returns
  /// false when it takes more than 64 bits; then widest_word() is the part to number, if there is one.
  bool make(std::span<const KeyPart> parts, bool spare);
  /// Index of the part that takes most bits among those that are words, or -1.
  int widest_word(std::span<const KeyPart> parts) const;

  /// Takes note of the range of a word part's rows.
  void include(std::size_t part, const PartRows& rows);
  /// Whether all values met have codes.
  bool holds(std::span<const KeyPart> parts) const;

  /// Packs rows of all parts. For rows to be looked up (`valid` not nullptr) valid[i] becomes 0 where a part is null or
  /// out of the layout.
  void pack(std::span<const KeyPart> parts, std::span<const PartRows> rows, std::span<std::uint64_t> words,
            std::uint8_t* valid) const;
  /// The inverse for one part: its words or numbers, and what is not null in rows.valid_bytes.
  void unpack(std::size_t part, std::span<const std::uint64_t> words, PartRows& rows) const;

 private:
  struct Part {
    bool any = false;
    std::int64_t least = 0;  // of all values met
    std::int64_t greatest = 0;
    std::uint64_t base = 0;  // subtracted from words; 0 for numbers
    int bits = 0;
    int shift = 0;
  };
  Part& at(std::size_t part);

  std::vector<Part> parts_;
};

}  // namespace headrace
