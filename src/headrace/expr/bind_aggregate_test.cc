// Which calls are aggregates, and what the others are told.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/expr/aggregate.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

std::string bind_error(std::string_view text) {
  Schema schema({{"a", TypeKind::kInt64, true}, {"s", TypeKind::kString, true}});
  try {
    bind_aggregate(parse_expr(text), schema);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("an aggregate call is bound to its types") {
  Schema schema({{"a", TypeKind::kInt32, true}, {"s", TypeKind::kString, true}});
  BoundAggregate sum = bind_aggregate(parse_expr("sum(a + 1)"), schema);
  CHECK(sum.function == find_aggregate("sum"));
  CHECK(sum.result == TypeKind::kInt64);
  BoundAggregate count = bind_aggregate(parse_expr("count()"), schema);
  CHECK(count.argument == nullptr);
  BoundAggregate variance = bind_aggregate(parse_expr("variance(a)"), schema);
  CHECK(variance.argument->type == TypeKind::kFloat64);
  CHECK(bind_aggregate(parse_expr("max(s)"), schema).result == TypeKind::kString);
}

TEST_CASE("what is no aggregate call is refused with what would be one") {
  auto says = [](std::string_view text, std::string_view part) {
    std::string error = bind_error(text);
    CHECK_MESSAGE(error.find(part) != std::string::npos, error);
  };
  says("summ(a)", "did you mean 'sum'?");
  says("a", "a is no aggregate call");
  says("sum(a) / count()", "step after the group_by");
  says("first(a)", "depends on the order of the rows");
  says("sum(s)", "sum does not take (string)");
  says("sum()", "sum does not take ()");
  says("sum(null)", "sum does not take (null)");
  says("count(a, a)", "count takes no argument");
  says("sum(b)", "'b'");
}

}  // namespace
}  // namespace headrace
