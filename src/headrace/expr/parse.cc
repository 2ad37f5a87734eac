// See parse.h. A Pratt parser over the tokens of syntax.h: parse_binary(level) reads operands joined by operators that
// bind at least as tightly as `level`.
//
// Depth is limited twice by the same number, both against text made to overflow the stack: that of the parser's own
// recursion (parentheses, signs) and that of the tree, which a long chain of additions makes deep without recursion
// here.
#include "headrace/expr/parse.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/number_text.h"
#include "headrace/expr/bind.h"
#include "headrace/expr/literal_text.h"
#include "headrace/expr/syntax.h"

namespace headrace {
namespace {

constexpr int kDepthMax = 500;

/// An expression on the way up, with what its text looked like.
struct Parsed {
  Expr expr;
  TextSpan span;  // with parentheses
  int depth = 1;  // of the tree
  Level level = Level::kPrimary;
};

class Parser {
 public:
  explicit Parser(std::string_view text)
      : text_(std::make_shared<const std::string>(text)), tokens_(tokenize(*text_)) {}

  Expr parse_all() {
    if (peek().kind == TokenKind::kEnd) {
      throw Error(ErrorCode::kInvalidPipeline, "the expression is empty", "write one such as a + 1");
    }
    Parsed parsed = parse_binary(Level::kOr);
    if (peek().kind != TokenKind::kEnd) unexpected("an operator, or the end of the expression");
    return parsed.expr;
  }

 private:
  // Tokens.

  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& advance() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
  static bool is_symbol(const Token& token, std::string_view symbol) {
    return token.kind == TokenKind::kSymbol && token.text == symbol;
  }
  static bool is_word(const Token& token, std::string_view word) {
    return token.kind == TokenKind::kName && lower_ascii(token.text) == word;
  }
  bool take_symbol(std::string_view symbol) {
    if (!is_symbol(peek(), symbol)) return false;
    advance();
    return true;
  }
  bool take_word(std::string_view word) {
    if (!is_word(peek(), word)) return false;
    advance();
    return true;
  }
  std::size_t expect_symbol(std::string_view symbol, std::string_view expected) {
    if (!is_symbol(peek(), symbol)) unexpected(expected);
    return advance().span.end;
  }
  std::size_t expect_word(std::string_view word, std::string_view expected) {
    if (!is_word(peek(), word)) unexpected(expected);
    return advance().span.end;
  }

  [[noreturn]] void fail(TextSpan span, std::string_view message, std::string_view hint) const {
    fail_at(*text_, span, message, hint);
  }
  [[noreturn]] void unexpected(std::string_view expected) const {
    const Token& token = peek();
    std::string hint = fmt::format("expected {}", expected);
    if (token.kind == TokenKind::kEnd) fail(token.span, "the expression ends too early", hint);
    std::string_view source = std::string_view(*text_).substr(token.span.begin, token.span.end - token.span.begin);
    constexpr std::size_t kShownMax = 40;
    if (source.size() > kShownMax) source = token.kind == TokenKind::kString ? "text" : "name";
    bool quoted = token.kind == TokenKind::kString || token.kind == TokenKind::kQuotedName || source.front() == '\'';
    std::string_view quote = quoted ? "" : "'";
    fail(token.span, fmt::format("unexpected {}{}{} in an expression", quote, source, quote), hint);
  }

  // Nodes.

