// The parser and the printer, each against the other, and the messages of the parser.
#include <random>

#include <doctest/doctest.h>

#include "headrace/expr/check_expr.h"
#include "headrace/expr/syntax.h"

namespace headrace {
namespace {

/// Parses and prints.
std::string round_trip(std::string_view text) { return to_string(parse_expr(text)); }

TEST_CASE("operators bind as in SQL") {
  CHECK(round_trip("a + b * c") == "a + b * c");
  CHECK(round_trip("(a + b) * c") == "(a + b) * c");
  CHECK(round_trip("a - (b - c)") == "a - (b - c)");
  CHECK(round_trip("(a - b) - c") == "a - b - c");
  CHECK(round_trip("a or b and not c = d") == "a or b and not c = d");
  CHECK(round_trip("(a or b) and (not c) = d") == "(a or b) and (not c) = d");
  CHECK(round_trip("not (a and b)") == "not (a and b)");
  CHECK(round_trip("a || b + c") == "a || b + c");
  CHECK(round_trip("-a * b") == "-a * b");
  CHECK(round_trip("-(a * b)") == "-(a * b)");
  CHECK(round_trip("a div b % c") == "a div b % c");
  CHECK(round_trip("a + 1 is null") == "a + 1 is null");
  CHECK(round_trip("(a = b) is not null") == "(a = b) is not null");
  CHECK(same_expr(parse_expr("a + b * c"), call("add", {column("a"), call("multiply", {column("b"), column("c")})})));
  CHECK(same_expr(parse_expr("not a = b"), call("not", {call("eq", {column("a"), column("b")})})));
}

TEST_CASE("spellings of one thing give one tree") {
  CHECK(round_trip("A == 1 AND B != 2") == "A = 1 and B <> 2");
  CHECK(round_trip("Upper(X)") == "upper(X)");
  CHECK(round_trip("a not in (1, 2)") == "a not in (1, 2)");
  CHECK(round_trip("not a in (1, 2)") == "a not in (1, 2)");
  CHECK(round_trip("a not between 1 and 2 and b") == "a not between 1 and 2 and b");
  CHECK(round_trip("a not like 'x%'") == "a not like 'x%'");
  CHECK(round_trip("extract(hour from t)") == "hour(t)");
  CHECK(round_trip("count(*)") == "count()");
  CHECK(round_trip("count(distinct x)") == "count_distinct(x)");
  CHECK(round_trip("count(distinct)") == "count(distinct)");
  CHECK(round_trip("CAST(x AS Decimal(10, 2))") == "cast(x as decimal(10, 2))");
  CHECK(round_trip("try_cast(x as list<int64>)") == "try_cast(x as list<int64>)");
  CHECK(round_trip("case a when 1 then 'x' else 'y' end") == "case when a = 1 then 'x' else 'y' end");
  CHECK(round_trip("if_else(a, b, if_else(c, d, null))") == "case when a then b when c then d end");
  CHECK(round_trip("`a b` + \"c\"\"d\" + \"plain\"") == "\"a b\" + \"c\"\"d\" + plain");
  CHECK(round_trip("\"case\" + \"größe\"") == "\"case\" + \"größe\"");
}

TEST_CASE("chains of and, or and || are one call, others nest from the left") {
  CHECK(std::get<Call>(parse_expr("a and b and c")->kind).args.size() == 3);
  CHECK(std::get<Call>(parse_expr("(a and b) and c")->kind).args.size() == 2);
  CHECK(round_trip("(a and b) and c") == "(a and b) and c");
  CHECK(std::get<Call>(parse_expr("a || b || c || d")->kind).args.size() == 4);
  CHECK(std::get<Call>(parse_expr("a + b + c")->kind).args.size() == 2);
}

TEST_CASE("literals keep their type and value") {
  auto value = [](std::string_view text) { return std::get<Literal>(parse_expr(text)->kind).value; };
  CHECK(value("12") == Value::int64(12));
  CHECK(value("-12") == Value::int64(-12));
  CHECK(value("-9223372036854775808") == Value::int64(INT64_MIN));
  CHECK(value("2.5") == Value::float64(2.5));
  CHECK(value("1e3") == Value::float64(1000));
  CHECK(value(".5e-1") == Value::float64(0.05));
  CHECK(value("-0.0").to_string() == "-0.0");
  CHECK(value("'it''s'") == Value::string("it's"));
  CHECK(value("TRUE") == Value::boolean(true));
  CHECK(value("null").is_null());
  CHECK(value("date '2013-01-31'") == Value{TypeKind::kDate, std::int64_t{15736}});
  CHECK(value("timestamp '2013-01-31 01:00:00+01:00'") == value("timestamp '2013-01-31T00:00:00Z'"));
  CHECK(value("timestamp_ntz '2013-01-31'").to_string() == "timestamp_ntz '2013-01-31T00:00:00'");
  CHECK(value("decimal(5, 2) '-1.5'").to_string() == "decimal(5, 2) '-1.50'");
  CHECK(value("float64 'nan'").to_string() == "float64 'NaN'");
  CHECK(value("int8 '-128'") == Value{TypeKind::kInt8, std::int64_t{-128}});
  CHECK(value("x'00fF'") == Value{TypeKind::kBinary, std::string("\x00\xff", 2)});
  CHECK(value("[1, 2.5, null]").to_string() == "[1.0, 2.5, null]");
  CHECK(value("[]").type.to_string() == "list<null>");
  CHECK(value("['a', 'b']").type.to_string() == "list<string>");
  CHECK(value("[date '2013-01-31', null]").to_string() == "[date '2013-01-31', null]");
}

TEST_CASE("words of the grammar are columns where they cannot be anything else") {
  CHECK(round_trip("date + timestamp + x + div + distinct + extract + cast") ==
        "date + timestamp + x + div + distinct + extract + cast");
}

TEST_CASE("a minus before a number belongs to it, before anything else it is a call") {
  CHECK(same_expr(parse_expr("-1"), literal(Value::int64(-1))));
  CHECK(to_string(call("negate", {literal(Value::int64(1))})) == "-(1)");
  CHECK(same_expr(parse_expr("-(1)"), call("negate", {literal(Value::int64(1))})));
  CHECK(to_string(call("negate", {call("negate", {column("a")})})) == "-(-a)");
  CHECK(round_trip("a - -1") == "a - -1");
  CHECK(round_trip("a-1") == "a - 1");
}

// Random trees.

class RandomExpr {
 public:
  explicit RandomExpr(std::uint32_t seed) : random_(seed) {}

