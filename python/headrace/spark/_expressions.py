"""Expressions of a plan as Spark columns.

Only what means the same in Spark, bit for bit, is here. Whatever is not runs in Headrace's own tasks (see _plan.py):
functions that Spark lacks (hash64, one_hot), that it computes otherwise in some corner (casts of texts to floats and
times, floor of floats that are too large), or with other last bits (exp, ln).
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headrace.spark._tasks import error_text
from headrace.spark._types import has_fixed_lists, spark_type

if TYPE_CHECKING:
    from pyspark.sql import Column

_INTEGERS = ("int8", "int16", "int32", "int64")
_FLOATS = ("float32", "float64")
#: Digits of a decimal, and of one whose sign Spark turns.
_DIGITS_MAX = 38
_DIGITS_NEGATED = 34
_TOO_LARGE = error_text("bad_data", "the value does not fit int64", "cast it to float64, or filter such rows out")
_TIMES = ("date", "timestamp", "timestamp_ntz")


class Unmapped(Exception):
    """An expression that does not mean the same in Spark; its text says which function."""


def quoted(name: str) -> str:
    """A column's name as Spark reads it."""
    return "`" + name.replace("`", "``") + "`"


class Expressions:
    """Makes columns over the input of a node.

    Parameters
    ----------
    types : dict
        The types of the input's columns, by name.
    version : tuple of int
        Spark's, major and minor.
    """

    def __init__(self, types: dict[str, str], version: tuple[int, int]) -> None:
        from pyspark.sql import functions  # noqa: PLC0415

        self._f = functions
        self._types = types
        self._version = version

    def column(self, expr: dict[str, Any]) -> Column:
        """The column that `expr` is.

        Raises
        ------
        Unmapped
            When some part of it has no counterpart.
        """
        if "column" in expr:
            return self._f.col(quoted(expr["column"]))
        if "literal" in expr:
            return self._literal(expr["literal"], expr["type"])
        name = expr["call"]
        if expr["type"] == "null" and not expr["fails"]:
            return self._f.lit(None)
        if has_fixed_lists(expr["type"]):
            raise Unmapped(f"{name}: {expr['type']}")
        args = expr["args"]
        if name in ("cast", "try_cast"):
            return self._cast(name, args[0], expr["type"])
        make = _FUNCTIONS.get(name)
        if make is None:
            raise Unmapped(name)
        types = [self.type_of(arg) for arg in args]
        made = make(self._f, [_Argument(self, arg) for arg in args], types)
        if made is None:
            raise Unmapped(f"{name} of {', '.join(types)}")
        # Spark's arithmetic of decimals, and a few functions, give types of their own.
        return made if name in _SAME_TYPE else made.cast(spark_type(expr["type"]))

    def type_of(self, expr: dict[str, Any]) -> str:
        """The type of an expression."""
        return self._types[expr["column"]] if "column" in expr else expr["type"]

    def _literal(self, value: Any, dtype: str) -> Column:
        if dtype == "null":
            return self._f.lit(None)
        if has_fixed_lists(dtype) or dtype.startswith("struct"):
            raise Unmapped(f"a literal {dtype}")
        if value is None:
            return self._f.lit(None).cast(spark_type(dtype))
        if dtype.startswith("list<"):
            element = dtype[len("list<") : -1]
            return self._f.array(*[self._literal(item, element) for item in value]).cast(spark_type(dtype))
        if dtype == "binary":
            return self._f.unhex(self._f.lit(value))
        if dtype in _FLOATS:
            value = float(value)
        elif dtype in _TIMES or dtype.startswith("decimal"):
            value = str(value).split("'")[1]  # timestamp '2013-01-01T00:00:00Z'
        return self._f.lit(value).cast(spark_type(dtype))

    def _cast(self, name: str, arg: dict[str, Any], to: str) -> Column:
        source = self.type_of(arg)
        if not _casts_alike(source, to):
            raise Unmapped(f"{name} from {source} to {to}")
        column = self.column(arg)
        if name == "try_cast" and self._version < (4, 0):
            raise Unmapped("try_cast, which this Spark does not have")
        made = column.cast(spark_type(to)) if name == "cast" else column.try_cast(spark_type(to))
        if source in _FLOATS and to == "int64":
            # Spark takes 2^63, which is too large, for the greatest integer.
            too_large = self._f.raise_error(self._f.lit(_TOO_LARGE))
            other = too_large if name == "cast" else self._f.lit(None)
            return self._f.when(column == 2.0**63, other.cast("bigint")).otherwise(made)
        return made