  Parsed node(decltype(ExprNode::kind) kind, TextSpan span, int depth) const {
    if (depth > kDepthMax) too_deep(span);
    Parsed parsed;
    parsed.expr = std::make_shared<const ExprNode>(ExprNode{std::move(kind), span, text_});
    parsed.span = span;
    parsed.depth = depth;
    return parsed;
  }
  Parsed value(Value literal, TextSpan span) const { return node(Literal{std::move(literal)}, span, 1); }
  Parsed make_call(std::string function, const std::vector<Parsed>& args, TextSpan span,
                   Type cast_type = Type()) const {
    int depth = 0;
    std::vector<Expr> exprs;
    for (const Parsed& arg : args) {
      depth = std::max(depth, arg.depth);
      exprs.push_back(arg.expr);
    }
    return node(Call{std::move(function), std::move(exprs), std::move(cast_type)}, span, depth + 1);
  }
  static Parsed at_level(Parsed parsed, Level level) {
    parsed.level = level;
    return parsed;
  }
  [[noreturn]] void too_deep(TextSpan span) const {
    fail({span.begin, span.begin + 1}, fmt::format("the expression is nested more than {} levels deep", kDepthMax),
         "compute parts of it as columns of their own in an earlier step");
  }

  // Operators.

  Parsed parse_binary(Level level) {
    if (++recursion_ > kDepthMax) too_deep(peek().span);
    Parsed left = parse_prefix(level);
    for (;;) {
      Level next = infix_level();
      if (next < level) break;
      if (next == Level::kComparison && left.level == Level::kComparison) {
        fail(peek().span, "comparisons do not chain", "write a < b and b < c, or use parentheses");
      }
      if (next > left.level) unexpected("and, or, or the end; put a comparison that is an operand in parentheses");
      left = next == Level::kComparison ? parse_comparison(left) : parse_infix(left, next);
    }
    --recursion_;
    return left;
  }

  /// The level of the operator at hand, or below every level when there is none.
  Level infix_level() const {
    const Token& token = peek();
    if (token.kind != TokenKind::kSymbol && token.kind != TokenKind::kName) return Level{};
    std::string symbol = lower_ascii(token.text);
    if (const InfixOperator* op = find_infix_symbol(symbol)) return op->level;
    bool negated =
        symbol == "not" && (is_word(peek(1), "in") || is_word(peek(1), "between") || is_word(peek(1), "like"));
    bool comparison = symbol == "is" || symbol == "in" || symbol == "between" || symbol == "like" || negated;
    return comparison ? Level::kComparison : Level{};
  }

  Parsed parse_infix(const Parsed& left, Level level) {
    const InfixOperator& op = *find_infix_symbol(lower_ascii(advance().text));
    std::vector<Parsed> args = {left, parse_binary(tighter(level))};
    bool one_call = level == Level::kOr || level == Level::kAnd || level == Level::kConcat;
    while (one_call && infix_level() == level) {  // a and b and c is one call of three
      advance();
      args.push_back(parse_binary(tighter(level)));
    }
    TextSpan span{left.span.begin, args.back().span.end};
    return at_level(make_call(std::string(op.function), args, span), level);
  }

  Parsed parse_comparison(const Parsed& left) {
    std::size_t begin = left.span.begin;
    std::string word = lower_ascii(advance().text);
    if (const InfixOperator* op = find_infix_symbol(word)) {
      Parsed right = parse_binary(Level::kConcat);
      return at_level(make_call(std::string(op->function), {left, right}, {begin, right.span.end}), Level::kComparison);
    }
    if (word == "is") {
      bool negated = take_word("not");
      std::size_t end = expect_word("null", negated ? "null after 'is not'" : "null or not null after 'is'");
      return at_level(make_call(negated ? "is_not_null" : "is_null", {left}, {begin, end}), Level::kComparison);
    }
    bool negated = word == "not";
    if (negated) word = lower_ascii(advance().text);
    std::vector<Parsed> args = {left};
    std::size_t end = 0;
    if (word == "in") {
      expect_symbol("(", "'(' and the values, such as in (1, 2)");
      end = parse_list(args, ")");
      if (args.size() == 1) fail({end - 1, end}, "in () has no values", "list at least one: in (1, 2)");
    } else {
      args.push_back(parse_binary(Level::kConcat));
      if (word == "between") {
        expect_word("and", "'and' and the upper bound of between");
        args.push_back(parse_binary(Level::kConcat));
      }
      end = args.back().span.end;
    }
    Parsed result = make_call(word, args, {begin, end});
    if (negated) result = make_call("not", {result}, {begin, end});
    return at_level(result, Level::kComparison);
  }

