// to_string(): the SQL text of an expression, with the fewest parentheses that keep its tree.
#include <fmt/format.h>

#include "headrace/expr/expr.h"
#include "headrace/expr/syntax.h"

namespace headrace {
namespace {

class Printer {
 public:
  explicit Printer(const ExprNode* part) : part_(part) {}

  /// Prints `expr`, in parentheses when it binds less tightly than `level`.
  void print(const Expr& expr, Level level) {
    bool parentheses = level_of(expr) < level;
    if (parentheses) out_ += '(';
    std::size_t begin = out_.size();
    print_node(expr);
    record(expr, begin);
    if (parentheses) out_ += ')';
  }

  std::string take() { return std::move(out_); }
  TextSpan span() const { return found_ ? span_ : TextSpan{0, out_.size()}; }

 private:
  void record(const Expr& expr, std::size_t begin) {
    if (expr.get() != part_) return;
    found_ = true;
    span_ = {begin, out_.size()};
  }

  static const Call* call_of(const Expr& expr) { return std::get_if<Call>(&expr->kind); }
  static const Call* call_of(const Expr& expr, std::string_view function, std::size_t arg_count) {
    const Call* node = call_of(expr);
    return node != nullptr && node->function == function && node->args.size() == arg_count ? node : nullptr;
  }
  static bool is_infix(const Call& node) {
    const InfixOperator* op = find_infix_function(node.function);
    if (op == nullptr) return false;
    bool many = op->level == Level::kOr || op->level == Level::kAnd || op->level == Level::kConcat;
    return node.args.size() == 2 || (many && node.args.size() > 2);
  }
  static bool is_in(const Call& node) { return node.function == "in" && node.args.size() >= 2; }
  static bool is_between(const Call& node) { return node.function == "between" && node.args.size() == 3; }
  static bool is_like(const Call& node) { return node.function == "like" && node.args.size() == 2; }
  /// Operators that are negated in the middle: x not in (…).
  static bool has_inner_not(const Call& node) { return is_in(node) || is_between(node) || is_like(node); }
  static const Call* negated_inner(const Expr& expr) {
    const Call* outer = call_of(expr, "not", 1);
    if (outer == nullptr) return nullptr;
    const Call* inner = call_of(outer->args[0]);
    return inner != nullptr && has_inner_not(*inner) ? inner : nullptr;
  }
  static bool is_null_literal(const Expr& expr) {
    const auto* node = std::get_if<Literal>(&expr->kind);
    return node != nullptr && node->value.is_null();
  }
  static bool is_number_literal(const Expr& expr) {
    const auto* node = std::get_if<Literal>(&expr->kind);
    if (node == nullptr || node->value.is_null()) return false;
    return node->value.type.kind() == TypeKind::kInt64 || node->value.type.kind() == TypeKind::kFloat64;
  }

  static Level level_of(const Expr& expr) {
    const Call* node = call_of(expr);
    if (node == nullptr) return Level::kPrimary;
    if (is_infix(*node)) return find_infix_function(node->function)->level;
    if (negated_inner(expr) != nullptr || has_inner_not(*node)) return Level::kComparison;
    if (node->args.size() != 1) return Level::kPrimary;
    if (node->function == "not") return Level::kNot;
    if (node->function == "is_null" || node->function == "is_not_null") return Level::kComparison;
    return node->function == "negate" ? Level::kUnary : Level::kPrimary;
  }

  void print_node(const Expr& expr) {
    if (const auto* node = std::get_if<Literal>(&expr->kind)) {
      out_ += node->value.to_string();
    } else if (const auto* ref = std::get_if<ColumnRef>(&expr->kind)) {
      print_name(ref->name);
    } else if (const Call* inner = negated_inner(expr)) {
      std::size_t begin = out_.size();
      print_inner_not(*inner, "not ");
      record(call_of(expr)->args[0], begin);
    } else {
      print_call(*call_of(expr));
    }
  }

