// What the parser and the printer of expressions share: tokens, reserved words, precedence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headrace/expr/expr.h"

namespace headrace {

/// How tightly an operator binds; a larger level binds first. Comparisons do not chain, the rest groups from the left.
enum class Level { kOr = 1, kAnd, kNot, kComparison, kConcat, kAdd, kMultiply, kUnary, kPrimary };
constexpr Level tighter(Level level) { return static_cast<Level>(static_cast<int>(level) + 1); }

/// An infix operator that stands for a function of two arguments.
struct InfixOperator {
  std::string_view symbol;
  std::string_view function;
  Level level;
};
/// The operator written `symbol` (lower case), or nullptr.
const InfixOperator* find_infix_symbol(std::string_view symbol);
/// The operator that calls `function`, or nullptr. Of several spellings, the one to print.
const InfixOperator* find_infix_function(std::string_view function);

/// Words (lower case) that are no names unless quoted.
bool is_reserved_word(std::string_view word);
/// Whether `name` can be written as it is, without quotes.
bool is_plain_name(std::string_view name);

enum class TokenKind { kName, kQuotedName, kString, kHexString, kInteger, kFloat, kSymbol, kEnd };

struct Token {
  TokenKind kind;
  TextSpan span;
  std::string text;  // names and strings unescaped, the rest as written
};

/// Splits `text` into tokens, the last being kEnd. Throws Error(kInvalidPipeline) on what is no token.
std::vector<Token> tokenize(std::string_view text);

/// Throws Error(kInvalidPipeline) with the message, the marked text and the hint.
[[noreturn]] void fail_at(std::string_view text, TextSpan span, std::string_view message, std::string_view hint);

/// to_string(), and where in it the node `part` stands; the whole when it is not found.
std::string to_string_with_span(const Expr& expr, const ExprNode* part, TextSpan& span);

std::string lower_ascii(std::string_view text);

}  // namespace headrace