  Parsed parse_prefix(Level level) {
    const Token& token = peek();
    if (is_word(token, "not") && level <= Level::kNot) {
      std::size_t begin = advance().span.begin;
      Parsed arg = parse_binary(Level::kNot);
      return at_level(make_call("not", {arg}, {begin, arg.span.end}), Level::kNot);
    }
    if (!is_symbol(token, "-")) return parse_primary();
    std::size_t begin = advance().span.begin;
    if (peek().kind == TokenKind::kInteger || peek().kind == TokenKind::kFloat) return parse_number(begin, "-");
    Parsed arg = parse_binary(Level::kUnary);
    return at_level(make_call("negate", {arg}, {begin, arg.span.end}), Level::kUnary);
  }

  // Operands.

  Parsed parse_primary() {
    const Token& token = peek();
    switch (token.kind) {
      case TokenKind::kInteger:
      case TokenKind::kFloat: return parse_number(token.span.begin, "");
      case TokenKind::kString: advance(); return value(Value::string(token.text), token.span);
      case TokenKind::kHexString: return parse_hex();
      case TokenKind::kQuotedName:
        if (token.text.empty()) fail(token.span, "a quoted name is empty", "text takes single quotes: ''");
        advance();
        return node(ColumnRef{token.text}, token.span, 1);
      case TokenKind::kName: return parse_name();
      case TokenKind::kSymbol:
        if (token.text == "(") return parse_parentheses();
        if (token.text == "[") return parse_array();
        break;
      case TokenKind::kEnd: break;
    }
    unexpected("a value, a column, a function call or '('");
  }

  Parsed parse_parentheses() {
    std::size_t begin = advance().span.begin;
    Parsed inner = parse_binary(Level::kOr);
    std::size_t end = expect_symbol(")", "an operator or ')'");
    inner.span = {begin, end};
    return at_level(inner, Level::kPrimary);
  }

  Parsed parse_number(std::size_t begin, std::string_view sign) {
    const Token& token = advance();
    TextSpan span{begin, token.span.end};
    std::string text = std::string(sign) + token.text;
    if (token.kind == TokenKind::kFloat) return value(Value::float64(*parse_float64(text)), span);
    if (std::optional<std::int64_t> number = parse_int64(text)) return value(Value::int64(*number), span);
    fail(span, fmt::format("the integer {} does not fit int64", text),
         fmt::format("write a decimal, decimal(38, 0) '{}', or a float64, {}.0", text, text));
  }

  Parsed parse_hex() {
    const Token& token = advance();
    std::optional<std::string> bytes = read_hex(token.text);
    if (!bytes) fail(token.span, "binary text is not made of pairs of hex digits", "write x'00ff'");
    return value({TypeKind::kBinary, std::move(*bytes)}, token.span);
  }

  /// [1, 2]: literals of one common type.
  Parsed parse_array() {
    std::size_t begin = advance().span.begin;
    std::vector<Parsed> items;
    std::size_t end = parse_list(items, "]");
    Type element;
    for (const Parsed& item : items) {
      const auto* item_literal = std::get_if<Literal>(&item.expr->kind);
      if (item_literal == nullptr) {
        fail(item.span, "a list in brackets holds literals only", "use array(a, b) to make a list of columns");
      }
      const Type& type = item_literal->value.type;
      Type common = common_type(element, type);
      if (common.kind() == TypeKind::kNull && type.kind() != TypeKind::kNull) {
        fail(item.span, fmt::format("a list of {} holds a {}", element.to_string(), type.to_string()),
             "write all values of a list with one type");
      }
      element = common;
    }
    ColumnBuilder builder(*list_memory_, element);
    for (const Parsed& item : items) {
      Value item_value = std::get<Literal>(item.expr->kind).value;
      bool widens = element.kind() == TypeKind::kFloat64 && std::holds_alternative<std::int64_t>(item_value.data);
      if (widens) item_value = Value::float64(static_cast<double>(item_value.as_int()));
      if (!item_value.is_null() && item_value.type.kind() != element.kind()) {
        fail(item.span, fmt::format("a list of {} holds a {}", element.to_string(), item_value.type.to_string()),
             "write all values of a list with one type");
      }
      append_value(builder, item_value);
    }
    return value(Value::list(builder.finish()), {begin, end});
  }

