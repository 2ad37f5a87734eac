// Reads flatbuffers, the encoding of Arrow's metadata, of bytes that nobody has checked.
//
//   bytes    | u32 place of the root table | …
//   table    | i32 distance back to its vtable | fields … |        vtable   | u16 bytes | u16 | u16 field 0 | u16 … |
//   vector   | u32 count | elements … |
//
// A field's entry in the vtable is its distance from the table's start, 0 where it is absent. Distances to tables and
// vectors are u32, counted from where they stand. Whatever leads out of the bytes is an Error(kBadData).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace headrace {

class FlatTable {
 public:
  /// The root table of `bytes`, which outlive it.
  static FlatTable root(std::string_view bytes);

  /// The number in field `field`, `otherwise` where it is absent.
  template <typename T>
  T number(std::size_t field, T otherwise) const {
    std::size_t place = place_of(field);
    return place == 0 ? otherwise : read<T>(place);
  }
  /// The table in field `field`, if there is one.
  std::optional<FlatTable> table(std::size_t field) const;
  /// The bytes of a vector of structs of `element_bytes` each; none where it is absent.
  std::string_view structs(std::size_t field, std::size_t element_bytes) const;

 private:
  FlatTable(std::string_view bytes, std::size_t start) : bytes_(bytes), start_(start) {}

  /// Place of a field's value; 0, where no value can be, when the field is absent.
  std::size_t place_of(std::size_t field) const;
  /// Where the distance that stands at `place` leads.
  std::size_t follow(std::size_t place) const;
  void require(std::size_t place, std::size_t size) const;
  template <typename T>
  T read(std::size_t place) const {
    require(place, sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + place, sizeof(T));
    return value;
  }

  std::string_view bytes_;
  std::size_t start_;
};

}  // namespace headrace
