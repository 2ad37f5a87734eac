// Evaluation: nulls, slices, empty batches, lazy branches, filters, failures.
#include <algorithm>

#include <doctest/doctest.h>

#include "headrace/expr/check_expr.h"
#include "headrace/expr/function.h"

namespace headrace {
namespace {

std::vector<std::int32_t> filter(std::string_view text, const Batch& batch) {
  EvalContext context(check_memory());
  std::vector<std::int32_t> rows = {7};
  evaluate_filter(*bind(parse_expr(text), *batch.schema), batch, context, rows);
  return rows;
}

Batch numbers() {
  return batch_of({{"x", "int64", {"0", "1", "null", "-3", "4"}},
                   {"y", "float64", {"0.5", "null", "2", "NaN", "-0.0"}},
                   {"s", "string", {"a", "", "null", "größe", "0"}}});
}

TEST_CASE("a case evaluates each branch only on the rows that take it") {
  CHECK(cells("case when x = 0 then 0 else 12 div x end", numbers()) == Cells{"0", "12", "null", "-4", "3"});
  CHECK(cells("case when x <> 0 then 1 / x end", numbers()) ==
        Cells{"null", "1.0", "null", "-0.3333333333333333", "0.25"});
  CHECK(cells("case when s = '0' then cast(s as int64) when s = 'a' then -1 else 0 end", numbers()) ==
        Cells{"-1", "0", "0", "0", "0"});
  CHECK(cells("case when x = 0 then 'zero' when x > 0 then s || '!' else upper(s) end", numbers()) ==
        Cells{"zero", "!", "null", "GRÖSSE", "0!"});
}

TEST_CASE("coalesce evaluates later values only where those before are null") {
  CHECK(cells("coalesce(x, 10 div x)", numbers().slice(0, 2)) == Cells{"0", "1"});
  CHECK(cells("coalesce(nullif(x, 0), 100)", numbers()) == Cells{"100", "1", "100", "-3", "4"});
  CHECK(cells("coalesce(y, x, 7)", numbers()) == Cells{"0.5", "1.0", "2.0", "NaN", "-0.0"});
  CHECK(cells("coalesce(s, 'none')", numbers()) == Cells{"a", "", "none", "größe", "0"});
  CHECK(cells("coalesce(nullif(s, 'a'), upper(s), 'none')", numbers()) == Cells{"A", "", "none", "größe", "0"});
  CHECK(cells("coalesce(null, nullif(x, x), -1)", numbers()) == Cells{"-1", "-1", "-1", "-1", "-1"});
}

TEST_CASE("and, or evaluate the right side only where the left leaves it open") {
  CHECK(cells("x <> 0 and 1 / x > 0", numbers()) == Cells{"false", "true", "null", "false", "true"});
  CHECK(cells("x = 0 or 1 / x > 0", numbers()) == Cells{"true", "true", "null", "false", "true"});
  CHECK(cells("x is not null and x <> 0 and 12 % x = 0 and x > 1", numbers()) ==
        Cells{"false", "false", "false", "false", "true"});
  CHECK(eval_error("1 / x > 0 and x <> 0", numbers()).find("division by zero: 1 / x where x = 0") == 0);
}

TEST_CASE("and, or, not are three-valued for all combinations") {
  Batch batch = batch_of({{"a", "bool", {"true", "true", "true", "false", "false", "false", "null", "null", "null"}},
                          {"b", "bool", {"true", "false", "null", "true", "false", "null", "true", "false", "null"}}});
  CHECK(cells("a and b", batch) == Cells{"true", "false", "null", "false", "false", "false", "null", "false", "null"});
  CHECK(cells("a or b", batch) == Cells{"true", "true", "true", "true", "false", "null", "true", "null", "null"});
  CHECK(cells("not a", batch) == Cells{"false", "false", "false", "true", "true", "true", "null", "null", "null"});
  CHECK(cells("a is null", batch) ==
        Cells{"false", "false", "false", "false", "false", "false", "true", "true", "true"});
  CHECK(cells("a and null", batch) == Cells{"null", "null", "null", "false", "false", "false", "null", "null", "null"});
  CHECK(cells("null or b", batch) == Cells{"true", "null", "null", "true", "null", "null", "true", "null", "null"});
  // A third argument meets what the first two left: the truth of the whole is that of nested pairs, in both orders.
  for (std::string third : {"true", "false", "null", "a", "b", "not b"}) {
    for (std::string op : {" and ", " or "}) {
      CHECK(cells("a" + op + "b" + op + third, batch) == cells("(a" + op + "b)" + op + third, batch));
      CHECK(cells("a" + op + "b" + op + third, batch) == cells(third + op + "(a" + op + "b)", batch));
    }
  }
}

TEST_CASE("lazy arguments see the right rows when they can fail") {
  // The same tables, the right side being an expression that is gathered for its rows.
  Batch batch = batch_of({{"a", "bool", {"true", "true", "true", "false", "false", "false", "null", "null", "null"}},
                          {"b", "string", {"true", "false", "null", "true", "false", "x", "true", "false", "null"}}});
  CHECK(cells("a and cast(b as bool)", batch) ==
        Cells{"true", "false", "null", "false", "false", "false", "null", "false", "null"});
  CHECK(eval_error("a or cast(b as bool)", batch).find("the text is no bool: cast(b as bool) where b = 'x'") == 0);
}

TEST_CASE("every function gives the same on slices, with nulls, and on no rows") {
  // The oracle is evaluation row by row.
  Batch batch =
      batch_of({{"i", "int64", {"5", "null", "-7", "2", "null", "0", "9", "3"}},
                {"j", "int32", {"1", "2", "null", "-4", "null", "6", "7", "3"}},
                {"f", "float64", {"0.5", "NaN", "null", "-0.0", "Infinity", "1e300", "null", "2"}},
                {"m", "decimal(10, 2)", {"1.25", "null", "-3.5", "0", "99.99", "null", "7", "0.01"}},
                {"s", "string", {"abc", "null", "", "größe", "null", "x", "0", "abc"}},
                {"b", "bool", {"true", "false", "null", "true", "null", "false", "true", "true"}},
                {"d",
                 "date",
                 {"2013-01-31", "null", "1969-12-31", "2000-02-29", "null", "2013-01-01", "2014-12-31", "1970-01-01"}},
                {"t",
                 "timestamp",
                 {"2013-01-31T06:30:00Z", "null", "1969-12-31", "2000-02-29", "null", "2013-01-01",
                  "2014-12-31T23:59:59.5Z", "1970-01-01"}}});
  std::vector<std::string> texts = {"i + j",
                                    "i - 1",
                                    "2 * j",
                                    "i / 2",
                                    "-i",
                                    "f * f",
                                    "m + m",
                                    "m * i",
                                    "m / 3",
                                    "i % 5",
                                    "i div 2",
                                    "abs(j)",
                                    "abs(f)",
                                    "i = j",
                                    "i < 3",
                                    "f > 0",
                                    "f = f",
                                    "s < 'b'",
                                    "'b' <= s",
                                    "m >= 1",
                                    "d < '2013-01-15'",
                                    "t > d",
                                    "b = true",
                                    "b and i > 0",
                                    "b or i > 0 or f > 0",
                                    "not b",
                                    "i is null",
                                    "s is not null",
                                    "is_nan(f)",
                                    "case when b then i else j end",
                                    "case when b then s else 'no' end",
                                    "coalesce(i, j, 0)",
                                    "coalesce(s, 'none')",
                                    "nullif(j, 3)",
                                    "nullif(s, 'x')",
                                    "greatest(i, j)",
                                    "least(i, j, 4)",
                                    "greatest(s, 'm')",
                                    "least(f, 1)",
                                    "i in (5, 9)",
                                    "s in ('abc', null)",
                                    "i in (j, 2)",
                                    "m in (1.25, 7)",
                                    "f in (0, 2)",
                                    "i between j and 6",
                                    "s between 'a' and s",
                                    "cast(i as string)",
                                    "cast(m as float64)",
                                    "cast(i as decimal(12, 1))",
                                    "try_cast(s as int64)",
                                    "try_cast(i as int8)",
                                    "cast(f as string)",
                                    "cast(t as date)",
                                    "cast(d as timestamp)",
                                    "cast(b as int64)",
                                    "cast(s as binary)",
                                    "cast(cast(s as binary) as string)",
                                    "exp(i)",
                                    "ln(i)",
                                    "log1p(f)",
                                    "pow(i, 2)",
                                    "sqrt(f)",
                                    "sign(m)",
                                    "round(f, 1)",
                                    "round(m, 1)",
                                    "round(i, -1)",
                                    "floor(m)",
                                    "hash64(s)",
                                    "hash64(i, s)",
                                    "hash_bucket(f, 7)",
                                    "hash64(array(i, 3))",
                                    "bucketize(i, [0, 5])",
                                    "bucketize(f, [0.5, 2])",
                                    "vocabulary_id(s, ['abc', 'x'], 2)",
                                    "vocabulary_id(j, [3, 1], 1)",
                                    "one_hot(i, 3)",
                                    "array(i, j)",
                                    "array(s, 'z')",
                                    "upper(s)",
                                    "length(s)",
                                    "s || '-' || s",
                                    "substr(s, 2)",
                                    "replace(s, 'b', 'B')",
                                    "s like '%b%'",
                                    "hour(t)",
                                    "year(d)",
                                    "date_trunc('month', t)",
                                    "date_add(d, j)"};
  for (const std::string& text : texts) {
    CAPTURE(text);
    std::string error = error_of([&] {
      Cells whole = cells(text, batch);
      Cells row_by_row;
      for (std::int64_t row = 0; row < batch.row_count; ++row)
        row_by_row.push_back(cells(text, batch.slice(row, 1))[0]);
      CHECK(whole == row_by_row);
      CHECK(cells(text, batch.slice(3, 4)) == Cells(whole.begin() + 3, whole.begin() + 7));
      CHECK(cells(text, batch.slice(1, 0)).empty());
      CHECK(cells(text, batch.slice(1, 1)) == Cells{whole[1]});
      // Nothing lies under a null.
      Column column = evaluate_text(text, batch);
      bool clear = column.type().value_bytes() == 0 || column.validity() == nullptr;
      for (std::int64_t row = 0; row < column.length() && !clear; ++row) {
        std::size_t width = column.type().value_bytes();
        const std::byte* slot = column.raw_values() + static_cast<std::size_t>(row) * width;
        bool zero = std::all_of(slot, slot + width, [](std::byte byte) { return byte == std::byte{0}; });
        if (column.is_null(row)) CHECK(zero);
      }
    });
    CHECK(error == "no error");
  }
}

TEST_CASE("functions of nulls only") {
  Batch batch = batch_of({{"i", "int64", {"null", "null", "null"}}, {"s", "string", {"null", "null", "null"}}});
  CHECK(cells("i + 1", batch) == Cells{"null", "null", "null"});
  CHECK(cells("1 / i", batch) == Cells{"null", "null", "null"});
  CHECK(cells("cast(s as int64)", batch) == Cells{"null", "null", "null"});
  CHECK(cells("s = 'x'", batch) == Cells{"null", "null", "null"});
  CHECK(cells("greatest(i, i)", batch) == Cells{"null", "null", "null"});
  CHECK(cells("vocabulary_id(s, ['a'], 1)", batch) == Cells{"1", "1", "1"});
  CHECK(filter("i > 0", batch).empty());
}

TEST_CASE("a filter keeps rows that are true, not those that are null") {
  CHECK(filter("x >= 0", numbers()) == std::vector<std::int32_t>{0, 1, 4});
  CHECK(filter("true", numbers()) == std::vector<std::int32_t>{0, 1, 2, 3, 4});
  CHECK(filter("null", numbers()).empty());
  CHECK(filter("x >= 0", numbers().slice(3, 2)) == std::vector<std::int32_t>{1});
  CHECK(filter("x >= 0", numbers().slice(2, 0)).empty());
}

TEST_CASE("failures name the expression and the values of the row") {
  CHECK(eval_error("abs(x) + y / (x - 1)", numbers().slice(0, 1)) == "no error");
  CHECK(eval_error("100 div (x - 1)", numbers()) ==
        "division by zero: 100 div (x - 1) where x - 1 = 0\n"
        "  hint: x / nullif(y, 0) gives null instead; case when y <> 0 then x / y end does, too");
  CHECK(eval_error("x + 9223372036854775807", numbers()) ==
        "int64 overflow: x + 9223372036854775807 where x = 1\n"
        "  hint: cast to a wider type first, such as cast(x as float64), or filter such rows out");
  CHECK(eval_error("cast(s as float64)", numbers()) ==
        "the text is no float64: cast(s as float64) where s = 'a'\n"
        "  hint: try_cast(… as float64) gives null instead");
  CHECK(eval_error("cast(x - 200 as int8)", numbers()) ==
        "the value does not fit int8: cast(x - 200 as int8) where x - 200 = -200\n"
        "  hint: try_cast(… as int8) gives null instead");
  CHECK(eval_error("1 / 0").find("division by zero: 1 / 0\n") == 0);
  std::string list = "1 / bucketize(x, [0";
  for (int i = 1; i < 500; ++i) list += ", " + std::to_string(i);
  CHECK(eval_error(list + "])", numbers().slice(3, 1)).size() < 800);
  Batch text = batch_of({{"s", "string", {std::string(100, 'x') + "é"}}});
  CHECK(eval_error("cast(s as int64)", text).find("where s = '" + std::string(60, 'x') + "…'") != std::string::npos);
}

TEST_CASE("rows under a null never fail") {
  Batch batch = batch_of({{"a", "int64", {"1", "null", "-9223372036854775808"}}, {"b", "int64", {"2", "0", "null"}}});
  CHECK(cells("a / b", batch) == Cells{"0.5", "null", "null"});
  CHECK(cells("a % b", batch) == Cells{"1", "null", "null"});
  CHECK(cells("-a + b", batch.slice(0, 2)) == Cells{"1", "null"});
  CHECK(cells("b - a", batch) == Cells{"1", "null", "null"});
}

TEST_CASE("expressions as deep as the parser takes them are evaluated") {
  Batch batch = batch_of({{"x", "int64", {"1", "700", "-1"}}});
  std::string sum = "x", cases = "-1", nots = "x > 0";
  for (int i = 0; i < 490; ++i) {
    sum += " + x";
    std::string n = std::to_string(i);
    cases = "case when 10 div (2 * x - 2 * " + n + " + 1) = 10 then " + n + " else " + cases + " end";
    if (i % 2 == 0) nots = "not (" + nots + ")";
  }
  CHECK(cells(sum, batch) == Cells{"491", "343700", "-491"});
  CHECK(cells(cases, batch_of({{"x", "int64", {"489", "0", "1000"}}})) == Cells{"489", "0", "-1"});
  CHECK(cells(nots, batch) == Cells{"false", "false", "true"});
}

TEST_CASE("evaluation charges its memory and gives it back") {
  auto memory = MemoryBudget::create(1 << 16);
  Batch batch = numbers();
  BoundExprPtr expr = bind(parse_expr("case when x = 0 then upper(s) else s || s end"), *batch.schema);
  {
    EvalContext context(*memory);
    Column column = evaluate(*expr, batch, context);
    CHECK(memory->used_bytes() > 0);
  }
  CHECK(memory->used_bytes() == 0);
  auto small = MemoryBudget::create(16);
  EvalContext context(*small);
  CHECK_THROWS_AS(evaluate(*expr, batch, context), Error);
  CHECK(small->used_bytes() == 0);
}

}  // namespace
}  // namespace headrace