  Expr make(int depth) {
    if (depth == 0 || below(6) == 0) return leaf();
    switch (below(12)) {
      case 0: return cast(make(depth - 1), type());
      case 1: return try_cast(make(depth - 1), type());
      case 2: return call("not", {make(depth - 1)});
      case 3: return call("negate", {make(depth - 1)});
      case 4: return call(below(2) == 0 ? "is_null" : "is_not_null", {make(depth - 1)});
      case 5: return call("in", {make(depth - 1), make(depth - 1), make(depth - 1)});
      case 6: return call("between", {make(depth - 1), make(depth - 1), make(depth - 1)});
      case 7: return call("if_else", {make(depth - 1), make(depth - 1), make(depth - 1)});
      case 8: return call("like", {make(depth - 1), make(depth - 1)});
      case 9: return many(pick({"and", "or", "concat"}), depth);
      case 10: return call(pick({"round", "upper", "f_1"}), {make(depth - 1), make(depth - 1)});
      default:
        return call(pick({"add", "subtract", "multiply", "divide", "mod", "div", "eq", "ne", "lt", "le", "gt", "ge"}),
                    {make(depth - 1), make(depth - 1)});
    }
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  std::string pick(std::vector<std::string> names) { return names[below(static_cast<std::uint32_t>(names.size()))]; }

  Expr many(const std::string& function, int depth) {
    std::vector<Expr> args;
    for (std::uint32_t i = 0, count = 2 + below(3); i < count; ++i) args.push_back(make(depth - 1));
    return call(function, std::move(args));
  }

  Type type() {
    return *Type::parse(pick({"int8", "decimal(10, 2)", "list<string>", "timestamp_ntz", "struct<a: int64>"}));
  }

  Expr leaf() {
    switch (below(9)) {
      case 0: return literal(Value::null());
      case 1: return literal(Value::boolean(below(2) == 0));
      case 2: return literal(Value::int64(static_cast<std::int64_t>(below(200)) - 100));
      case 3:
        return literal(
            Value::float64(std::ldexp(static_cast<double>(below(1000)) - 500, static_cast<int>(below(40)) - 20)));
      case 4: return literal(Value::string(pick({"", "it's", "größe", "a\nb", "\"q\""})));
      case 5: return literal(Value{Type::decimal(10, 3), Int128{static_cast<int>(below(2000)) - 1000}});
      case 6: return literal(Value{TypeKind::kTimestamp, static_cast<std::int64_t>(below(1u << 30)) * 12345});
      default:
        return column(pick({"a", "b_2", "or", "two words", "q\"uote", "ünïcode", "`tick`", "2nd", "Case", "date"}));
    }
  }

  std::mt19937 random_;
};

TEST_CASE("the text of any tree parses back to the tree") {
  for (std::uint32_t seed = 0; seed < 5000; ++seed) {
    Expr expr = RandomExpr(seed).make(static_cast<int>(seed % 6));
    std::string text = to_string(expr);
    CAPTURE(text);
    REQUIRE(same_expr(parse_expr(text), expr));
    REQUIRE(to_string(parse_expr(text)) == text);
  }
}

TEST_CASE("dropping any pair of parentheses of the printed text changes the tree") {
  // That is: parentheses are printed only where they are needed.
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Expr expr = RandomExpr(seed).make(3);
    std::string text = to_string(expr);
    std::vector<Token> tokens = tokenize(text);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != TokenKind::kSymbol) continue;
      if (tokens[i].text == "(") open.push_back(i);
      if (tokens[i].text != ")" || open.empty()) continue;
      std::size_t begin = open.back();
      open.pop_back();
      bool is_call =
          begin > 0 && tokens[begin - 1].kind == TokenKind::kName && !is_reserved_word(tokens[begin - 1].text);
      if (is_call || (begin > 0 && tokens[begin - 1].text == "in")) continue;
      bool negated_number =
          begin > 0 && tokens[begin - 1].text == "-" && tokens[begin].span.begin == tokens[begin - 1].span.end;
      if (negated_number) continue;
      std::string without = text;
      without[tokens[i].span.begin] = ' ';
      without[tokens[begin].span.begin] = ' ';
      CAPTURE(text);
      CAPTURE(without);
      Expr other;
      std::string error = error_of([&] { other = parse_expr(without); });
      CHECK((other == nullptr || !same_expr(other, expr)));
    }
  }
}

