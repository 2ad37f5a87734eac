// Reads CSV text whole, for tests.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "headrace/io/text/text_test_table.h"

namespace headrace {

using CsvResult = TextResult;

struct CsvTest : TextTest {
  explicit CsvTest(std::string_view text, std::vector<Field> declared = {})
      : TextTest("t.csv", text, std::move(declared)) {}
};

}  // namespace headrace
