// Numbers that are kept in few bytes come out as they went in.
#include "headrace/feed/packed_values.h"

#include <limits>
#include <vector>

#include <doctest/doctest.h>

namespace headrace {
namespace {

template <typename T>
std::vector<T> round_trip(const std::vector<std::vector<T>>& pieces, std::size_t width = 1) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  std::vector<T> all;
  for (const std::vector<T>& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  PackedValues<T> packed(static_cast<std::int64_t>(all.size()), *memory);
  for (const std::vector<T>& piece : pieces) packed.append(piece);
  std::vector<std::uint32_t> rows;
  for (std::size_t row = all.size() / width; row-- > 0;) rows.push_back(static_cast<std::uint32_t>(row));
  std::vector<T> backwards(all.size());
  packed.gather(rows, width, backwards.data());
  std::vector<T> forwards;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = 0; k < width; ++k) forwards.push_back(backwards[(rows.size() - 1 - i) * width + k]);
  }
  return forwards;
}

TEST_CASE("values of every width come out as they went in, in any order of widths") {
  using Limits = std::numeric_limits<std::int64_t>;
  std::vector<std::vector<std::int64_t>> pieces = {
      {0, 1, 255}, {256, 65535}, {3}, {65536, 4294967295}, {4294967296, -1}, {Limits::min(), Limits::max(), 7}};
  for (std::size_t first = 0; first < pieces.size(); ++first) {
    std::vector<std::vector<std::int64_t>> from(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
    std::vector<std::int64_t> all;
    for (const auto& piece : from) all.insert(all.end(), piece.begin(), piece.end());
    CHECK(round_trip(from) == all);
  }
  CHECK(round_trip<std::int32_t>({{1}, {-5, 70000}, {300}}) == std::vector<std::int32_t>{1, -5, 70000, 300});
  CHECK(round_trip<std::int16_t>({{-300}, {7}}) == std::vector<std::int16_t>{-300, 7});
}

TEST_CASE("pieces longer than a vector of instructions, and rows of several values") {
  std::vector<std::int64_t> many;
  for (std::int64_t i = 0; i < 1000; ++i) many.push_back(i * 7 % 251);
  CHECK(round_trip<std::int64_t>({many, {1000, 1, 2, 3}}, 4).size() == 1004);
  std::vector<std::int64_t> both = many;
  both.insert(both.end(), {1000, 1, 2, 3});
  CHECK(round_trip<std::int64_t>({many, {1000, 1, 2, 3}}, 4) == both);
  std::vector<float> floats = {0.5F, -1.0F, 3.25F, 1e30F};
  CHECK(round_trip<float>({floats}, 2) == floats);
}

}  // namespace
}  // namespace headrace