TEST_CASE("cutting or changing text anywhere gives an expression or an error, never a crash") {
  std::mt19937 random(7);
  std::string text =
      "case when a > -1.5e3 and b in ('x', \"y z\") then cast(c as decimal(5, 2)) else [1, 2] end || x'00' is null";
  for (std::size_t size = 0; size <= text.size(); ++size) parse_error(text.substr(0, size));
  for (int round = 0; round < 20000; ++round) {
    std::string changed = text;
    for (int k = 0; k < 3; ++k) changed[random() % changed.size()] = static_cast<char>(random() % 256);
    parse_error(changed);
  }
}

TEST_CASE("spans show where in the text a node was written") {
  std::string text = "a + upper( b ) || (c)";
  Expr expr = parse_expr(text);
  const Call& concat = std::get<Call>(expr->kind);
  auto part = [&](const Expr& node) { return text.substr(node->span.begin, node->span.end - node->span.begin); };
  CHECK(part(expr) == text);
  CHECK(part(concat.args[0]) == "a + upper( b )");
  CHECK(part(std::get<Call>(concat.args[0]->kind).args[1]) == "upper( b )");
  CHECK(part(concat.args[1]) == "c");
}

// Messages, in full.

TEST_CASE("a word that does not belong is marked and says what would") {
  CHECK(parse_error("case when a > then 1 end") ==
        "unexpected 'then' in an expression\n"
        "    case when a > then 1 end\n"
        "                  ^~~~\n"
        "  hint: expected a value, a column, a function call or '('");
  CHECK(parse_error("a b") ==
        "unexpected 'b' in an expression\n"
        "    a b\n"
        "      ^\n"
        "  hint: expected an operator, or the end of the expression");
  CHECK(parse_error("arrival 'x'") ==
        "unexpected 'x' in an expression\n"
        "    arrival 'x'\n"
        "            ^~~\n"
        "  hint: expected an operator, or the end of the expression");
}

TEST_CASE("text that ends too early is marked at its end") {
  CHECK(parse_error("round(a, 2") ==
        "the expression ends too early\n"
        "    round(a, 2\n"
        "              ^\n"
        "  hint: expected ',' or ')'");
  CHECK(parse_error("a +") ==
        "the expression ends too early\n"
        "    a +\n"
        "       ^\n"
        "  hint: expected a value, a column, a function call or '('");
  CHECK(parse_error("  ") == "the expression is empty\n  hint: write one such as a + 1");
}

TEST_CASE("text and names without an end are marked at their beginning") {
  CHECK(parse_error("a = 'it's'") ==
        "the text that begins here does not end\n"
        "    a = 'it's'\n"
        "             ^\n"
        "  hint: add the closing '; inside, write it twice");
  CHECK(parse_error("\"a b") ==
        "the quoted name that begins here does not end\n"
        "    \"a b\n"
        "    ^\n"
        "  hint: add the closing \"; inside, write it twice");
}

TEST_CASE("the caret counts characters, not bytes") {
  CHECK(parse_error("\"größe\" + 'ü' ü") ==
        "unexpected 'ü' in an expression\n"
        "    \"größe\" + 'ü' ü\n"
        "                  ^\n"
        "  hint: text takes plain quotes: 'text'; a name with other than ASCII letters takes double ones: \"größe\"");
}

