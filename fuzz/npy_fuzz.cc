// Fuzzes the reader of columns of arrays, structure-aware: the input says which type is wanted and what arrays the rows
// hold; their headers are made to fit, so that shapes and values are reached. Then some bytes are overwritten.
//
//   input   type, rows (n), changes (m); n × row; m × (place, 2 bytes; value)
//   row     element, flags, dimensions (n), n × size, values (length, then bytes)
#include <fmt/format.h>

#include "fuzz/fuzz.h"
#include "fuzz/input_bytes.h"
#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/io/petastorm/npy.h"
#include "headrace/io/petastorm/npy_column.h"

namespace headrace {
namespace {

constexpr std::string_view kDescrs[] = {"|b1", "|i1", "<i2", "<i4",    "<i8",     "|u1", "<u2",
                                        "<u4", "<f2", "<f4", "<M8[D]", "<M8[us]", ">f4", "|O"};
constexpr std::size_t kElementBytes[] = {1, 1, 2, 4, 8, 1, 2, 4, 2, 4, 8, 8, 4, 8};
constexpr std::string_view kTypes[] = {"int32",
                                       "list<bool>",
                                       "list<int8>",
                                       "list<int16>",
                                       "list<int32>",
                                       "list<int64>",
                                       "list<float32>",
                                       "list<date>",
                                       "list<timestamp>",
                                       "fixed_size_list<int8, 2>",
                                       "list<fixed_size_list<int16, 3>>",
                                       "list<list<float32>>",
                                       "fixed_size_list<list<int8>, 2>",
                                       "fixed_size_list<fixed_size_list<int8, 2>, 2>"};

/// An array file; an empty text for a row that is null.
std::string make_row(InputBytes& input) {
  std::size_t element = input.byte() % std::size(kDescrs);
  unsigned flags = input.byte();
  if ((flags & 1) != 0) return {};
  std::string shape;
  std::size_t count = 1;
  for (int left = input.byte() % 4; left > 0; --left) {
    std::size_t size = input.byte() % 8;
    shape += fmt::format("{},", size);
    count *= size;
  }
  // Seldom the sizes are lies.
  if ((flags & 0x70) == 0x70) shape += "4294967296,0,";
  std::string literal = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}\n", kDescrs[element],
                                    (flags & 2) != 0 ? "True" : "False", shape);
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(literal.size()) + '\0' + literal;
  std::string values(input.take(input.byte()));
  values.resize(count * kElementBytes[element]);
  return bytes + values;
}

std::string input_of(std::uint8_t type, std::uint8_t element, std::string sizes) {
  std::string row = std::string{static_cast<char>(element), 0, static_cast<char>(sizes.size())} + sizes +
                    std::string(
                        "\x04"
                        "abcd");
  return std::string{static_cast<char>(type), 2, 0} + row + std::string{0, 1};
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {input_of(1, 0, "\x03"),      input_of(4, 3, "\x02"),      input_of(6, 9, "\x05"),
          input_of(6, 8, "\x05"),      input_of(7, 10, "\x02"),     input_of(8, 11, "\x01"),
          input_of(9, 1, "\x02"),      input_of(10, 5, "\x02\x03"), input_of(11, 9, "\x02\x02"),
          input_of(12, 1, "\x02\x03"), input_of(13, 1, "\x02\x02"), input_of(0, 3, "")};
}

std::vector<std::string> fuzz_words() {
  return {"{'descr': ", "'shape': (", "'fortran_order': ", "True", "9223372036854775807,", "-1", "(",
          ")",          "L",          "\x93NUMPY"};
}

void fuzz_one(std::string_view bytes) {
  InputBytes input(bytes);
  Type type = *Type::parse(kTypes[input.byte() % std::size(kTypes)]);
  std::size_t row_count = input.byte() % 16;
  std::size_t change_count = input.byte() % 8;
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < row_count; ++row) rows.push_back(make_row(input));
  for (; change_count > 0 && !rows.empty(); --change_count) {
    std::string& row = rows[input.byte() % rows.size()];
    std::size_t place = input.byte();
    char value = static_cast<char>(input.byte());
    if (!row.empty()) row[place % row.size()] = value;
  }
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(64 << 20);
  allow_input_errors([&] {
    ColumnBuilder builder(*memory, TypeKind::kBinary);
    for (const std::string& row : rows) row.empty() ? builder.append_null() : builder.append_string(row);
    std::int64_t bad_count = 0;
    Column column = decode_arrays(builder.finish(), type, *memory, [&](std::int64_t row, const char*, std::string) {
      expect(row >= 0 && static_cast<std::size_t>(row) < rows.size(), "a row that is none is reported");
      ++bad_count;
    });
    expect(column.type() == type, "a column of another type");
    expect(column.length() == static_cast<std::int64_t>(rows.size()), "a column of another length");
    std::int64_t null_count = 0;
    for (std::int64_t row = 0; row < column.length(); ++row) {
      null_count += column.is_null(row) ? 1 : 0;
      static_cast<void>(format_cell(column, row));
    }
    std::int64_t expected = bad_count;
    for (const std::string& row : rows) expected += row.empty() ? 1 : 0;
    expect(null_count == expected, "the nulls are not those of the rows");
  });
  NpyArray array;
  static_cast<void>(parse_npy(bytes, array));
}

}  // namespace headrace
