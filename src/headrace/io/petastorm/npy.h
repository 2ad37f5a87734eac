// The bytes of a .npy file: one array of numpy.
//
//   \x93 N U M P Y | major, minor | length of the header: u16 (version 1) or u32 (2, 3), LE | header | values
//
//   header   {'descr': '<f4', 'fortran_order': False, 'shape': (3,), }   a literal of Python, spaces up to a multiple
//            of 64 bytes, a line break
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

struct NpyArray {
  std::string descr;  // "<f4", "|b1", "<M8[us]"
  bool is_fortran = false;
  std::vector<std::int64_t> shape;
  std::string_view values;  // all that follows the header

  /// Elements; the product of the shape.
  std::int64_t count() const;
};

/// Reads the header strictly: exactly these keys, known versions, a shape whose product does not overflow. Returns why
/// not, for people; empty when it is well. `array.values` points into `bytes`.
std::string parse_npy(std::string_view bytes, NpyArray& array);

/// All that comes before the values of an array of one dimension.
std::string npy_header(std::string_view descr, std::int64_t size);

}  // namespace headrace
