// Fuzzes the expression parser, and holds it to its word: what to_string() writes parses back to the same tree.
#include "fuzz/fuzz.h"
#include "headrace/expr/parse.h"

namespace headrace {

std::vector<std::string> fuzz_seeds() {
  return {
      "arr_delay > 15 and not (origin in ('JFK', 'LGA') or dest is null)",
      "case when a > 1 then 'x' when a = 0 then \"a column\" else concat(b, '''') end",
      "cast(x as decimal(10, 2)) + try_cast(`y` as int64) * -1.5e-3 / 2 % 7",
      "x between date '2013-01-01' and timestamp '2013-11-01T00:00:00Z'",
      "coalesce(a.b, if(a <> 1, null, true), struct_field, list[0], f())",
      "name like '%x_' || 'ü€😀' -- comment",
      std::string(5'000, '(') + "1" + std::string(5'000, ')'),
      std::string(5'000, '-') + "1",
  };
}

std::vector<std::string> fuzz_words() {
  return {" and ",
          " or ",
          " not ",
          " is null",
          " in (",
          " between ",
          "case when ",
          " then ",
          " else ",
          " end",
          "cast(",
          " as ",
          "int64",
          "decimal(38, 10)",
          "list<",
          "(",
          ")",
          "'",
          "\"",
          "`",
          "||",
          "<=>",
          "--",
          "/*",
          "*/",
          "1e309",
          "9223372036854775808",
          ".",
          ",",
          "\\",
          "null",
          "timestamp '",
          std::string(1, '\0'),
          "((((((((",
          "- - - -"};
}

void fuzz_one(std::string_view input) {
  allow_input_errors([&] {
    const Expr expr = parse_expr(input);
    const std::string text = to_string(expr);
    expect(same_expr(parse_expr(text), expr), "the printed expression parses to another tree: " + text);
  });
}

}  // namespace headrace
