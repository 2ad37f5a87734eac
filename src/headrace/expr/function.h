// The table of scalar functions.
//
// One constant of type Function per name, defined in expr/function/*.cc and listed in functions.cc. Name, types, loop,
// documentation and example stand together; docs/reference/functions.md and `headrace functions` are made from the same
// constants, and a test runs every example.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/expr/evaluate.h"

namespace headrace {

/// How a function meets null arguments.
enum class NullRule {
  kPropagate,  // any null argument gives null; eval sees the rows but its result under a null is ignored
  kOwn,        // the function deals with nulls itself (coalesce, is_null, and, or)
};

/// What evaluation hands a function: its evaluated arguments, all of `row_count` rows.
struct FunctionCall {
  const BoundExpr& expr;
  std::span<const Column> args;  // for a function that reads literals, those of literal arguments are empty
  std::int64_t row_count;
  /// For kPropagate functions: 1 where every argument is valid, or nullptr when all rows are. A function that can fail
  /// must look only at valid rows.
  const std::uint8_t* valid;
  EvalContext& context;

  /// The value of argument `index` where its column was left empty (see Function::reads_literals), else nullptr.
  const Value* literal(std::size_t index) const;

  /// Throws Error(kBadData): "<reason>", the expression, and the arguments of the row.
  [[noreturn]] void fail(std::int64_t row, std::string_view reason, std::string_view hint) const;
};

/// The types a call was resolved to.
struct Resolved {
  std::vector<Type> arg_types;  // bind() inserts casts of the arguments to these
  Type result;
};

struct FunctionExample {
  std::string_view expression;  // without columns, such as "abs(-3)"
  std::string_view result;      // as format_cell() writes it
};

/// Whether evaluating a function on a row that does not need it could do harm.
enum class Fails {
  kMaybe,        // some values make it fail
  kUnlessFloat,  // not when all its arguments are float32 or float64
  kNever,
};

struct Function {
  std::string_view name;
  std::string_view group;      // arithmetic, comparison, logic, conditional, math, string, struct, time, hash, list
  std::string_view signature;  // for documentation: "round(x: decimal | float64, digits: int64 = 0) -> same as x"
  std::string_view summary;    // one or two sentences: meaning, nulls, errors
  std::vector<FunctionExample> examples;
  NullRule null_rule = NullRule::kPropagate;
  /// Gives the types for arguments of the given types, or throws Error(kInvalidPipeline) saying what is accepted.
  Resolved (*resolve)(std::span<const Type> arg_types) = nullptr;
  /// Computes the result column; under kPropagate its validity is set by the caller.
  Column (*eval)(const FunctionCall& call) = nullptr;
  /// Makes, once at bind time, what eval needs from literal arguments (a lookup table of a list, say); kept in
  /// BoundExpr::prepared. May be nullptr.
  std::shared_ptr<const void> (*prepare)(const BoundExpr& call) = nullptr;
  /// Whether the result can be null although no argument is (nullif, try_cast).
  bool may_make_null = false;
  /// Whether eval takes literal arguments from FunctionCall::literal(); evaluation then makes no column of them, unless
  /// all arguments are literals. Under kPropagate such a literal is never null.
  bool reads_literals = false;
  Fails fails = Fails::kMaybe;
  /// Takes the place of `resolve` where types depend on the values of literal arguments (one_hot). May be nullptr.
  Resolved (*resolve_args)(std::span<const BoundExprPtr> args) = nullptr;
  /// For kOwn functions: whether the bound call can give null. Without it, it can.
  bool (*nullable)(const BoundExpr& call) = nullptr;
  /// Takes the place of `eval` in functions that evaluate their own arguments, on the rows that need them only.
  Column (*eval_lazy)(const BoundExpr& call, const Batch& batch, EvalContext& context) = nullptr;
};

/// All scalar functions, sorted by name.
std::span<const Function* const> all_functions();
/// The function of that name, or nullptr.
const Function* find_function(std::string_view name);

}  // namespace headrace
