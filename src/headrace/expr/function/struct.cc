// named_struct struct_field: fields put together and taken out.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/expr/function/encoding.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const Function kNamedStruct;
extern const Function kStructField;

namespace {

constexpr std::string_view kNamedStructAccepts = "names as literal strings, each followed by its value";
constexpr std::string_view kStructFieldAccepts = "a struct and the name of a field as a literal string";

/// The literal string at `index`.
std::string name_literal(std::string_view function, std::span<const BoundExprPtr> args, std::size_t index,
                         std::string_view accepted) {
  const BoundExpr& arg = *args[index];
  bool is_name =
      arg.kind == BoundExpr::Kind::kLiteral && arg.type.kind() == TypeKind::kString && !arg.literal.is_null();
  if (!is_name) refuse_args(function, types_of(args), accepted);
  return std::string(arg.literal.as_string());
}

Resolved resolve_named_struct(std::span<const BoundExprPtr> args) {
  std::vector<Type> types = types_of(args);
  require_arg_count("named_struct", types, 2, kAnyCount, kNamedStructAccepts);
  if (types.size() % 2 != 0) refuse_args("named_struct", types, kNamedStructAccepts);
  std::vector<Field> fields;
  for (std::size_t i = 0; i < args.size(); i += 2) {
    std::string name = name_literal("named_struct", args, i, kNamedStructAccepts);
    if (std::ranges::find(fields, name, &Field::name) != fields.end()) {
      throw Error(ErrorCode::kInvalidPipeline, fmt::format("named_struct has two fields '{}'", name), "rename one");
    }
    if (types[i + 1].kind() == TypeKind::kNull) {
      throw Error(ErrorCode::kInvalidPipeline, fmt::format("the field '{}' is always null and has no type", name),
                  "say which type: cast(null as string)");
    }
    fields.push_back({std::move(name), types[i + 1], args[i + 1]->nullable});
  }
  return {std::move(types), Type::structure(std::move(fields))};
}

Column eval_named_struct(const FunctionCall& call) {
  std::vector<Column> children;
  for (std::size_t i = 1; i < call.args.size(); i += 2) children.push_back(call.args[i]);
  return Column::structure(call.expr.type, call.row_count, std::move(children));
}

std::size_t field_index(const Type& type, const std::string& name) {
  auto found = std::ranges::find(type.fields(), name, &Field::name);
  if (found != type.fields().end()) return static_cast<std::size_t>(found - type.fields().begin());
  std::vector<std::string> names;
  for (const Field& field : type.fields()) names.push_back(field.name);
  throw Error(ErrorCode::kNotFound, fmt::format("the struct has no field '{}'", name),
              name_hint(name, names, "fields"));
}

Resolved resolve_struct_field(std::span<const BoundExprPtr> args) {
  std::vector<Type> types = types_of(args);
  require_arg_count("struct_field", types, 2, 2, kStructFieldAccepts);
  if (types[0].kind() != TypeKind::kStruct) refuse_args("struct_field", types, kStructFieldAccepts);
  std::size_t index = field_index(types[0], name_literal("struct_field", args, 1, kStructFieldAccepts));
  Type result = types[0].fields()[index].type;
  return {std::move(types), std::move(result)};
}

Column eval_struct_field(const FunctionCall& call) {
  const std::string name(call.expr.args[1]->literal.as_string());
  return call.args[0].child(field_index(call.args[0].type(), name));
}

}  // namespace

const Function kNamedStruct = {
    .name = "named_struct",
    .group = "struct",
    .signature = "named_struct(name: string, value: any, …) -> struct",
    .summary = "A struct of the values, by literal names. It is never null itself.",
    .examples = {{"named_struct('a', 1, 'b', 'x')", "{a: 1, b: x}"},
                 {"named_struct('a', cast(null as int64))", "{a: null}"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_named_struct,
    .fails = Fails::kNever,
    .resolve_args = resolve_named_struct,
    .nullable = [](const BoundExpr&) { return false; },
};

const Function kStructField = {
    .name = "struct_field",
    .group = "struct",
    .signature = "struct_field(x: struct, name: string) -> type of the field",
    .summary = "The field of that literal name. The field of a null struct is null.",
    .examples = {{"struct_field(named_struct('a', 1, 'b', 'x'), 'b')", "x"},
                 {"struct_field(named_struct('a', cast(null as int64)), 'a')", "null"}},
    .eval = eval_struct_field,
    .may_make_null = true,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_struct_field,
};

}  // namespace headrace