def _casts_alike(source: str, to: str) -> bool:
    """Whether Spark's cast gives the same, errors included."""
    if source == to or source == "null":
        return True
    numbers = (*_INTEGERS, *_FLOATS)
    if source in _INTEGERS:
        return to in (*numbers, "bool", "string") or to.startswith("decimal")
    if source in _FLOATS:
        return to in _FLOATS or to in (*_INTEGERS, "bool")
    if source.startswith("decimal"):
        return to in _FLOATS or to in _INTEGERS or to.startswith("decimal")
    if source == "bool":
        return to in _INTEGERS or to in (*_FLOATS, "string")
    if source == "string":
        return to in (*_INTEGERS, "bool", "binary")
    if source in _TIMES:
        return to in (*_TIMES, "string")
    return False


class _Argument:
    """An argument of a call: a column when one is wanted, and its value when it is a literal."""

    def __init__(self, expressions: Expressions, expr: dict[str, Any]) -> None:
        self._expressions = expressions
        self.expr = expr

    @property
    def column(self) -> Column:
        return self._expressions.column(self.expr)

    @property
    def literal(self) -> Any:
        if "literal" not in self.expr:
            raise Unmapped("an argument that is no literal")
        return self.expr["literal"]


Make = Callable[[Any, list[_Argument], list[str]], "Column | None"]


def _operator(apply: Callable[[Any, Any], Any]) -> Make:
    """An operator of two operands, or of more from left to right."""
    return lambda _f, args, _types: functools.reduce(apply, [arg.column for arg in args])


def _decimal(dtype: str) -> tuple[int, int]:
    """The precision and scale of a decimal."""
    precision, scale = dtype[len("decimal(") : -1].split(",")
    return int(precision), int(scale)


def _sum(apply: Callable[[Any, Any], Any]) -> Make:
    """add or subtract. Decimals whose sum has more than 38 digits are left to Headrace, which knows when it fails."""

    def make(_f: Any, args: list[_Argument], types: list[str]) -> Column | None:
        if types[0].startswith("decimal"):
            sizes = [_decimal(dtype) for dtype in types]
            scale = max(s for _, s in sizes)
            if max(p - s for p, s in sizes) + scale + 1 > _DIGITS_MAX:
                return None
        return apply(args[0].column, args[1].column)

    return make