  /// Reads "a, b)" up to the closing symbol, whose end it returns.
  std::size_t parse_list(std::vector<Parsed>& items, std::string_view closing) {
    if (is_symbol(peek(), closing)) return advance().span.end;
    for (;;) {
      items.push_back(parse_binary(Level::kOr));
      if (is_symbol(peek(), closing)) return advance().span.end;
      expect_symbol(",", fmt::format("',' or '{}'", closing));
    }
  }

  Parsed parse_name() {
    const Token& token = peek();
    std::string word = lower_ascii(token.text);
    if (word == "null") return value(Value::null(), advance().span);
    if (word == "true" || word == "false") return value(Value::boolean(word == "true"), advance().span);
    if (word == "case") return parse_case();
    if (is_reserved_word(word)) unexpected("a value, a column, a function call or '('");
    if (std::size_t type_tokens = typed_literal_tokens(); type_tokens > 0) return parse_typed_literal(type_tokens);
    if (is_symbol(peek(1), "(")) return parse_call(word);
    advance();
    return node(ColumnRef{token.text}, token.span, 1);
  }

  Parsed parse_call(const std::string& function) {
    std::size_t begin = advance().span.begin;
    advance();
    if (function == "cast" || function == "try_cast") return parse_cast(function, begin);
    bool extracts = function == "extract" && peek().kind == TokenKind::kName && is_word(peek(1), "from");
    if (extracts) {
      std::string part = lower_ascii(advance().text);
      advance();
      Parsed arg = parse_binary(Level::kOr);
      std::size_t end = expect_symbol(")", "')' after extract(part from x");
      return make_call(part, {arg}, {begin, end});
    }
    if (is_symbol(peek(), "*") && is_symbol(peek(1), ")")) {
      if (function != "count")
        fail(peek().span, fmt::format("'*' is no argument of {}", function), "only count(*) takes it");
      advance();
      return make_call(function, {}, {begin, advance().span.end});
    }
    bool distinct = is_word(peek(), "distinct") && !is_symbol(peek(1), ",") && !is_symbol(peek(1), ")") &&
                    infix_symbol_level(peek(1)) == Level{};
    if (distinct && function != "count") {
      fail(peek().span, fmt::format("{} takes no distinct", function), "only count(distinct x) does");
    }
    if (distinct) advance();
    std::vector<Parsed> args;
    std::size_t end = parse_list(args, ")");
    return make_call(distinct ? "count_distinct" : function, args, {begin, end});
  }

  static Level infix_symbol_level(const Token& token) {
    const InfixOperator* op = token.kind == TokenKind::kSymbol ? find_infix_symbol(token.text) : nullptr;
    return op == nullptr ? Level{} : op->level;
  }

  Parsed parse_cast(const std::string& function, std::size_t begin) {
    Parsed arg = parse_binary(Level::kOr);
    expect_word("as", fmt::format("'as' and a type, such as {}(x as int64)", function));
    // The type reaches up to the parenthesis that closes the cast.
    std::size_t type_begin = peek().span.begin;
    int open = 0;
    while (peek().kind != TokenKind::kEnd && !(open == 0 && is_symbol(peek(), ")"))) {
      open += is_symbol(peek(), "(") ? 1 : is_symbol(peek(), ")") ? -1 : 0;
      advance();
    }
    if (peek().kind == TokenKind::kEnd) unexpected("a type and ')'");
    TextSpan type_span{type_begin, std::max(type_begin + 1, at_ == 0 ? 0 : tokens_[at_ - 1].span.end)};
    if (is_symbol(peek(), ")") && peek().span.begin == type_begin) unexpected("a type, such as int64");
    Type type = parse_type(type_span);
    return make_call(function, {arg}, {begin, advance().span.end}, type);
  }

