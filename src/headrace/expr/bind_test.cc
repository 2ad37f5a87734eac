// The type check: types, implicit casts, folding, nullability, messages.
#include <doctest/doctest.h>

#include "headrace/expr/check_expr.h"
#include "headrace/expr/function.h"

namespace headrace {
namespace {

/// One column of every scalar type, named after it, and of text.
Batch all_types() {
  return batch_of({{"b", "bool", {"true"}},
                   {"i8", "int8", {"1"}},
                   {"i16", "int16", {"1"}},
                   {"i32", "int32", {"1"}},
                   {"i64", "int64", {"1"}},
                   {"f32", "float32", {"1"}},
                   {"f64", "float64", {"1"}},
                   {"dec", "decimal(10, 2)", {"1"}},
                   {"s", "string", {"x"}},
                   {"bin", "binary", {"x"}},
                   {"d", "date", {"2013-01-01"}},
                   {"ts", "timestamp", {"2013-01-01"}},
                   {"ntz", "timestamp_ntz", {"2013-01-01"}}});
}

BoundExprPtr bind_text(std::string_view text, const Batch& batch) { return bind(parse_expr(text), *batch.schema); }

TEST_CASE("implicit casts widen and nothing else") {
  Type decimal = Type::decimal(10, 2);
  std::vector<std::pair<Type, std::vector<Type>>> allowed = {
      {TypeKind::kInt8,
       {TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64, TypeKind::kFloat64, Type::decimal(3, 0), decimal}},
      {TypeKind::kInt64, {TypeKind::kFloat64, Type::decimal(20, 0)}},
      {TypeKind::kFloat32, {TypeKind::kFloat64}},
      {decimal, {TypeKind::kFloat64, Type::decimal(11, 3)}},
      {TypeKind::kDate, {TypeKind::kTimestamp, TypeKind::kTimestampNtz}},
      {TypeKind::kTimestampNtz, {TypeKind::kTimestamp}},
      {TypeKind::kNull, {TypeKind::kString, decimal, Type::list(TypeKind::kInt8)}},
      {Type::list(TypeKind::kInt8), {Type::list(TypeKind::kInt64)}}};
  for (const auto& [from, targets] : allowed) {
    for (const Type& to : targets) {
      CAPTURE(from.to_string() + " to " + to.to_string());
      CHECK(can_coerce(from, to));
      CHECK_FALSE(can_coerce(to, from));
    }
  }
  CHECK_FALSE(can_coerce(TypeKind::kInt64, TypeKind::kFloat32));
  CHECK_FALSE(can_coerce(TypeKind::kInt64, Type::decimal(19, 0)));
  CHECK_FALSE(can_coerce(TypeKind::kString, TypeKind::kInt64));
  CHECK_FALSE(can_coerce(TypeKind::kInt64, TypeKind::kString));
  CHECK_FALSE(can_coerce(TypeKind::kBool, TypeKind::kInt8));
  CHECK_FALSE(can_coerce(TypeKind::kString, TypeKind::kBinary));
  CHECK_FALSE(can_coerce(decimal, Type::decimal(10, 3)));
}

TEST_CASE("common types are the same from both sides") {
  auto common = [](Type a, Type b) {
    CHECK(common_type(a, b) == common_type(b, a));
    return common_type(a, b).to_string();
  };
  CHECK(common(TypeKind::kInt8, TypeKind::kInt64) == "int64");
  CHECK(common(TypeKind::kInt16, TypeKind::kFloat32) == "float64");
  CHECK(common(TypeKind::kInt32, Type::decimal(5, 2)) == "decimal(12, 2)");
  CHECK(common(Type::decimal(5, 2), Type::decimal(6, 4)) == "decimal(7, 4)");
  CHECK(common(Type::decimal(38, 0), Type::decimal(38, 10)) == "decimal(38, 10)");
  CHECK(common(Type::decimal(5, 2), TypeKind::kFloat32) == "float64");
  CHECK(common(TypeKind::kDate, TypeKind::kTimestamp) == "timestamp");
  CHECK(common(TypeKind::kNull, TypeKind::kString) == "string");
  CHECK(common(TypeKind::kNull, TypeKind::kNull) == "null");
  CHECK(common(TypeKind::kString, TypeKind::kInt64) == "null");
  CHECK(common(TypeKind::kBool, TypeKind::kInt64) == "null");
  CHECK(common(Type::list(TypeKind::kInt64), Type::list(TypeKind::kFloat32)) == "list<float64>");
}

TEST_CASE("types of results") {
  Batch batch = all_types();
  CHECK(type_of("i8 + i8", batch) == "int8");
  CHECK(type_of("i8 + 1", batch) == "int64");
  CHECK(type_of("i32 * i16", batch) == "int32");
  CHECK(type_of("i32 / i32", batch) == "float64");
  CHECK(type_of("f32 + f32", batch) == "float32");
  CHECK(type_of("f32 / f32", batch) == "float64");
  CHECK(type_of("f32 + i8", batch) == "float64");
  CHECK(type_of("i8 div i8", batch) == "int64");
  CHECK(type_of("i16 % i8", batch) == "int16");
  CHECK(type_of("dec + dec", batch) == "decimal(11, 2)");
  CHECK(type_of("dec + 1", batch) == "decimal(11, 2)");
  CHECK(type_of("dec + i64", batch) == "decimal(23, 2)");
  CHECK(type_of("dec * dec", batch) == "decimal(21, 4)");
  CHECK(type_of("dec / dec", batch) == "decimal(23, 13)");
  CHECK(type_of("dec % dec", batch) == "decimal(10, 2)");
  CHECK(type_of("dec div dec", batch) == "int64");
  CHECK(type_of("dec * 1.5", batch) == "float64");
  CHECK(type_of("-i8", batch) == "int8");
  CHECK(type_of("case when b then i8 else f32 end", batch) == "float64");
  CHECK(type_of("coalesce(null, i8)", batch) == "int8");
  CHECK(type_of("case when b then d else ts end", batch) == "timestamp");
  CHECK(type_of("round(dec, 1)", batch) == "decimal(10, 1)");
  CHECK(type_of("round(i8)", batch) == "int8");
  CHECK(type_of("floor(f64)", batch) == "int64");
  CHECK(type_of("floor(dec)", batch) == "decimal(9, 0)");
  CHECK(type_of("one_hot(i8, 3)", batch) == "fixed_size_list<float32, 3>");
  CHECK(type_of("array(i8, f64)", batch) == "fixed_size_list<float64, 2>");
  CHECK(type_of("null", batch) == "null");
  CHECK(type_of("null + null") == "int64");
}

TEST_CASE("decimal types follow the rules of Spark at 38 digits") {
  auto result = [](const char* a, const char* op, const char* b) {
    return type_of(std::string("cast(s as ") + a + ") " + op + " cast(s as " + b + ")", all_types());
  };
  CHECK(result("decimal(38, 0)", "+", "decimal(38, 0)") == "decimal(38, 0)");
  CHECK(result("decimal(38, 10)", "+", "decimal(38, 10)") == "decimal(38, 9)");
  CHECK(result("decimal(38, 10)", "*", "decimal(38, 10)") == "decimal(38, 6)");
  CHECK(result("decimal(20, 10)", "*", "decimal(20, 10)") == "decimal(38, 17)");
  CHECK(result("decimal(38, 0)", "/", "decimal(38, 0)") == "decimal(38, 6)");
  CHECK(result("decimal(38, 37)", "/", "decimal(2, 1)") == "decimal(38, 36)");
}

TEST_CASE("text literals become dates and timestamps beside such columns") {
  Batch batch = all_types();
  CHECK(cells("d = '2013-01-01'", batch) == Cells{"true"});
  CHECK(cells("'2012-12-31' < d", batch) == Cells{"true"});
  CHECK(cells("ts >= '2013-01-01T01:00:00+02:00'", batch) == Cells{"true"});
  CHECK(cells("ntz between '2012' and '2014'", batch) == Cells{"true"});
  CHECK(cells("d in ('2013-01-01', '2014-01-01')", batch) == Cells{"true"});
  CHECK(bind_error("d = s", batch).find("eq does not take (date, string)") == 0);
}

TEST_CASE("integer literals take the type of the column they are compared with, if it holds them") {
  Batch batch = all_types();
  CHECK(bind_text("i8 = 5", batch)->args[1]->type.to_string() == "int8");
  CHECK(bind_text("i8 = 500", batch)->args[0]->type.to_string() == "int64");
  CHECK(bind_text("i16 in (1, 2, 3)", batch)->args[0]->type.to_string() == "int16");
  CHECK(cells("i8 = 500", batch) == Cells{"false"});
  CHECK(cells("i8 in (500, 1)", batch) == Cells{"true"});
}

TEST_CASE("what is constant is computed once, and failures wait until a row needs them") {
  Batch batch = all_types();
  CHECK(bind_text("1 + 2 * 3", batch)->literal == Value::int64(7));
  CHECK(bind_text("i64 + (1 + 2)", batch)->args[1]->literal == Value::int64(3));
  CHECK(bind_text("i64 + null", batch)->literal.is_null());
  CHECK(bind_text("upper('x') || lower('Y')", batch)->literal == Value::string("Xy"));
  CHECK(bind_text("1 / 0", batch)->kind == BoundExpr::Kind::kCall);
  CHECK(cells("case when b then 1 else 1 / 0 end", batch) == Cells{"1.0"});
  CHECK(bind_text("array(1, 2)", batch)->literal.to_string() == "[1, 2]");
}

TEST_CASE("nullability is that of the arguments, or the function's own") {
  Schema schema({{"a", TypeKind::kInt64, false}, {"n", TypeKind::kInt64, true}, {"s", TypeKind::kString, false}});
  auto nullable = [&](std::string_view text) { return bind(parse_expr(text), schema)->nullable; };
  CHECK_FALSE(nullable("a + 1"));
  CHECK(nullable("a + n"));
  CHECK_FALSE(nullable("n is null"));
  CHECK_FALSE(nullable("coalesce(n, a)"));
  CHECK(nullable("coalesce(n, n)"));
  CHECK(nullable("case when n > 0 then a end"));
  CHECK_FALSE(nullable("case when n > 0 then a else 0 end"));
  CHECK(nullable("nullif(a, 1)"));
  CHECK(nullable("try_cast(s as int64)"));
  CHECK_FALSE(nullable("cast(s as int64)"));
  CHECK_FALSE(nullable("try_cast(a as string)"));
  CHECK(nullable("ln(a)"));
  CHECK(nullable("n > 1 and a > 1"));
  CHECK_FALSE(nullable("a in (1, 2)"));
  CHECK(nullable("a in (1, null)"));
  CHECK_FALSE(nullable("vocabulary_id(n, [1], 1)"));
  CHECK_FALSE(nullable("hash_bucket(n, 10)"));
  CHECK_FALSE(nullable("one_hot(n, 10)"));
  CHECK_FALSE(nullable("greatest(n, a)"));
}

// Messages, in full.

TEST_CASE("unknown columns are marked where they were written") {
  Batch batch = batch_of({{"dep_delay", "float64", {"1"}}, {"carrier", "string", {"x"}}});
  CHECK(bind_error("carrier = 'AA' and dep_dealy > 15", batch) ==
        "unknown column 'dep_dealy'\n"
        "    carrier = 'AA' and dep_dealy > 15\n"
        "                       ^~~~~~~~~\n"
        "  hint: did you mean 'dep_delay'? valid columns: dep_delay, carrier");
  CHECK(bind_error("abc") ==
        "unknown column 'abc'\n"
        "    abc\n"
        "    ^~~\n"
        "  hint: no columns can be used here; text takes single quotes: 'abc'");
}

TEST_CASE("an expression made by code is shown as its text") {
  Batch batch = batch_of({{"a", "int64", {"1"}}});
  Expr expr = call("not", {call("in", {column("a"), call("add", {column("bb"), literal(Value::int64(1))})})});
  CHECK(error_of([&] { bind(expr, *batch.schema); }) ==
        "unknown column 'bb'\n"
        "    a not in (bb + 1)\n"
        "              ^~\n"
        "  hint: valid columns: a");
}

TEST_CASE("unknown functions and aggregates out of place") {
  Batch batch = batch_of({{"a", "int64", {"1"}}});
  CHECK(bind_error("1 + rond(a)", batch) ==
        "unknown function 'rond'\n"
        "    1 + rond(a)\n"
        "        ^~~~~~~\n"
        "  hint: did you mean 'round'? `headrace functions` lists all functions");
  CHECK(bind_error("a / sum(a)", batch) ==
        "sum is an aggregate and has no value for a single row\n"
        "    a / sum(a)\n"
        "        ^~~~~~\n"
        "  hint: aggregates stand alone in the aggregates of a group_by step; compute with their results in the step "
        "after it");
}

TEST_CASE("wrong types say what was given and what is taken") {
  Batch batch = all_types();
  CHECK(bind_error("1 + (s + 2)", batch) ==
        "add does not take (string, int64)\n"
        "    1 + (s + 2)\n"
        "         ^~~~~\n"
        "  hint: add takes two numbers; dates and timestamps have functions: date_add, date_diff");
  CHECK(bind_error("i64 = s", batch) ==
        "eq does not take (int64, string)\n"
        "    i64 = s\n"
        "    ^~~~~~~\n"
        "  hint: eq takes values of one type; cast the text first, such as cast(x as int64)");
  CHECK(bind_error("i64 and b", batch) ==
        "and does not take (int64, bool)\n"
        "    i64 and b\n"
        "    ^~~~~~~~~\n"
        "  hint: and takes conditions (bool); compare numbers and text first, such as x <> 0");
  CHECK(bind_error("case when b then 1 else 'x' end", batch) ==
        "if_else does not take (bool, int64, string)\n"
        "    case when b then 1 else 'x' end\n"
        "    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "  hint: if_else takes values of one type, or of types that widen to one; cast one of them");
  CHECK(bind_error("cast(i64 as date)", batch) ==
        "int64 cannot be cast to date\n"
        "    cast(i64 as date)\n"
        "    ^~~~~~~~~~~~~~~~~\n"
        "  hint: date_add(date '1970-01-01', x) counts days from a date");
  CHECK(bind_error("d < '2013-13-01'", batch) ==
        "'2013-13-01' is compared with a date but is none\n"
        "    d < '2013-13-01'\n"
        "        ^~~~~~~~~~~~\n"
        "  hint: write a date as '2013-01-31'");
  CHECK(bind_error("sqrt(i64, 2)", batch) ==
        "sqrt does not take (int64, int64)\n"
        "    sqrt(i64, 2)\n"
        "    ^~~~~~~~~~~~\n"
        "  hint: sqrt takes one number");
  CHECK(bind_error("f64 div 2", batch).find("div takes two integers or decimals; trunc(x / y) does the same") !=
        std::string::npos);
}

TEST_CASE("parameters that must be literals say so") {
  Batch batch = all_types();
  CHECK(bind_error("round(f64, i64)", batch).find("round takes a number and, if wanted, a literal count") !=
        std::string::npos);
  CHECK(bind_error("hash_bucket(s, 0)", batch).find("hash_bucket takes values and, last, a literal number") !=
        std::string::npos);
  CHECK(bind_error("one_hot(i64, i64)", batch).find("one_hot takes an integer and a literal size") !=
        std::string::npos);
  CHECK(bind_error("bucketize(f64, [2, 1])", batch) ==
        "the boundaries of bucketize do not ascend: 1.0 comes after 2.0\n"
        "    bucketize(f64, [2, 1])\n"
        "    ^~~~~~~~~~~~~~~~~~~~~~\n"
        "  hint: write them from the least to the greatest");
  CHECK(bind_error("vocabulary_id(s, ['a', 'a'], 1)", batch).find("the value 'a' of vocabulary_id is listed twice") ==
        0);
  CHECK(bind_error("vocabulary_id(s, ['a', null], 1)", batch).find("a value of vocabulary_id is null") == 0);
  CHECK(bind_error("vocabulary_id(f64, ['a'], 1)", batch).find("vocabulary_id does not take") == 0);
  CHECK(bind_error("vocabulary_id(s, ['a'], 0)", batch).find("vocabulary_id does not take") == 0);
}

TEST_CASE("a cast made by hand without a type is refused") {
  CHECK(error_of([] {
          bind(call("cast", {literal(Value::int64(1))}), Schema());
        }).find("cast takes one value and a type") == 0);
}

}  // namespace
}  // namespace headrace
