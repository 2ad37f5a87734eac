// Arrays of numpy: headers as numpy writes them and damaged ones, lists there and back, every element type.
#include "headrace/io/petastorm/npy_column.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/io/petastorm/npy.h"

namespace headrace {
namespace {

std::string npy(std::string_view literal, std::string_view values) {
  std::string header = std::string(literal) + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xff) +
         static_cast<char>(header.size() >> 8) + header + std::string(values);
}

std::string npy_of(std::string_view descr, std::string_view shape, std::string_view values, bool fortran = false) {
  return npy(
      fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}", descr, fortran ? "True" : "False", shape),
      values);
}

template <typename T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  return bytes;
}

/// Decodes the rows, the empty text standing for null, and shows them; what is reported comes behind.
std::string decoded(const std::vector<std::string>& rows, const Type& type) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(64 << 20);
  ColumnBuilder builder(*memory, TypeKind::kBinary);
  for (const std::string& row : rows) row.empty() ? builder.append_null() : builder.append_string(row);
  std::string problems;
  Column column = decode_arrays(builder.finish(), type, *memory, [&](std::int64_t row, const char*, std::string text) {
    problems += fmt::format("; row {}: {}", row, text);
  });
  std::string text;
  for (std::int64_t row = 0; row < column.length(); ++row) text += (row == 0 ? "" : " ") + format_cell(column, row);
  return text + problems;
}

Type parsed(std::string_view type) { return *Type::parse(type); }

}  // namespace

TEST_CASE("arrays of every element type are read as lists") {
  auto one = [](std::string_view descr, std::string_view values, std::string_view element) {
    return decoded({npy_of(descr, "1,", values)}, Type::list(parsed(element)));
  };
  CHECK(one("|b1", "\x01", "bool") == "[true]");
  CHECK(one("|i1", "\xff", "int8") == "[-1]");
  CHECK(one("<i2", bytes_of<std::int16_t>({-2}), "int16") == "[-2]");
  CHECK(one("<i4", bytes_of<std::int32_t>({-3}), "int32") == "[-3]");
  CHECK(one("<i8", bytes_of<std::int64_t>({INT64_MIN}), "int64") == "[-9223372036854775808]");
  CHECK(one("|u1", "\xff", "int16") == "[255]");
  CHECK(one("<u2", "\xff\xff", "int32") == "[65535]");
  CHECK(one("<u4", "\xff\xff\xff\xff", "int64") == "[4294967295]");
  CHECK(one("<f4", bytes_of<float>({1.5F}), "float32") == "[1.5]");
  CHECK(one("<f8", bytes_of<double>({-0.0}), "float64") == "[-0.0]");
  CHECK(one("<M8[D]", bytes_of<std::int64_t>({-1}), "date") == "[1969-12-31]");
  CHECK(one("<M8[us]", bytes_of<std::int64_t>({1}), "timestamp_ntz") == "[1970-01-01T00:00:00.000001]");
  CHECK(one("<M8[us]", bytes_of<std::int64_t>({1}), "timestamp") == "[1970-01-01T00:00:00.000001Z]");
}

TEST_CASE("half precision is read exactly") {
  std::string halves = bytes_of<std::uint16_t>({0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00, 0x0400});
  CHECK(decoded({npy_of("<f2", "8,", halves)}, Type::list(TypeKind::kFloat32)) ==
        "[1.0, -2.0, 65504.0, 5.9604645E-8, -0.0, Infinity, NaN, 6.1035156E-5]");
}

TEST_CASE("dimensions are lists, those of a fixed size fixed_size_lists") {
  std::string six = bytes_of<std::int32_t>({1, 2, 3, 4, 5, 6});
  std::string c_order = npy_of("<i4", "2, 3", six);
  std::string fortran = npy_of("<i4", "2, 3", bytes_of<std::int32_t>({1, 4, 2, 5, 3, 6}), true);
  std::string empty = npy_of("<i4", "0, 3", "");
  CHECK(decoded({c_order, "", fortran, empty}, parsed("list<fixed_size_list<int32, 3>>")) ==
        "[[1, 2, 3], [4, 5, 6]] null [[1, 2, 3], [4, 5, 6]] []");
  CHECK(decoded({"", c_order}, parsed("fixed_size_list<fixed_size_list<int32, 3>, 2>")) ==
        "null [[1, 2, 3], [4, 5, 6]]");
  CHECK(decoded({c_order, npy_of("<i4", "1, 1", bytes_of<std::int32_t>({7})), npy_of("<i4", "2, 0", "")},
                parsed("list<list<int32>>")) == "[[1, 2, 3], [4, 5, 6]] [[7]] [[], []]");
  CHECK(decoded({"", npy_of("<i4", "2, 1", bytes_of<std::int32_t>({7, 8}))},
                parsed("fixed_size_list<list<int32>, 2>")) == "null [[7], [8]]");
  CHECK(decoded({npy_of("<i4", "", bytes_of<std::int32_t>({7})), ""}, TypeKind::kInt32) == "7 null");
}

