// See syntax.h.
#include "headrace/expr/syntax.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

constexpr std::array<InfixOperator, 17> kInfixOperators = {{
    {"or", "or", Level::kOr},
    {"and", "and", Level::kAnd},
    {"=", "eq", Level::kComparison},
    {"==", "eq", Level::kComparison},
    {"<>", "ne", Level::kComparison},
    {"!=", "ne", Level::kComparison},
    {"<", "lt", Level::kComparison},
    {"<=", "le", Level::kComparison},
    {">", "gt", Level::kComparison},
    {">=", "ge", Level::kComparison},
    {"||", "concat", Level::kConcat},
    {"+", "add", Level::kAdd},
    {"-", "subtract", Level::kAdd},
    {"*", "multiply", Level::kMultiply},
    {"/", "divide", Level::kMultiply},
    {"%", "mod", Level::kMultiply},
    {"div", "div", Level::kMultiply},
}};

constexpr std::array<std::string_view, 15> kReservedWords = {
    "and", "between", "case", "else", "end", "false", "in", "is", "like", "not", "null", "or", "then", "true", "when"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_char(char c) { return is_name_start(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads one token after another.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  Token next() {
    while (is_blank(peek())) ++at_;
    begin_ = at_;
    if (at_ == text_.size()) return token(TokenKind::kEnd);
    char c = peek();
    if ((c == 'x' || c == 'X') && peek(1) == '\'') {
      ++at_;
      return quoted('\'', TokenKind::kHexString);
    }
    if (is_name_start(c)) {
      while (is_name_char(peek())) ++at_;
      return token(TokenKind::kName);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '\'') return quoted(c, TokenKind::kString);
    if (c == '"' || c == '`') return quoted(c, TokenKind::kQuotedName);
    return symbol();
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  Token token(TokenKind kind) const { return {kind, {begin_, at_}, std::string(text_.substr(begin_, at_ - begin_))}; }

  Token number() {
    TokenKind kind = TokenKind::kInteger;
    while (is_digit(peek())) ++at_;
    if (peek() == '.') {
      kind = TokenKind::kFloat;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    bool signed_exponent = (peek(1) == '+' || peek(1) == '-') && is_digit(peek(2));
    if ((peek() == 'e' || peek() == 'E') && (is_digit(peek(1)) || signed_exponent)) {
      kind = TokenKind::kFloat;
      at_ += signed_exponent ? 2 : 1;
      while (is_digit(peek())) ++at_;
    }
    if (is_name_char(peek()) || peek() == '.') {
      while (is_name_char(peek()) || peek() == '.') ++at_;
      fail_at(text_, {begin_, at_},
              fmt::format("'{}' is neither a number nor a name", text_.substr(begin_, at_ - begin_)),
              "numbers are written 12, 2.5 or 1e3; a column whose name begins with a digit needs quotes: \"2nd\"");
    }
    return token(kind);
  }

  Token quoted(char quote, TokenKind kind) {
    std::string content;
    for (++at_; at_ < text_.size(); ++at_) {
      if (peek() != quote) {
        content += peek();
      } else if (peek(1) == quote) {
        content += quote;
        ++at_;
      } else {
        ++at_;
        Token result = token(kind);
        result.text = std::move(content);
        return result;
      }
    }
    std::string_view what = kind == TokenKind::kQuotedName ? "quoted name" : "text";
    fail_at(text_, {begin_, begin_ + 1}, fmt::format("the {} that begins here does not end", what),
            fmt::format("add the closing {}; inside, write it twice", quote));
  }

  Token symbol() {
    constexpr std::string_view kDouble[] = {"==", "<>", "!=", "<=", ">=", "||"};
    std::string_view two = text_.substr(at_, 2);
    if (std::find(std::begin(kDouble), std::end(kDouble), two) != std::end(kDouble)) {
      at_ += 2;
      return token(TokenKind::kSymbol);
    }
    if (std::string_view("()[],:+-*/%=<>").find(peek()) != std::string_view::npos) {
      ++at_;
      return token(TokenKind::kSymbol);
    }
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++at_;
    bool ascii = static_cast<unsigned char>(text_[begin_]) < 0x80;
    fail_at(text_, {begin_, at_}, fmt::format("unexpected '{}' in an expression", text_.substr(begin_, at_ - begin_)),
            ascii
                ? "operators are + - * / % || = <> < <= > >= and words such as and, or, not, in"
                : "text takes plain quotes: 'text'; a name with other than ASCII letters takes double ones: \"größe\"");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace

const InfixOperator* find_infix_symbol(std::string_view symbol) {
  auto found =
      std::find_if(kInfixOperators.begin(), kInfixOperators.end(), [&](auto& op) { return op.symbol == symbol; });
  return found == kInfixOperators.end() ? nullptr : &*found;
}

const InfixOperator* find_infix_function(std::string_view function) {
  auto found =
      std::find_if(kInfixOperators.begin(), kInfixOperators.end(), [&](auto& op) { return op.function == function; });
  return found == kInfixOperators.end() ? nullptr : &*found;
}

bool is_reserved_word(std::string_view word) {
  return std::find(kReservedWords.begin(), kReservedWords.end(), word) != kReservedWords.end();
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) && std::all_of(name.begin(), name.end(), is_name_char) &&
         !is_reserved_word(lower_ascii(name));
}

std::vector<Token> tokenize(std::string_view text) {
  Tokenizer tokenizer(text);
  std::vector<Token> tokens;
  do {
    tokens.push_back(tokenizer.next());
  } while (tokens.back().kind != TokenKind::kEnd);
  return tokens;
}

void fail_at(std::string_view text, TextSpan span, std::string_view message, std::string_view hint) {
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("{}\n{}", message, mark_span(text, span)), std::string(hint));
}

std::string mark_span(std::string_view text, TextSpan span) {
  // Only the line that holds the place, and of a long line only its surroundings.
  constexpr std::size_t kBeforeMax = 60, kAfterMax = 60;
  std::size_t begin = std::min(span.begin, text.size());
  std::size_t line_begin = begin == 0 ? 0 : text.rfind('\n', begin - 1) + 1;
  std::size_t line_end = std::min(text.find('\n', begin), text.size());
  std::size_t end = std::clamp(span.end, begin, line_end);
  auto inside_character = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  auto width = [&](std::size_t from, std::size_t to) {
    std::size_t characters = 0;
    for (std::size_t i = from; i < to; ++i) characters += inside_character(i) ? 0 : 1;
    return characters;
  };
  std::string_view before, after;
  if (begin - line_begin > kBeforeMax) {
    line_begin = begin - kBeforeMax;
    while (inside_character(line_begin)) ++line_begin;
    before = "…";
  }
  if (line_end - begin > kAfterMax) {
    line_end = begin + kAfterMax;
    while (inside_character(line_end)) --line_end;
    after = "…";
    end = std::min(end, line_end);
  }
  std::string line(text.substr(line_begin, line_end - line_begin));
  std::replace(line.begin(), line.end(), '\t', ' ');
  std::size_t column = width(line_begin, begin) + (before.empty() ? 0 : 1);
  std::size_t tail = std::max<std::size_t>(width(begin, end), 1) - 1;
  return fmt::format("    {}{}{}\n    {}^{}", before, line, after, std::string(column, ' '), std::string(tail, '~'));
}

std::string lower_ascii(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return result;
}

}  // namespace headrace