  Type parse_type(TextSpan span) const {
    std::string type_text = text_->substr(span.begin, span.end - span.begin);
    if (std::optional<Type> type = Type::parse(type_text)) return *type;
    if (std::optional<Type> type = Type::parse(lower_ascii(type_text))) return *type;
    fail(span, fmt::format("unknown type '{}'", type_text), unknown_type_hint(type_text));
  }

  /// Tokens of the type name when a literal such as date '2013-01-01' or decimal(3, 2) '1.50' is at hand, else 0.
  std::size_t typed_literal_tokens() const {
    if (peek(1).kind == TokenKind::kString) return 1;
    bool decimal = is_word(peek(), "decimal") && is_symbol(peek(1), "(") && peek(2).kind == TokenKind::kInteger &&
                   is_symbol(peek(3), ",") && peek(4).kind == TokenKind::kInteger && is_symbol(peek(5), ")") &&
                   peek(6).kind == TokenKind::kString;
    return decimal ? 6 : 0;
  }

  Parsed parse_typed_literal(std::size_t type_tokens) {
    TextSpan type_span{peek().span.begin, peek(type_tokens - 1).span.end};
    bool known = type_tokens > 1 || Type::parse(lower_ascii(peek().text)).has_value();
    if (!known) {  // more likely a missing operator than an unknown type
      advance();
      unexpected("an operator, or the end of the expression");
    }
    Type type = parse_type(type_span);
    for (std::size_t i = 0; i < type_tokens; ++i) advance();
    const Token& token = advance();
    TextSpan span{type_span.begin, token.span.end};
    if (std::optional<Value> read = read_literal(type, token.text)) return value(std::move(*read), span);
    fail(token.span, fmt::format("'{}' is no {}", token.text, type.to_string()), literal_hint(type));
  }

  /// Both forms of case become chains of if_else.
  Parsed parse_case() {
    std::size_t begin = advance().span.begin;
    std::vector<Parsed> subject;
    if (!is_word(peek(), "when")) subject.push_back(parse_binary(Level::kOr));
    struct Branch {
      Parsed condition, result;
      std::size_t begin;
    };
    std::vector<Branch> branches;
    while (is_word(peek(), "when")) {
      std::size_t branch_begin = advance().span.begin;
      Parsed condition = parse_binary(Level::kOr);
      if (!subject.empty()) condition = make_call("eq", {subject[0], condition}, condition.span);
      expect_word("then", "an operator or 'then'");
      branches.push_back({condition, parse_binary(Level::kOr), branch_begin});
    }
    if (branches.empty()) unexpected("'when'");
    TextSpan end_span = peek().span;
    Parsed result = value(Value::null(), {end_span.begin, end_span.begin});
    if (take_word("else")) result = parse_binary(Level::kOr);
    std::size_t end = expect_word("end", "an operator, 'when', 'else' or 'end'");
    while (!branches.empty()) {
      const Branch& branch = branches.back();
      TextSpan span{branches.size() == 1 ? begin : branch.begin, end};
      result = make_call("if_else", {branch.condition, branch.result, result}, span);
      branches.pop_back();
    }
    return at_level(result, Level::kPrimary);
  }

  std::shared_ptr<const std::string> text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int recursion_ = 0;
  std::shared_ptr<MemoryBudget> list_memory_ =
      MemoryBudget::create();  // literals are part of the pipeline, not of its data
};

}  // namespace

Expr parse_expr(std::string_view text) { return Parser(text).parse_all(); }

}  // namespace headrace
