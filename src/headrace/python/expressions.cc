// See module.h: expressions. Python builds trees of them call by call; their text is SQL that parses back.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "headrace/base/nearest.h"
#include "headrace/python/module.h"

namespace nb = nanobind;

namespace headrace {
namespace {

struct PythonExpr {
  Expr expr;
};

std::vector<Expr> exprs_of(const std::vector<PythonExpr>& args) {
  std::vector<Expr> exprs;
  for (const PythonExpr& arg : args) exprs.push_back(arg.expr);
  return exprs;
}

Type type_named(const std::string& text) {
  std::optional<Type> type = Type::parse(text);
  if (!type) {
    throw Error(ErrorCode::kInvalidArgument, "'" + text + "' is no type",
                name_hint(text, type_names(), "types", 20) + "; also decimal(p, s), list<T> and struct<a: T>");
  }
  return *type;
}

}  // namespace

void bind_expressions(nb::module_& module) {
  nb::class_<PythonExpr>(module, "Expr")
      .def("__str__", [](const PythonExpr& self) { return to_string(self.expr); })
      .def("columns", [](const PythonExpr& self) {
        std::vector<std::string> names;
        collect_columns(self.expr, names);
        return names;
      });
  module.def("column", [](std::string name) { return PythonExpr{column(std::move(name))}; });
  module.def("parse_expr", [](const std::string& text) { return PythonExpr{parse_expr(text)}; });
  module.def("call", [](std::string function, const std::vector<PythonExpr>& args) {
    return PythonExpr{call(std::move(function), exprs_of(args))};
  });
  module.def("cast", [](const PythonExpr& arg, const std::string& type, bool strict) {
    return PythonExpr{strict ? cast(arg.expr, type_named(type)) : try_cast(arg.expr, type_named(type))};
  });
  module.def("literal_null", [] { return PythonExpr{literal(Value::null())}; });
  module.def("literal_bool", [](bool value) { return PythonExpr{literal(Value::boolean(value))}; });
  module.def("literal_int", [](std::int64_t value) { return PythonExpr{literal(Value::int64(value))}; });
  module.def("literal_float", [](double value) { return PythonExpr{literal(Value::float64(value))}; });
  module.def("literal_string", [](std::string value) { return PythonExpr{literal(Value::string(std::move(value)))}; });
  module.def("check_type", [](const std::string& text) { return type_named(text).to_string(); });
}

}  // namespace headrace