def _signed(apply: Callable[[Any, Any], Any]) -> Make:
    """negate or abs. Spark rounds decimals to 34 digits there."""

    def make(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
        if types[0].startswith("decimal") and _decimal(types[0])[0] > _DIGITS_NEGATED:
            return None
        return apply(f, args[0].column)

    return make


def _comparable(f: Any, arg: _Argument, dtype: str) -> Column:
    """An operand of a comparison. Spark leaves out parts of Parquet files by the least and greatest number in them,
    which say nothing of NaN. It does not do so behind nanvl(), which changes nothing here."""
    return f.nanvl(arg.column, f.lit(math.nan).cast(spark_type(dtype))) if dtype in _FLOATS else arg.column


def _comparison(apply: Callable[..., Any]) -> Make:
    return lambda f, args, types: apply(*[_comparable(f, arg, dtype) for arg, dtype in zip(args, types, strict=True)])


def _in(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    x, *values = (_comparable(f, arg, dtype) for arg, dtype in zip(args, types, strict=True))
    return x.isin(values)


def _function(name: str) -> Make:
    return lambda f, args, _types: getattr(f, name)(*[arg.column for arg in args])


def _of_types(accepted: tuple[str, ...], make: Make) -> Make:
    """`make`, for calls whose first argument is of one of these types."""
    return lambda f, args, types: make(f, args, types) if types[0].split("(")[0] in accepted else None


def _div(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    if any(dtype not in _INTEGERS for dtype in types):
        return None
    return f.call_function("div", args[0].column, args[1].column)


def _if_else(f: Any, args: list[_Argument], _types: list[str]) -> Column:
    return f.when(args[0].column, args[1].column).otherwise(args[2].column)


def _nullif(f: Any, args: list[_Argument], _types: list[str]) -> Column:
    x, y = (arg.column for arg in args)
    return f.when(x == y, f.lit(None)).otherwise(x)


def _variadic(name: str) -> Make:
    """A function of at least one column; of one alone it is that."""

    def make(f: Any, args: list[_Argument], _types: list[str]) -> Column:
        columns = [arg.column for arg in args]
        return columns[0] if len(columns) == 1 else getattr(f, name)(*columns)

    return make


def _round(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    digits = args[1].literal if len(args) > 1 else 0
    # Of float32, Spark rounds the float64.
    is_same = types[0] == "float64" or types[0].startswith("decimal")
    return f.round(args[0].column, int(digits)) if is_same else None


def _date_trunc(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    unit = str(args[0].literal).lower()
    known = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
    if unit not in known or types[1] not in _TIMES:
        return None
    return f.date_trunc(unit, args[1].column)


def _number(arg: _Argument, low: int, high: int) -> int | None:
    """A literal from `low` to `high`. Numbers of rows are left to Headrace: Spark's are 32 bits wide, and wrap."""
    value = arg.literal
    return int(value) if value is not None and low <= value <= high else None


def _substr(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    start = _number(args[1], 1, _INT_MAX)
    length = _number(args[2], 0, _INT_MAX) if len(args) > 2 else _INT_MAX
    if types[0] != "string" or start is None or length is None:
        return None
    return f.substring(args[0].column, start, length)


def _edge(name: str) -> Make:
    """left() or right()."""

    def make(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
        count = _number(args[1], 0, _INT_MAX)
        return None if count is None else getattr(f, name)(args[0].column, f.lit(count))

    return make


def _pad(name: str) -> Make:
    def make(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
        length = _number(args[1], 0, _INT_MAX)
        pad = args[2].literal if len(args) > 2 else " "
        return None if length is None or pad is None else getattr(f, name)(args[0].column, length, pad)

    return make


def _repeat(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
    count = _number(args[1], 0, 1000)
    return None if count is None else f.repeat(args[0].column, count)


def _replace(f: Any, args: list[_Argument], _types: list[str]) -> Column:
    return f.replace(args[0].column, args[1].column, args[2].column if len(args) > 2 else f.lit(""))


def _split(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
    separator = args[1].literal
    return f.split(args[0].column, re.escape(separator), -1) if separator else None


def _split_part(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
    number = _number(args[2], -1000, 1000)
    return f.split_part(args[0].column, args[1].column, f.lit(number)) if number else None


def _like(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
    pattern = args[1].literal
    return None if pattern is None else f.like(args[0].column, f.lit(pattern))


def _concat(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    return f.concat(*[arg.column for arg in args]) if set(types) == {"string"} else None


def _concat_ws(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    separator = args[0].literal
    if separator is None or set(types[1:]) != {"string"}:
        return None
    return f.concat_ws(separator, *[arg.column for arg in args[1:]])


def _trim(name: str) -> Make:
    return lambda f, args, types: getattr(f, name)(args[0].column) if len(args) == 1 else None


def _whole(f: Any, x: Column, made: Column) -> Column:
    """`made` where the float `x` lies in the range of int64; for all others an error."""
    too_large = f.raise_error(f.lit(_TOO_LARGE)).cast("bigint")
    return f.when((x >= -(2.0**63)) & (x < 2.0**63), made).when(x.isNotNull(), too_large)


def _floor(name: str) -> Make:
    def make(f: Any, args: list[_Argument], types: list[str]) -> Column:
        x = args[0].column
        return _whole(f, x, getattr(f, name)(x)) if types[0] in _FLOATS else getattr(f, name)(x)

    return make


def _trunc(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    x = args[0].column
    return _whole(f, x, x.cast("bigint")) if types[0] in _FLOATS else None


def _date_add(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
    count = _number(args[1], -_INT_MAX, _INT_MAX)
    if count is None:
        return None
    # By numbers: Spark's date_add() wraps.
    return f.date_from_unix_date((f.unix_date(args[0].column).cast("bigint") + f.lit(count)).cast("int"))


def _date_diff(f: Any, args: list[_Argument], _types: list[str]) -> Column:
    return f.unix_date(args[0].column) - f.unix_date(args[1].column)


def _add_months(f: Any, args: list[_Argument], _types: list[str]) -> Column | None:
    count = _number(args[1], -100_000, 100_000)
    return None if count is None else f.add_months(args[0].column, count)


def _make_date(f: Any, args: list[_Argument], _types: list[str]) -> Column:
    year, month, day = (arg.column for arg in args)
    # Next to a null, a number that is too large does no harm.
    known = year.isNotNull() & month.isNotNull() & day.isNotNull()
    return f.when(known, f.make_date(year.cast("int"), month.cast("int"), day.cast("int")))


def _list_get(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    place = _number(args[1], -_INT_MAX, _INT_MAX)
    return f.get(args[0].column, f.lit(place)) if place is not None and types[0].startswith("list<") else None


def _list_contains(f: Any, args: list[_Argument], types: list[str]) -> Column | None:
    return f.array_contains(args[0].column, args[1].column) if types[0].startswith("list<") else None


def _named_struct(f: Any, args: list[_Argument], _types: list[str]) -> Column:
    return f.struct(*[value.column.alias(name.literal) for name, value in zip(args[::2], args[1::2], strict=True)])


def _struct_field(_f: Any, args: list[_Argument], _types: list[str]) -> Column:
    return args[0].column.getField(args[1].literal)


_INT_MAX = 2**31 - 1
_TEXT = ("string",)
_MOMENTS = ("timestamp", "timestamp_ntz")

#: By the name of the function in pipelines.
_FUNCTIONS: dict[str, Make] = {
    "add": _sum(lambda a, b: a + b),
    "subtract": _sum(lambda a, b: a - b),
    "multiply": _operator(lambda a, b: a * b),
    "divide": _operator(lambda a, b: a / b),
    "mod": _operator(lambda a, b: a % b),
    "div": _div,
    "negate": _signed(lambda _f, x: -x),
    "eq": _comparison(lambda a, b: a == b),
    "ne": _comparison(lambda a, b: a != b),
    "lt": _comparison(lambda a, b: a < b),
    "le": _comparison(lambda a, b: a <= b),
    "gt": _comparison(lambda a, b: a > b),
    "ge": _comparison(lambda a, b: a >= b),
    "between": _comparison(lambda x, low, high: (low <= x) & (x <= high)),
    "in": _in,
    "and": _operator(lambda a, b: a & b),
    "or": _operator(lambda a, b: a | b),
    "not": lambda _f, args, _types: ~args[0].column,
    "is_null": lambda _f, args, _types: args[0].column.isNull(),
    "is_not_null": lambda _f, args, _types: args[0].column.isNotNull(),
    "is_nan": _function("isnan"),
    "coalesce": _variadic("coalesce"),
    "greatest": _variadic("greatest"),
    "least": _variadic("least"),
    "if_else": _if_else,
    "nullif": _nullif,
    "abs": _signed(lambda f, x: f.abs(x)),
    "round": _round,
    "sqrt": _function("sqrt"),
    "length": _of_types(("string", "binary"), _function("length")),
    "lower": _of_types(_TEXT, _function("lower")),
    "upper": _of_types(_TEXT, _function("upper")),
    "concat": _concat,
    "contains": _of_types(_TEXT, _function("contains")),
    "starts_with": _of_types(_TEXT, _function("startswith")),
    "ends_with": _of_types(_TEXT, _function("endswith")),
    "reverse": _of_types(_TEXT, _function("reverse")),
    "trim": _trim("trim"),
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "substr": _substr,
    "left": _edge("left"),
    "right": _edge("right"),
    "lpad": _pad("lpad"),
    "rpad": _pad("rpad"),
    "repeat": _repeat,
    "replace": _replace,
    "position": _function("position"),
    "split": _split,
    "split_part": _split_part,
    "like": _like,
    "concat_ws": _concat_ws,
    "floor": _floor("floor"),
    "ceil": _floor("ceil"),
    "trunc": _trunc,
    "sign": _function("signum"),
    "list_get": _list_get,
    "list_contains": _list_contains,
    "named_struct": _named_struct,
    "struct_field": _struct_field,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "add_months": _add_months,
    "make_date": _make_date,
    "to_date": _of_types(_TIMES, lambda _f, args, _types: args[0].column.cast("date")),
    "list_length": lambda f, args, types: f.array_size(args[0].column) if types[0].startswith("list<") else None,
    "year": _of_types(_TIMES, _function("year")),
    "quarter": _of_types(_TIMES, _function("quarter")),
    "month": _of_types(_TIMES, _function("month")),
    "week": _of_types(_TIMES, _function("weekofyear")),
    "day": _of_types(_TIMES, _function("dayofmonth")),
    "day_of_week": _of_types(_TIMES, _function("dayofweek")),
    "day_of_year": _of_types(_TIMES, _function("dayofyear")),
    "weekday": _of_types(_TIMES, _function("weekday")),
    "hour": _of_types(_MOMENTS, _function("hour")),
    "minute": _of_types(_MOMENTS, _function("minute")),
    "second": _of_types(_MOMENTS, _function("second")),
    "date_trunc": _date_trunc,
    "unix_seconds": _of_types(("timestamp",), _function("unix_seconds")),
    "unix_micros": _of_types(("timestamp",), _function("unix_micros")),
}

#: Functions whose result has the type of the plan in Spark, too.
_SAME_TYPE = frozenset(
    ("eq", "ne", "lt", "le", "gt", "ge", "between", "and", "or", "not", "is_null", "is_not_null", "is_nan", "in")
)