TEST_CASE("an array that is none, or of another type or shape, is reported and null") {
  Type list = Type::list(TypeKind::kInt32);
  Type two = Type::fixed_size_list(TypeKind::kInt32, 2);
  std::string good = npy_of("<i4", "2,", bytes_of<std::int32_t>({1, 2}));
  CHECK(decoded({"PK\x03\x04", good}, list) == "null [1, 2]; row 0: it is no array in numpy's format");
  CHECK(decoded({npy_of(">i4", "2,", "12345678"), good}, two) ==
        "null [1, 2]; row 0: an array of '>i4' where int32 is wanted");
  CHECK(decoded({good, npy_of("<i4", "3,", std::string(12, 'a'))}, two) ==
        "[1, 2] null; row 1: an array of shape (3) where fixed_size_list<int32, 2> is wanted");
  CHECK(decoded({npy_of("<i4", "2, 1", "12345678")}, list) ==
        "null; row 0: an array of shape (2, 1) where list<int32> is wanted");
  CHECK(decoded({npy_of("<i4", "3,", "12345678")}, list) == "null; row 0: an array of shape (3) in 8 bytes");
  CHECK(decoded({npy_of("<i4", "4611686018427387904,", "")}, list) ==
        "null; row 0: an array of shape (4611686018427387904) in 0 bytes");
  CHECK(decoded({npy_of("<i4", "1000000, 0", "")}, parsed("list<list<int32>>")) ==
        "null; row 0: the shape of the array is too large");
  CHECK(decoded({npy_of("<i4", "9223372036854775807, 9", "")}, parsed("list<list<int32>>")) ==
        "null; row 0: the shape of the array is too large");
  CHECK(decoded({npy_of("|O", "1,", "\x80\x04.")}, list) == "null; row 0: an array of '|O' where int32 is wanted");
  CHECK(decoded({npy_of("<M8[us]", "1,", bytes_of<std::int64_t>({INT64_MIN}))}, Type::list(TypeKind::kTimestamp)) ==
        "null; row 0: an element of the array does not fit");
}

TEST_CASE("headers are read as numpy writes them, and nothing else") {
  NpyArray array;
  std::string bytes = npy("{'shape':(2,3),'descr':\"<f4\",'fortran_order':True}   ", "x");
  CHECK(parse_npy(bytes, array).empty());  // whose texts are those of `bytes`
  CHECK(array.shape == std::vector<std::int64_t>{2, 3});
  CHECK(array.is_fortran);
  CHECK(array.descr == "<f4");
  CHECK(array.values == "x");
  CHECK(parse_npy(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2L,), }", ""), array).empty());
  for (std::string_view literal :
       {"{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "{'descr': '<f4' 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}", "",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} and more"}) {
    CHECK(parse_npy(npy(literal, ""), array).starts_with("the header of the array is damaged"));
  }
  std::string good = npy_of("<f4", "1,", "abcd");
  for (std::size_t size = 0; size < good.size() - 4; ++size)
    CHECK_FALSE(parse_npy(good.substr(0, size), array).empty());
  good[6] = 4;
  CHECK(parse_npy(good, array) == "numpy's format 4.0 is not known");
}

TEST_CASE("lists become arrays and lists again") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  for (std::string_view text :
       {"list<bool>", "list<int8>", "list<int64>", "list<float32>", "list<float64>", "list<date>", "list<timestamp>",
        "list<timestamp_ntz>", "fixed_size_list<timestamp, 2>"}) {
    Type type = parsed(text);
    REQUIRE(can_be_array(type));
    ColumnBuilder builder(*memory, type);
    bool is_fixed = type.kind() == TypeKind::kFixedSizeList;
    for (int row = 0; row < 5; ++row) {
      if (row == 2) {
        builder.append_null();
        continue;
      }
      for (int i = 0; i < (is_fixed ? 2 : row); ++i) {
        std::int64_t value = type.element().kind() == TypeKind::kBool ? i % 2 : row * 10 + i;
        switch (type.element().value_bytes()) {
          case 1: builder.child(0).append(static_cast<std::uint8_t>(value)); break;
          case 4: builder.child(0).append(static_cast<std::int32_t>(value)); break;
          default: builder.child(0).append(value); break;
        }
      }
      is_fixed ? builder.append_struct_end() : builder.append_list_end();
    }
    Column lists = builder.finish();
    for (std::int64_t start : {0, 1, 3}) {
      Column slice = lists.slice(start, lists.length() - start);
      Column arrays = encode_arrays(slice, "t", *memory);
      Column back = decode_arrays(arrays, type, *memory,
                                  [](std::int64_t, const char*, const std::string& message) { FAIL_CHECK(message); });
      for (std::int64_t row = 0; row < slice.length(); ++row) CHECK(format_cell(back, row) == format_cell(slice, row));
    }
  }
}

TEST_CASE("a list with a null is no array") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  ColumnBuilder builder(*memory, Type::list(TypeKind::kInt32));
  builder.child(0).append_null();
  builder.append_list_end();
  CHECK_THROWS_AS(encode_arrays(builder.finish(), "t", *memory), Error);
}

}  // namespace headrace
