// Splits of JSON lines against one split, on random, cut and hostile files.
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/test_size.h"
#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/text/text_test_table.h"

namespace headrace {
namespace {

struct NdjsonTest : TextTest {
  explicit NdjsonTest(std::string_view text)
      : TextTest("t.ndjson", text,
                 {{.name = "s", .type = TypeKind::kString},
                  {.name = "i", .type = TypeKind::kInt32},
                  {.name = "l", .type = Type::list(TypeKind::kFloat64)}}) {}
};

/// Lines as a hostile program might write them.
std::string random_lines(std::mt19937_64& random, bool is_sound) {
  const std::vector<std::string> strings = {"null",
                                            R"("")",
                                            R"("abc")",
                                            R"("say \"x\"")",
                                            R"("a, b")",
                                            R"("line\n")",
                                            R"("\\")",
                                            R"("{\"i\": 1}")",
                                            R"("\u00e9")",
                                            "\"h\xC3\xA9\"",
                                            R"("a text of more than sixteen bytes")"};
  const std::vector<std::string> lists = {"null", "[]", "[1]", "[1.5, null,2]", "[ -0.25 ]"};
  const std::vector<std::string> broken = {"\"open", "\"\\\"", "{", "tru",  "\"\xFF\"",
                                           "[[",     "1,",     "}", "\"\\", "\"\\x\""};
  std::string text;
  for (std::size_t row = random() % 40; row > 0; --row) {
    std::string string = strings[random() % strings.size()];
    if (!is_sound && random() % 5 == 0) string = broken[random() % broken.size()];
    std::string number = std::to_string(static_cast<int>(random() % 1000) - 500);
    if (!is_sound && random() % 9 == 0) number = "1.5";
    std::string line = "\"s\":" + string;
    if (random() % 8 != 0) line += ", \"i\":" + number;
    if (random() % 3 != 0) line = "\"l\":" + lists[random() % lists.size()] + "," + line;
    text += "{" + line + "}" + (random() % 3 == 0 ? "\r\n" : "\n");
    if (random() % 10 == 0) text += " \n";
  }
  if (random() % 2 == 0 && text.size() > 10) text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("splits of any size give the rows, lines and bad rows of one split") {
  std::mt19937_64 random(21);
  std::int64_t bad_rows = 0;
  for (int i = 0; i < 12 * repetitions(5); ++i) {
    NdjsonTest test(random_lines(random, i % 3 == 0));
    test.context.split_bytes = 1 << 30;
    TextResult whole = test.read();
    bad_rows += whole.counts.rows_quarantined;
    if (i % 3 == 0) CHECK(whole.bad_rows.empty());
    for (std::int64_t split_bytes : {1, 7, 64, 1000}) {
      test.context.split_bytes = split_bytes;
      TextResult parts = test.read();
      CAPTURE(split_bytes);
      CAPTURE(read_text(*local_file_system(), test.spec.paths[0]));
      REQUIRE(parts.rows == whole.rows);
      REQUIRE(same_bad_rows(parts.bad_rows, whole.bad_rows));
      REQUIRE(parts.counts.rows_read == whole.counts.rows_read);
      REQUIRE(parts.counts.bytes_read == whole.counts.bytes_read);
    }
  }
  CHECK(bad_rows > repetitions(100));
}

TEST_CASE("a split at every byte of a small file gives the rows and bad rows of one split") {
  NdjsonTest test(
      "{\"s\":\"a\",\"i\":1}\n{\"s\":\"open\n\n{\"s\":\"b\",\"i\":\"x\"}\r\n{\"s\":\"\\\"\",\"l\":[1,2]}\n[]\n{\"i\":"
      "5}");
  TextResult whole = test.read();
  CHECK(whole.rows.size() == 3);
  CHECK(whole.bad() == std::vector<std::string>{"2 invalid_json", "4 cast i", "6 invalid_json"});
  std::int64_t size = whole.counts.bytes_read;
  for (test.context.split_bytes = 1; test.context.split_bytes <= size; ++test.context.split_bytes) {
    TextResult parts = test.read();
    REQUIRE(parts.rows == whole.rows);
    REQUIRE(same_bad_rows(parts.bad_rows, whole.bad_rows));
  }
}

TEST_CASE("a file cut anywhere is read without a crash, and no row is lost in the counts") {
  std::mt19937_64 random(23);
  std::string text = random_lines(random, false) + random_lines(random, true);
  for (std::size_t size = 0; size <= text.size(); size += kTestShare) {
    NdjsonTest test(text.substr(0, size));
    test.context.split_bytes = 50;
    TextResult parts = test.read();  // Checks that the counts chain.
    test.context.split_bytes = 1 << 20;
    REQUIRE(parts.rows == test.read().rows);
  }
}

TEST_CASE("more rows than a batch, in blocks with and without broken lines") {
  std::string text;
  std::size_t broken = 0;
  for (int i = 0; i < 40'000; ++i) {
    text +=
        "{\"s\":\"row " + std::to_string(i) + "\",\"i\":" + std::to_string(i) + ",\"l\":[" + std::to_string(i) + "]";
    bool breaks = i % 997 == 0;
    text += breaks ? "\"\n" : "}\n";
    broken += breaks ? 1 : 0;
  }
  NdjsonTest test(text);
  TextResult result = test.read();
  CHECK(result.bad_rows.size() == broken);
  REQUIRE(result.rows.size() == 40'000 - broken);
  std::size_t row = 0;
  for (int i = 0; i < 40'000; ++i) {
    if (i % 997 == 0) continue;
    std::string number = std::to_string(i);
    REQUIRE(result.rows[row++] == Cells{"row " + number, number, "[" + number + ".0]"});
  }
}

TEST_CASE("a line longer than 16 MiB is one bad row, wherever splits are cut") {
  std::string longest(36 << 20, ' ');
  NdjsonTest test("{\"i\":1}\n{\"s\":" + longest + "}\n{\"i\":2}\n{\"i\":x}\n");
  for (std::int64_t split_bytes : {1 << 20, 100 << 20}) {
    test.context.split_bytes = split_bytes;
    TextResult result = test.read(std::vector<std::string>{"i"});
    CHECK(result.rows == std::vector<Cells>{{"1"}, {"2"}});
    CHECK(result.bad() == std::vector<std::string>{"2 line_too_long", "4 invalid_json"});
    CHECK(result.bad_rows[0].text.size() == 64 << 10);
  }
  NdjsonTest just_fits("{\"s\":\"" + std::string((16 << 20) - 8, 'x') + "\"}\r\n{\"i\":2}");
  CHECK(just_fits.read(std::vector<std::string>{"i"}).counts.rows_delivered == 2);
}

TEST_CASE("hostile lines are read in bounded time and memory") {
  auto memory = MemoryBudget::create(200 << 20);
  auto read = [&](const std::string& text) {
    NdjsonTest test(text);
    test.context.memory = memory;
    return test.read(std::vector<std::string>{});
  };
  const std::vector<std::string> invalid = {"1 invalid_json"};
  CHECK(read(std::string(1 << 20, '\0') + "\n").bad() == invalid);
  CHECK(read(std::string(4 << 20, '"')).bad() == invalid);
  CHECK(read(std::string(4 << 20, '\n')).counts.rows_read == 0);
  CHECK(read("{\"l\":" + std::string(8 << 20, '[')).bad() == invalid);
  CHECK(read("{\"x\":" + std::string(8 << 20, '[')).bad() == invalid);
  std::string deep = "{\"x\":";
  for (int i = 0; i < repetitions(1'000'000); ++i) deep += "{\"x\":";
  CHECK(read(deep).bad() == invalid);
  CHECK(read("{\"i\":" + std::string(4 << 20, '9') + "}").bad() == std::vector<std::string>{"1 cast i"});
  CHECK(read("{\"l\":[" + std::string(4 << 20, '9') + "]}").bad().empty());
  std::string keys = "{\"k\":0";
  for (int i = 0; i < repetitions(300'000); ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  CHECK(read(keys + "}\n" + keys + "}").counts.rows_delivered == 2);
  CHECK(memory->used_bytes() == 0);
}

TEST_CASE("a budget that does not suffice is one clear error, and all is given back") {
  NdjsonTest test("{\"s\":\"" + std::string(1 << 20, 'x') + "\"}\n");
  test.context.memory = MemoryBudget::create(1 << 20);
  CHECK(test.failure().find("memory") != std::string::npos);
  CHECK(test.context.memory->used_bytes() == 0);
}

TEST_CASE("every failing operation ends in one error that names the file") {
  NdjsonTest test("{\"s\":\"a\"}\n{\"i\":5}\n{\"i\":6}\n");
  test.context.split_bytes = 10;
  std::int64_t n = 0;
  while (true) {
    auto faulty =
        std::make_shared<FaultyFileSystem>(local_file_system(), Fault{.operation_number = ++n, .error_number = EIO});
    test.context.fs = faulty;
    std::string failure = test.failure();
    if (!faulty->has_failed()) {
      CHECK(failure.empty());
      break;
    }
    CHECK(failure.find(test.spec.paths[0] + "': Input/output error") != std::string::npos);
  }
  CHECK(n > 5);
}

}  // namespace headrace