  void print_name(const std::string& name) {
    if (is_plain_name(name)) {
      out_ += name;
      return;
    }
    out_ += '"';
    for (char c : name) out_ += c == '"' ? std::string("\"\"") : std::string(1, c);
    out_ += '"';
  }

  void print_call(const Call& node) {
    const std::vector<Expr>& args = node.args;
    if (is_infix(node)) return print_infix(node);
    if (has_inner_not(node)) return print_inner_not(node, "");
    if (node.function == "if_else" && args.size() == 3) return print_case(node);
    if ((node.function == "cast" || node.function == "try_cast") && args.size() == 1) {
      out_ += node.function + "(";
      print(args[0], Level::kOr);
      out_ += " as " + node.cast_type.to_string() + ")";
    } else if (node.function == "not" && args.size() == 1) {
      out_ += "not ";
      print(args[0], Level::kNot);
    } else if (node.function == "negate" && args.size() == 1) {
      print_negate(args[0]);
    } else if ((node.function == "is_null" || node.function == "is_not_null") && args.size() == 1) {
      print(args[0], Level::kConcat);
      out_ += node.function == "is_null" ? " is null" : " is not null";
    } else {
      out_ += node.function;
      print_list(args, 0);
    }
  }

  void print_list(const std::vector<Expr>& args, std::size_t first) {
    out_ += '(';
    for (std::size_t i = first; i < args.size(); ++i) {
      if (i > first) out_ += ", ";
      print(args[i], Level::kOr);
    }
    out_ += ')';
  }

  void print_infix(const Call& node) {
    const InfixOperator& op = *find_infix_function(node.function);
    bool groups_left = op.level == Level::kAdd || op.level == Level::kMultiply;
    for (std::size_t i = 0; i < node.args.size(); ++i) {
      if (i > 0) out_ += fmt::format(" {} ", op.symbol);
      print(node.args[i], i == 0 && groups_left ? op.level : tighter(op.level));
    }
  }

  void print_inner_not(const Call& node, std::string_view negation) {
    print(node.args[0], Level::kConcat);
    out_ += fmt::format(" {}{} ", negation, node.function);
    if (is_in(node)) return print_list(node.args, 1);
    print(node.args[1], Level::kConcat);
    if (is_like(node)) return;
    out_ += " and ";
    print(node.args[2], Level::kConcat);
  }

  void print_negate(const Expr& arg) {
    bool parentheses = is_number_literal(arg);  // -1 is a literal of its own
    out_ += parentheses ? "-(" : "-";
    print(arg, parentheses ? Level::kOr : Level::kPrimary);
    if (parentheses) out_ += ')';
  }

  void print_case(const Call& first) {
    out_ += "case";
    std::vector<std::pair<Expr, std::size_t>> branches;  // else branches that are cases themselves
    const Call* node = &first;
    for (;;) {
      out_ += " when ";
      print(node->args[0], Level::kOr);
      out_ += " then ";
      print(node->args[1], Level::kOr);
      const Expr& otherwise = node->args[2];
      const Call* next = call_of(otherwise, "if_else", 3);
      if (next == nullptr) {
        if (!is_null_literal(otherwise)) {
          out_ += " else ";
          print(otherwise, Level::kOr);
        }
        break;
      }
      branches.emplace_back(otherwise, out_.size() + 1);
      node = next;
    }
    for (const auto& [branch, begin] : branches) record(branch, begin);
    out_ += " end";
  }

  const ExprNode* part_;
  bool found_ = false;
  TextSpan span_;
  std::string out_;
};

}  // namespace

std::string to_string(const Expr& expr) {
  Printer printer(nullptr);
  printer.print(expr, Level::kOr);
  return printer.take();
}

std::string to_string_with_span(const Expr& expr, const ExprNode* part, TextSpan& span) {
  Printer printer(part);
  printer.print(expr, Level::kOr);
  span = printer.span();
  return printer.take();
}

}  // namespace headrace
