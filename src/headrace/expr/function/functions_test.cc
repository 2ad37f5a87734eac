// The table of functions, and every example in it.
#include <set>

#include <doctest/doctest.h>

#include "headrace/expr/check_expr.h"
#include "headrace/expr/function.h"

namespace headrace {

TEST_CASE("every example of every function gives what it says") {
  for (const Function* function : all_functions()) {
    for (const FunctionExample& example : function->examples) {
      CAPTURE(example.expression);
      std::string result = error_of([&] { CHECK(cell(example.expression) == example.result); });
      CHECK(result == "no error");
    }
  }
}

TEST_CASE("every example parses back from its own text") {
  for (const Function* function : all_functions()) {
    for (const FunctionExample& example : function->examples) {
      Expr expr = parse_expr(example.expression);
      CAPTURE(to_string(expr));
      CHECK(same_expr(parse_expr(to_string(expr)), expr));
    }
  }
}

TEST_CASE("functions are sorted by name, found by it, and documented") {
  std::set<std::string_view> groups = {"arithmetic", "comparison", "conditional", "conversion", "hash", "list",
                                       "logic",      "math",       "string",      "struct",     "time"};
  std::string_view before;
  for (const Function* function : all_functions()) {
    CAPTURE(function->name);
    CHECK(before < function->name);
    before = function->name;
    CHECK(find_function(function->name) == function);
    CHECK(groups.contains(function->group));
    CHECK_FALSE(function->signature.empty());
    CHECK_FALSE(function->summary.empty());
    CHECK_FALSE(function->examples.empty());
    CHECK((function->resolve != nullptr || function->resolve_args != nullptr));
    CHECK((function->eval != nullptr) != (function->eval_lazy != nullptr));
  }
  CHECK(find_function("no_such_function") == nullptr);
}

}  // namespace headrace
