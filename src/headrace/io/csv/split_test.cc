// Splits against one split, on random, cut, hostile and failing files.
#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/test_size.h"
#include "headrace/base/workers.h"
#include "headrace/io/csv/csv_test_table.h"
#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/text/row_scan.h"

namespace headrace {
namespace {

/// A table of strings and numbers, some of them quoted, null, broken or bad, as a hostile program might write it.
std::string random_table(std::mt19937_64& random, bool is_sound) {
  std::string text = "s,i,t\n";
  const std::vector<std::string> strings = {"",
                                            "\"\"",
                                            "abc",
                                            "\"a,b\"",
                                            "\"line\nline\"",
                                            "\"\n\n\n\"",
                                            "\"say \"\"x\"\"\"",
                                            "\"crlf\r\nin\"",
                                            "long value without quotes",
                                            "5\" pipe",
                                            "h\xC3\xA9",
                                            "NA"};
  const std::vector<std::string> broken = {"\"open", "\"closed\"x", "\xFF", "a,b", "\"\"\"", "\"\n"};
  for (std::size_t row = random() % 60; row > 0; --row) {
    std::string string = strings[random() % strings.size()];
    if (!is_sound && random() % 6 == 0) string = broken[random() % broken.size()];
    std::string number = random() % 9 == 0 ? "" : std::to_string(static_cast<int>(random() % 1000) - 500);
    if (!is_sound && random() % 15 == 0) number = "x1";
    text += string + "," + number + "," + strings[random() % strings.size()];
    text += random() % 3 == 0 ? "\r\n" : "\n";
    if (random() % 10 == 0) text += "\n";
  }
  if (random() % 2 == 0 && text.size() > 10) text.pop_back();
  return text;
}

std::vector<Field> fields() {
  return {{.name = "s", .type = TypeKind::kString},
          {.name = "i", .type = TypeKind::kInt32},
          {.name = "t", .type = TypeKind::kString}};
}

}  // namespace

TEST_CASE("splits of any size give the rows, lines and bad rows of one split") {
  std::mt19937_64 random(11);
  std::int64_t bad_rows = 0;
  for (int i = 0; i < repetitions(120); ++i) {
    CsvTest test(random_table(random, i % 3 == 0), fields());
    test.context.split_bytes = 1 << 30;
    CsvResult whole = test.read();
    bad_rows += whole.counts.rows_quarantined;
    for (std::int64_t split_bytes : {1, 7, 64, 1000}) {
      test.context.split_bytes = split_bytes;
      CsvResult parts = test.read();
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

TEST_CASE("splits opened in any order, more than once and by several threads give the same rows") {
  std::mt19937_64 random(12);
  for (int i = 0; i < repetitions(20); ++i) {
    CsvTest test(random_table(random, false), fields());
    test.context.split_bytes = 1 + static_cast<std::int64_t>(random() % 40);
    std::unique_ptr<SourceReader> reader = test.open();
    CsvResult in_order;
    for (std::size_t k = 0; k < reader->split_count(); ++k)
      CsvTest::read_split(*reader, k, reader->schema().names(), in_order);
    reader = test.open();
    std::vector<std::size_t> order(reader->split_count());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    std::shuffle(order.begin(), order.end(), random);
    std::vector<CsvResult> results(order.size());
    Cancellation cancellation;
    for (int round = 0; round < 2; ++round) {
      run_tasks(order.size(), 4, cancellation, [&](std::size_t task, std::size_t) {
        results[order[task]] = {};
        CsvTest::read_split(*reader, order[task], reader->schema().names(), results[order[task]]);
      });
      CsvResult joined;
      for (CsvResult& result : results) {
        for (Cells& cells : result.rows) joined.rows.push_back(std::move(cells));
        for (BadRow& row : result.bad_rows) joined.bad_rows.push_back(std::move(row));
      }
      REQUIRE(joined.rows == in_order.rows);
      REQUIRE(same_bad_rows(joined.bad_rows, in_order.bad_rows));
    }
  }
}

TEST_CASE("several files keep their order, their lines and their own splits") {
  CsvTest test("s,i,t\na,1,b\n", fields());
  test.spec.paths.push_back(test.folder.write("u.csv", "t,i,s\nc,x,d\ne,2,f\n"));
  test.spec.paths.push_back(test.folder.write("v.csv", "t,i,s"));
  test.context.split_bytes = 5;
  CsvResult result = test.read();
  CHECK(result.rows == std::vector<Cells>{{"a", "1", "b"}, {"f", "2", "e"}});
  CHECK(result.bad() == std::vector<std::string>{"2 cast i"});
  CHECK(result.bad_rows[0].file == test.spec.paths[1]);
  CHECK(result.counts.bytes_read == 6 + 12);
}

TEST_CASE("a file cut anywhere is read without a crash, and no row is lost in the counts") {
  std::mt19937_64 random(13);
  std::string text = random_table(random, false);
  for (std::size_t size = 6; size <= text.size(); size += kTestShare) {
    CsvTest test(text.substr(0, size), fields());
    test.context.split_bytes = 50;
    CsvResult parts = test.read();  // Checks that the counts chain.
    test.context.split_bytes = 1 << 20;
    REQUIRE(parts.rows == test.read().rows);
  }
}

TEST_CASE("a row longer than 16 MiB is one bad row, wherever splits are cut") {
  std::string longest(36 << 20, 'x');  // Longer than what is read to see that it is too long.
  for (const char* opening : {"", "\"", "y,\""}) {
    CsvTest test("s,i,t\na,1,b\n" + std::string(opening) + longest + "\nc,3,d\ne,x,f\n", fields());
    for (std::int64_t split_bytes : {1 << 20, 100 << 20}) {
      test.context.split_bytes = split_bytes;
      CsvResult result = test.read();
      CHECK(result.rows == std::vector<Cells>{{"a", "1", "b"}, {"c", "3", "d"}});
      REQUIRE(result.bad_rows.size() == 2);
      CHECK(result.bad_rows[1].line == 5);
      CHECK(result.bad_rows[0].kind == (*opening == '\0' ? "line_too_long" : "unquoted_value"));
      CHECK(result.bad_rows[0].line == 3);
      CHECK(result.bad_rows[0].text.size() == 64 << 10);
    }
  }
}

TEST_CASE("hostile text is read in bounded time and memory") {
  auto memory = MemoryBudget::create(200 << 20);
  auto read = [&](const std::string& text, std::vector<Field> declared) {
    CsvTest test(text, std::move(declared));
    test.context.memory = memory;
    return test.read(std::vector<std::string>{});
  };
  CHECK(read("s,i,t\n" + std::string(1 << 20, '\0') + "\n", fields()).bad() ==
        std::vector<std::string>{"2 missing_columns"});
  CHECK(read("s,i,t\n" + std::string(4 << 20, '"'), fields()).counts.rows_read == 1);
  CHECK(read("s,i,t\n" + std::string(4 << 20, '\n'), fields()).counts.rows_read == 0);
  CHECK(read("s,i,t\n" + std::string(40 << 20, ','), fields()).bad() == std::vector<std::string>{"2 line_too_long"});
  std::string wide = "c0";
  std::string row = "0";
  for (int i = 1; i < repetitions(100'000); ++i) {
    wide += ",c" + std::to_string(i);
    row += "," + std::to_string(i);
  }
  CHECK(read(wide + "\n" + row + "\n" + row + "\n1,2\n", {}).counts.rows_delivered == 2);
  CHECK(memory->used_bytes() == 0);
}

TEST_CASE("a budget that does not suffice is one clear error, and all is given back") {
  CsvTest test("s,i,t\n" + std::string(1 << 20, 'x') + ",1,y\n", fields());
  test.context.memory = MemoryBudget::create(1 << 20);
  CHECK(test.failure().find("memory") != std::string::npos);
  CHECK(test.context.memory->used_bytes() == 0);
}

TEST_CASE("every failing operation ends in one error that names the file") {
  std::mt19937_64 random(14);
  CsvTest test(random_table(random, true), fields());
  test.context.split_bytes = 100;
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
  CHECK(n > 10);
}

TEST_CASE("a split that failed can be opened again") {
  CsvTest test("s,i,t\na,1,b\nc,2,d\ne,3,f\n", fields());
  test.context.split_bytes = 8;
  test.context.fs = std::make_shared<FaultyFileSystem>(local_file_system(), Fault{.operation_number = 6});
  std::unique_ptr<SourceReader> reader = test.open();
  int failures = 0;
  CsvResult result;
  for (std::size_t k = 0; k < reader->split_count(); ++k) {
    try {
      CsvTest::read_split(*reader, k, {"s"}, result);
    } catch (const Error&) {
      ++failures;
      CsvTest::read_split(*reader, k, {"s"}, result);
    }
  }
  CHECK(failures == 1);
  CHECK(result.rows == std::vector<Cells>{{"a"}, {"c"}, {"e"}});
}

}  // namespace headrace