TEST_CASE("only the line with the mistake is shown, and only its surroundings") {
  CHECK(parse_error("a +\n  b +\n  * c") ==
        "unexpected '*' in an expression\n"
        "      * c\n"
        "      ^\n"
        "  hint: expected a value, a column, a function call or '('");
  std::string message = parse_error(std::string(500, 'a') + " ? " + std::string(500, 'b'));
  CHECK(message.size() < 450);
  CHECK(message.find("…") != std::string::npos);
}

TEST_CASE("comparisons do not chain") {
  CHECK(parse_error("1 < a < 3") ==
        "comparisons do not chain\n"
        "    1 < a < 3\n"
        "          ^\n"
        "  hint: write a < b and b < c, or use parentheses");
}

TEST_CASE("types that are called otherwise elsewhere are proposed") {
  CHECK(parse_error("cast(a as double)") ==
        "unknown type 'double'\n"
        "    cast(a as double)\n"
        "              ^~~~~~\n"
        "  hint: did you mean float64? valid types: bool, int8, int16, int32, int64, float32, float64, decimal(p, s), "
        "string, "
        "binary, date, timestamp, timestamp_ntz, list<T>, fixed_size_list<T, n>, struct<a: T>");
  CHECK(parse_error("cast(a as decimal(40, 2))") ==
        "unknown type 'decimal(40, 2)'\n"
        "    cast(a as decimal(40, 2))\n"
        "              ^~~~~~~~~~~~~~\n"
        "  hint: decimal(p, s) takes a precision of 1 to 38 and a scale of 0 to p");
  CHECK(parse_error("cast(a)") ==
        "unexpected ')' in an expression\n"
        "    cast(a)\n"
        "          ^\n"
        "  hint: expected 'as' and a type, such as cast(x as int64)");
}

TEST_CASE("literals that no type holds are marked") {
  CHECK(parse_error("date '2013-02-30'") ==
        "'2013-02-30' is no date\n"
        "    date '2013-02-30'\n"
        "         ^~~~~~~~~~~~\n"
        "  hint: write a date as 2013-01-31");
  CHECK(parse_error("1 + 9223372036854775808") ==
        "the integer 9223372036854775808 does not fit int64\n"
        "    1 + 9223372036854775808\n"
        "        ^~~~~~~~~~~~~~~~~~~\n"
        "  hint: write a decimal, decimal(38, 0) '9223372036854775808', or a float64, 9223372036854775808.0");
  CHECK(parse_error("2nd = 1") ==
        "'2nd' is neither a number nor a name\n"
        "    2nd = 1\n"
        "    ^~~\n"
        "  hint: numbers are written 12, 2.5 or 1e3; a column whose name begins with a digit needs quotes: \"2nd\"");
  CHECK(parse_error("timestamp_ntz '2013-01-01T00:00Z'").find("is no timestamp_ntz") != std::string::npos);
  CHECK(parse_error("[1, a]") ==
        "a list in brackets holds literals only\n"
        "    [1, a]\n"
        "        ^\n"
        "  hint: use array(a, b) to make a list of columns");
  CHECK(parse_error("[1, 'a']") ==
        "a list of int64 holds a string\n"
        "    [1, 'a']\n"
        "        ^~~\n"
        "  hint: write all values of a list with one type");
}

TEST_CASE("stars, empty lists and foreign symbols are refused") {
  CHECK(parse_error("sum(*)") ==
        "'*' is no argument of sum\n"
        "    sum(*)\n"
        "        ^\n"
        "  hint: only count(*) takes it");
  CHECK(parse_error("sum(distinct a)").find("sum takes no distinct") == 0);
  CHECK(parse_error("a in ()").find("in () has no values") == 0);
  CHECK(parse_error("a & b") ==
        "unexpected '&' in an expression\n"
        "    a & b\n"
        "      ^\n"
        "  hint: operators are + - * / % || = <> < <= > >= and words such as and, or, not, in");
}

TEST_CASE("hostile depth is an error, not a crash") {
  std::string parentheses(100000, '(');
  std::string signs(100000, '-');
  std::string nots, sum = "1", cases = "1";
  for (int i = 0; i < 100000; ++i) nots += "not ";
  for (int i = 0; i < 2000; ++i) sum += " + 1";
  for (int i = 0; i < 1000; ++i) cases = "case when a then 1 else " + cases + " end";
  for (const std::string& text : {parentheses, signs + "a", nots + "a", sum, cases}) {
    CHECK(parse_error(text).find("the expression is nested more than 500 levels deep") == 0);
  }
  std::string conditions = "a";
  for (int i = 0; i < 100000; ++i) conditions += " or a";
  CHECK(parse_error(conditions) == "no error");  // one call of many arguments
  std::string nested = std::string(400, '(') + "1" + std::string(400, ')');
  CHECK(parse_error(nested) == "no error");
}

}  // namespace
}  // namespace headrace
