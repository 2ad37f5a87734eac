// The tokenizer against the rules of rows, followed one row at a time.
#include "headrace/io/csv/tokenize.h"

#include <random>

#include <doctest/doctest.h>

#include "headrace/base/test_size.h"
#include "headrace/io/text/split.h"

namespace headrace {
namespace {

/// "begin+size" or the values of each row, in the order of the file.
using Rows = std::vector<std::vector<std::string>>;

struct Tokens {
  Rows rows;
  std::vector<BrokenRow> broken;
};

Tokens tokenize(std::string text, std::size_t column_count, std::size_t row_limit) {
  std::size_t size = text.size();
  text.resize(size + kTextPaddingBytes);
  auto memory = MemoryBudget::create();
  Tokenizer tokenizer({text.data(), size}, column_count, {}, *memory);
  Tokens tokens;
  RowBlock block;
  while (!tokenizer.at_end()) {
    std::size_t rows_max = tokenizer.rows_left_max();
    tokenizer.next(block, tokens.broken, row_limit);
    REQUIRE(block.row_count <= std::min(row_limit, rows_max));
    for (std::size_t row = 0; row < block.row_count; ++row) {
      std::vector<std::string> values;
      for (std::size_t column = 0; column < column_count; ++column) {
        std::string_view value = block.value(row, column);
        values.push_back(value.starts_with('"') ? unquote(value, '"') : std::string(value));
      }
      tokens.rows.push_back(std::move(values));
    }
  }
  return tokens;
}

/// The slow and obvious way.
Tokens follow_rows(const std::string& text, std::size_t column_count) {
  Tokens tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    RowEnd end = find_row_end(text, at, true, {});
    REQUIRE(end.kind == RowEnd::Kind::kFound);
    std::string_view row = std::string_view(text).substr(at, end.text_end - at);
    BrokenRow broken{.kind = BrokenRow::Kind::kUnquotedValue,
                     .begin = static_cast<std::uint32_t>(at),
                     .end = static_cast<std::uint32_t>(end.text_end)};
    at = end.next;
    if (end.is_broken) {
      tokens.broken.push_back(broken);
    } else if (!row.empty() || column_count == 1) {
      std::vector<std::string> values = split_row(row, {});
      broken.value_count = values.size();
      broken.kind = values.size() < column_count ? BrokenRow::Kind::kMissingColumns : BrokenRow::Kind::kTooManyColumns;
      if (values.size() == column_count) {
        tokens.rows.push_back(std::move(values));
      } else {
        tokens.broken.push_back(broken);
      }
    }
  }
  return tokens;
}

void check_same(const std::string& text, std::size_t column_count, std::size_t row_limit) {
  Tokens fast = tokenize(text, column_count, row_limit);
  Tokens slow = follow_rows(text, column_count);
  CAPTURE(text);
  REQUIRE(fast.rows == slow.rows);
  REQUIRE(fast.broken.size() == slow.broken.size());
  for (std::size_t i = 0; i < fast.broken.size(); ++i) {
    REQUIRE(fast.broken[i].kind == slow.broken[i].kind);
    REQUIRE(fast.broken[i].begin == slow.broken[i].begin);
    REQUIRE(fast.broken[i].end == slow.broken[i].end);
    REQUIRE(fast.broken[i].value_count == slow.broken[i].value_count);
  }
}

}  // namespace

TEST_CASE("the tokenizer finds the rows and values that the rules give, on any text") {
  std::mt19937_64 random(7);
  const std::string_view alphabets[] = {"ab,\n", "a,\n\"", "aaaaaaaaaaaaaaaa,,\n", "a,,,,\n\r\"\"", "\n\r,",
                                        ",",     "\"\n,"};
  for (int i = 0; i < repetitions(30'000); ++i) {
    std::string_view alphabet = alphabets[random() % std::size(alphabets)];
    std::string text(random() % 300, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    check_same(text, 1 + random() % 4, 1 + random() % 5);
  }
}

TEST_CASE("rows of good form come back whatever their lengths and quotes") {
  std::mt19937_64 random(8);
  for (int i = 0; i < repetitions(2'000); ++i) {
    std::size_t column_count = 1 + random() % 6;
    std::string text;
    Rows expected;
    for (std::size_t row = random() % 30; row > 0; --row) {
      std::vector<std::string> values;
      for (std::size_t column = 0; column < column_count; ++column) {
        std::string value(random() % (random() % 20 == 0 ? 200 : 8), 'v');
        bool is_quoted = random() % 4 == 0;
        for (char& c : value) c = (is_quoted ? "v,\n\"\r" : "vwxyz")[random() % 5];
        std::string written = value;
        for (std::size_t at = 0; is_quoted && (at = written.find('"', at)) != std::string::npos; at += 2)
          written.insert(at, "\"");
        text += (column == 0 ? "" : ",") + (is_quoted ? "\"" + written + "\"" : written);
        values.push_back(value);
      }
      text += random() % 2 == 0 ? "\n" : "\r\n";
      expected.push_back(values);
    }
    Tokens tokens = tokenize(text, column_count, 1024);
    CAPTURE(text);
    REQUIRE(tokens.rows == expected);
    REQUIRE(tokens.broken.empty());
  }
}

TEST_CASE("a row of many more values than columns costs no memory for them") {
  std::string text = "a,b\n" + std::string(5'000'000, ',') + "\nc,d\n";
  Tokens tokens = tokenize(text, 2, 1024);
  CHECK(tokens.rows == Rows{{"a", "b"}, {"c", "d"}});
  REQUIRE(tokens.broken.size() == 1);
  CHECK(tokens.broken[0].value_count == 5'000'001);
}

TEST_CASE("a row is at most 16 MiB") {
  std::string fits(kRowBytesMax - 2, 'x');
  Tokens tokens = tokenize("1," + fits + "\n2,b\n", 2, 10);
  CHECK(tokens.broken.empty());
  CHECK(tokens.rows.size() == 2);
  tokens = tokenize("1," + fits + "x\r\n2,b\n", 2, 10);
  REQUIRE(tokens.broken.size() == 1);
  CHECK(tokens.broken[0].kind == BrokenRow::Kind::kLineTooLong);
  CHECK(tokens.rows == Rows{{"2", "b"}});
}

TEST_CASE("a block knows whether it has quotes or bytes beyond ASCII") {
  auto memory = MemoryBudget::create();
  auto block_of = [&](std::string text) {
    std::size_t size = text.size();
    text.resize(size + kTextPaddingBytes);
    Tokenizer tokenizer({text.data(), size}, 1, {}, *memory);
    RowBlock block;
    std::vector<BrokenRow> broken;
    tokenizer.next(block, broken, 100);
    return std::pair(block.is_ascii, block.has_quotes);
  };
  CHECK(block_of(std::string(100, 'a') + "b\"c") == std::pair(true, false));
  CHECK(block_of(std::string(100, 'a') + "\n\"b\"") == std::pair(true, true));
  CHECK(block_of(std::string(100, 'a') + "\xC3\xA9") == std::pair(false, false));
}

}  // namespace headrace
