"""Expressions over columns: what `filter`, `with_columns`, `select`, `agg` and features take."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable
from typing import Any, Union

from headrace import _core
from headrace._errors import InvalidArgumentError

_Text = str  # inside Expr, `str` is the namespace

#: What may stand for an expression: an `Expr`, a SQL text where a method says so, or a value of Python.
IntoExpr = Union["Expr", str, int, float, bool, bytes, None, datetime.date, datetime.datetime, decimal.Decimal]


class Expr:
    """A value for each row, computed from columns. Immutable; printed as SQL.

    Operators and methods make larger expressions. What is wrong with types shows when a frame gets the expression.
    Nulls give nulls unless a method says otherwise; ``&``, ``|`` and ``~`` are SQL's ``and``, ``or`` and ``not``.

    Examples
    --------
    >>> import headrace as hr
    >>> print((hr.col("price") * 2 > 10) & hr.col("name").is_not_null())
    price * 2 > 10 and name is not null
    """

    __slots__ = ("_alias", "_native")

    def __init__(self, native: _core.Expr, alias: _Text | None = None) -> None:
        self._native = native
        self._alias = alias

    # --- text and names ---

    def __str__(self) -> _Text:
        return str(self._native)

    def __repr__(self) -> _Text:
        name = f".alias({self._alias!r})" if self._alias is not None else ""
        return f"<headrace.Expr {self}>{name}"

    def alias(self, name: _Text) -> Expr:
        """The same expression as a column called `name`.

        Examples
        --------
        >>> hr.col("dep_delay").mean().alias("mean_delay")
        <headrace.Expr mean(dep_delay)>.alias('mean_delay')
        """
        return Expr(self._native, name)

    def output_name(self) -> _Text:
        """The name of the column that the expression gives: its alias, or the first column that it reads.

        Raises
        ------
        InvalidArgumentError
            When it reads no column and has no alias.
        """
        if self._alias is not None:
            return self._alias
        columns = self._native.columns()
        if not columns:
            raise InvalidArgumentError(
                f"the expression {self} has no name", 'give it one: .alias("name"), or name=expression'
            )
        return columns[0]

    def __bool__(self) -> bool:
        raise TypeError(
            f"the expression {self} has no truth value before it is computed: "
            "write & | ~ instead of `and`, `or`, `not`, and is_in() instead of `in`"
        )

    def __hash__(self) -> int:
        return object.__hash__(self)

    # --- operators ---

    def _with(self, function: _Text, *others: Any) -> Expr:
        return call(function, self, *others)

    def _swapped(self, function: _Text, other: Any) -> Expr:
        return call(function, other, self)

    def __add__(self, other: Any) -> Expr:
        return self._with("add", other)

    def __radd__(self, other: Any) -> Expr:
        return self._swapped("add", other)

    def __sub__(self, other: Any) -> Expr:
        return self._with("subtract", other)

    def __rsub__(self, other: Any) -> Expr:
        return self._swapped("subtract", other)

    def __mul__(self, other: Any) -> Expr:
        return self._with("multiply", other)

    def __rmul__(self, other: Any) -> Expr:
        return self._swapped("multiply", other)

    def __truediv__(self, other: Any) -> Expr:
        return self._with("divide", other)

    def __rtruediv__(self, other: Any) -> Expr:
        return self._swapped("divide", other)

    def __mod__(self, other: Any) -> Expr:
        return self._with("mod", other)

    def __pow__(self, other: Any) -> Expr:
        return self._with("pow", other)

    def __neg__(self) -> Expr:
        return self._with("negate")

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return self._with("eq", other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        return self._with("ne", other)

    def __lt__(self, other: Any) -> Expr:
        return self._with("lt", other)

    def __le__(self, other: Any) -> Expr:
        return self._with("le", other)

    def __gt__(self, other: Any) -> Expr:
        return self._with("gt", other)

    def __ge__(self, other: Any) -> Expr:
        return self._with("ge", other)

    def __and__(self, other: Any) -> Expr:
        return self._with("and", other)

    def __rand__(self, other: Any) -> Expr:
        return self._swapped("and", other)

    def __or__(self, other: Any) -> Expr:
        return self._with("or", other)

    def __ror__(self, other: Any) -> Expr:
        return self._swapped("or", other)

    def __invert__(self) -> Expr:
        return self._with("not")

    # --- nulls, sets, types ---

    def is_null(self) -> Expr:
        """Whether the value is null; never null itself."""
        return self._with("is_null")

    def is_not_null(self) -> Expr:
        """Whether the value is not null; never null itself."""
        return self._with("is_not_null")

    def is_nan(self) -> Expr:
        """Whether a float is NaN; false for null."""
        return self._with("is_nan")

    def fill_null(self, value: Any) -> Expr:
        """The value, or `value` where it is null.

        Examples
        --------
        >>> print(hr.col("wind").fill_null(0.0))
        coalesce(wind, 0.0)
        """
        return self._with("coalesce", value)

    def is_in(self, values: Iterable[Any]) -> Expr:
        """Whether the value equals one of `values`; null when it is null.

        Examples
        --------
        >>> print(hr.col("origin").is_in(["EWR", "JFK"]))
        origin in ('EWR', 'JFK')
        """
        return call("in", self, *values)

    def is_between(self, low: Any, high: Any) -> Expr:
        """Whether ``low <= value <= high``."""
        return self._with("between", low, high)

    def cast(self, dtype: _Text, *, strict: bool = True) -> Expr:
        """The value as another type, such as ``"int64"`` or ``"decimal(10, 2)"``.

        Parameters
        ----------
        dtype : str
            The name of the type.
        strict : bool
            False: a value that does not fit becomes null instead of an error.
        """
        return Expr(_core.cast(self._native, dtype, strict))

    # --- mathematics ---

    def abs(self) -> Expr:
        """The distance from zero."""
        return self._with("abs")

    def ceil(self) -> Expr:
        """The least whole number that is not smaller."""
        return self._with("ceil")

    def floor(self) -> Expr:
        """The greatest whole number that is not larger."""
        return self._with("floor")

    def round(self, digits: int = 0) -> Expr:
        """Rounded to `digits` digits behind the point, halves away from zero."""
        return self._with("round", digits) if digits else self._with("round")

    def sqrt(self) -> Expr:
        """The square root; NaN of a negative number."""
        return self._with("sqrt")

    def exp(self) -> Expr:
        """e to the power of the value; the same bits on every machine."""
        return self._with("exp")

    def log(self) -> Expr:
        """The natural logarithm; the same bits on every machine."""
        return self._with("ln")

    def log1p(self) -> Expr:
        """``log(1 + value)``, exact near zero."""
        return self._with("log1p")

    def sign(self) -> Expr:
        """-1, 0 or 1."""
        return self._with("sign")

    def clip(self, low: Any, high: Any) -> Expr:
        """The value, or the bound that it is beyond; null stays null, NaN becomes `high`.

        Examples
        --------
        >>> hr.from_dict({"x": [-1, 3, None]}).select(x=hr.col("x").clip(0, 1)).collect().to_dict()
        {'x': [0, 1, None]}
        """
        return when(self < low).then(low).when(self > high).then(high).otherwise(self)

    def hash(self) -> Expr:
        """XXH3-64 of the value, as int64; the same on every machine."""
        return self._with("hash64")

    # --- aggregates: one value a group, for agg() ---

    def sum(self) -> Expr:
        """The sum of the values that are not null; null when there is none. Floats are summed to the same bits for any
        order of the rows."""
        return self._with("sum")

    def mean(self) -> Expr:
        """The mean of the values that are not null; the same bits for any order of the rows."""
        return self._with("mean")

    def min(self) -> Expr:
        """The least value that is not null."""
        return self._with("min")

    def max(self) -> Expr:
        """The greatest value that is not null."""
        return self._with("max")

    def count(self) -> Expr:
        """The number of values that are not null, as int64."""
        return self._with("count")

    def n_unique(self) -> Expr:
        """The number of different values that are not null, as int64."""
        return self._with("count_distinct")

    def std(self, ddof: int = 1) -> Expr:
        """The standard deviation, of a sample (`ddof` 1) or of all (0)."""
        return self._with(_by_ddof(ddof, "stddev", "stddev_pop"))

    def var(self, ddof: int = 1) -> Expr:
        """The variance, of a sample (`ddof` 1) or of all (0)."""
        return self._with(_by_ddof(ddof, "variance", "var_pop"))

    # --- namespaces ---

    @property
    def str(self) -> StringExpr:  # noqa: A003 (the name that Polars and pandas use)
        """Functions of texts."""
        return StringExpr(self)

    @property
    def dt(self) -> TimeExpr:
        """Functions of dates and timestamps."""
        return TimeExpr(self)

    @property
    def struct(self) -> StructExpr:
        """Functions of structs."""
        return StructExpr(self)

    @property
    def list(self) -> ListExpr:  # noqa: A003
        """Functions of lists."""
        return ListExpr(self)


def _by_ddof(ddof: int, of_sample: str, of_all: str) -> str:
    if ddof not in (0, 1):
        raise InvalidArgumentError(f"ddof is {ddof}", "0 for the values of all, 1 for a sample")
    return of_sample if ddof == 1 else of_all


class _Namespace:
    __slots__ = ("_expr",)

    def __init__(self, expr: Expr) -> None:
        self._expr = expr

    def _with(self, function: str, *others: Any) -> Expr:
        return call(function, self._expr, *others)


class StringExpr(_Namespace):
    """Functions of texts; positions and lengths count code points."""

    def to_lowercase(self) -> Expr:
        """In small letters, by Unicode's full mapping."""
        return self._with("lower")

    def to_uppercase(self) -> Expr:
        """In capital letters, by Unicode's full mapping."""
        return self._with("upper")

    def len_chars(self) -> Expr:
        """The number of code points, as int64."""
        return self._with("length")

    def contains(self, text: Any) -> Expr:
        """Whether `text` is part of it, letter by letter."""
        return self._with("contains", text)

    def starts_with(self, text: Any) -> Expr:
        """Whether it begins with `text`."""
        return self._with("starts_with", text)

    def ends_with(self, text: Any) -> Expr:
        """Whether it ends with `text`."""
        return self._with("ends_with", text)

    def like(self, pattern: str) -> Expr:
        """Whether it matches a pattern of SQL: ``%`` any text, ``_`` any character."""
        return self._with("like", pattern)

    def strip_chars(self) -> Expr:
        """Without the spaces at both ends."""
        return self._with("trim")

    def strip_chars_start(self) -> Expr:
        """Without the spaces at the start."""
        return self._with("ltrim")

    def strip_chars_end(self) -> Expr:
        """Without the spaces at the end."""
        return self._with("rtrim")

    def replace_all(self, old: Any, new: Any) -> Expr:
        """With every `old` replaced by `new`."""
        return self._with("replace", old, new)

    def slice(self, offset: int, length: int | None = None) -> Expr:
        """`length` code points from `offset` (the first is 0), or all from there."""
        start = offset + 1 if offset >= 0 else offset
        return self._with("substr", start) if length is None else self._with("substr", start, length)

    def head(self, n: int) -> Expr:
        """The first `n` code points."""
        return self._with("left", n)

    def tail(self, n: int) -> Expr:
        """The last `n` code points."""
        return self._with("right", n)

    def reverse(self) -> Expr:
        """Its code points from last to first."""
        return self._with("reverse")

    def pad_start(self, length: int, fill_char: str = " ") -> Expr:
        """With `fill_char` in front, to `length` code points."""
        return self._with("lpad", length, fill_char)

    def pad_end(self, length: int, fill_char: str = " ") -> Expr:
        """With `fill_char` behind, to `length` code points."""
        return self._with("rpad", length, fill_char)

    def split(self, by: str) -> Expr:
        """The parts between `by`, as list<string>."""
        return self._with("split", by)


class TimeExpr(_Namespace):
    """Functions of dates and timestamps; of instants they are those of UTC."""

    def year(self) -> Expr:
        """The year."""
        return self._with("year")

    def quarter(self) -> Expr:
        """The quarter, 1 to 4."""
        return self._with("quarter")

    def month(self) -> Expr:
        """The month, 1 to 12."""
        return self._with("month")

    def week(self) -> Expr:
        """The week by ISO 8601, 1 to 53."""
        return self._with("week")

    def day(self) -> Expr:
        """The day of the month, 1 to 31."""
        return self._with("day")

    def weekday(self) -> Expr:
        """The day of the week, as the function ``weekday`` of SQL counts it."""
        return self._with("weekday")

    def ordinal_day(self) -> Expr:
        """The day of the year, 1 to 366."""
        return self._with("day_of_year")

    def hour(self) -> Expr:
        """The hour, 0 to 23."""
        return self._with("hour")

    def minute(self) -> Expr:
        """The minute, 0 to 59."""
        return self._with("minute")

    def second(self) -> Expr:
        """The second, 0 to 59."""
        return self._with("second")

    def date(self) -> Expr:
        """The day, as a date."""
        return self._with("to_date")

    def truncate(self, unit: str) -> Expr:
        """The start of its ``"year"``, ``"month"``, ``"day"``, ``"hour"``, …"""
        return call("date_trunc", lit(unit), self._expr)


class ListExpr(_Namespace):
    """Functions of lists."""

    def len(self) -> Expr:
        """The number of elements, as int64."""
        return self._with("list_length")

    def get(self, index: int) -> Expr:
        """The element at `index`, from 0; null beyond the end."""
        return self._with("list_get", index)

    def contains(self, value: Any) -> Expr:
        """Whether one of the elements equals `value`."""
        return self._with("list_contains", value)


class StructExpr(_Namespace):
    """Functions of structs, as `Expr.struct`."""

    def field(self, name: str) -> Expr:
        """The field of that name; that of a null struct is null.

        Examples
        --------
        >>> df = hr.from_dict({"s": [{"a": 1, "b": "x"}, None]}).select(b=hr.col("s").struct.field("b"))
        >>> df.collect().to_dict()
        {'b': ['x', None]}
        """
        return self._with("struct_field", name)


def col(name: str) -> Expr:
    """The column called `name`.

    Examples
    --------
    >>> print(hr.col("arr_delay") > 15)
    arr_delay > 15
    """
    return Expr(_core.column(name))


def lit(value: Any) -> Expr:
    """The same value for every row.

    Parameters
    ----------
    value : None, bool, int, float, str, bytes, datetime.date, datetime.datetime, decimal.Decimal, or a list of such
        An int is int64, a float is float64; a datetime with a zone is an instant (``timestamp``), without one it is a
        wall clock (``timestamp_ntz``).

    Raises
    ------
    InvalidArgumentError
        For a value of another type.

    Examples
    --------
    >>> print(hr.lit(datetime.date(2013, 1, 31)))
    date '2013-01-31'
    """
    if isinstance(value, Expr):
        return value
    return Expr(_literal(value))


def _literal(value: Any) -> _core.Expr:  # noqa: PLR0911 (one line a type)
    if value is None:
        return _core.literal_null()
    if isinstance(value, bool):
        return _core.literal_bool(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InvalidArgumentError(f"{value} is beyond int64", "write it as a float or a decimal.Decimal")
        return _core.literal_int(value)
    if isinstance(value, float):
        return _core.literal_float(value)
    if isinstance(value, str):
        return _core.literal_string(value)
    if isinstance(value, bytes):
        return _core.parse_expr(f"x'{value.hex()}'")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            return _core.parse_expr(f"timestamp_ntz '{value.isoformat()}'")
        return _core.parse_expr(f"timestamp '{value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat()}Z'")
    if isinstance(value, datetime.date):
        return _core.parse_expr(f"date '{value.isoformat()}'")
    if isinstance(value, decimal.Decimal) and value.is_finite():
        _, digits, exponent = value.as_tuple()
        scale = max(0, -int(exponent))
        precision = max(len(digits) + max(0, int(exponent)), scale, 1)
        return _core.parse_expr(f"decimal({precision}, {scale}) '{value:f}'")
    if isinstance(value, (list, tuple)):
        return _core.parse_expr("[" + ", ".join(str(_literal(item)) for item in value) + "]")
    item = getattr(value, "item", None)
    if callable(item):  # scalars of NumPy
        return _literal(item())
    raise InvalidArgumentError(
        f"{value!r} of type {type(value).__name__} is no value of a column",
        "None, bool, int, float, str, bytes, date, datetime, Decimal, or a list of such",
    )


def sql(text: str) -> Expr:
    """The expression that a SQL text says.

    Examples
    --------
    >>> print(hr.sql("coalesce(a, 0) + 1"))
    coalesce(a, 0) + 1
    """
    return Expr(_core.parse_expr(text))


def call(function: str, *args: Any) -> Expr:
    """A call of any function of the reference, by its name: what has no method of its own.

    Examples
    --------
    >>> print(hr.call("hash_bucket", hr.col("user_id"), 1000))
    hash_bucket(user_id, 1000)
    """
    return Expr(_core.call(function, [lit(arg)._native for arg in args]))


def count() -> Expr:
    """The number of rows of a group, as int64."""
    return Expr(_core.call("count", []))


class When:
    """A choice that waits for its value; see `when`."""

    __slots__ = ("_cases", "_condition")

    def __init__(self, cases: list[tuple[Expr, Expr]], condition: Expr) -> None:
        self._cases = cases
        self._condition = condition

    def then(self, value: Any) -> Then:
        """The value where the condition is true."""
        return Then([*self._cases, (self._condition, lit(value))])


class Then(Expr):
    """A choice between values; null where no condition is true, unless `otherwise` says more."""

    __slots__ = ("_cases",)

    def __init__(self, cases: list[tuple[Expr, Expr]]) -> None:
        self._cases = cases
        super().__init__(self._build(lit(None))._native)

    def _build(self, otherwise: Expr) -> Expr:
        result = otherwise
        for condition, value in reversed(self._cases):
            result = call("if_else", condition, value, result)
        return result

    def when(self, condition: Any) -> When:
        """Another condition, looked at where those before are not true."""
        return When(self._cases, into_expr(condition))

    def otherwise(self, value: Any) -> Expr:
        """The value where no condition is true."""
        return self._build(lit(value))


def when(condition: IntoExpr) -> When:
    """A choice: ``when(condition).then(value).otherwise(other)``. A text is SQL.

    Examples
    --------
    >>> print(hr.when(hr.col("delay") > 15).then(1).otherwise(0))
    case when delay > 15 then 1 else 0 end
    """
    return When([], into_expr(condition))


def into_expr(value: Any) -> Expr:
    """An expression as it is; a text as SQL; another value as a literal."""
    return sql(value) if isinstance(value, str) else lit(value)


def into_column(value: Any) -> Expr:
    """An expression as it is; a text as the name of a column; another value as a literal."""
    return col(value) if isinstance(value, str) else lit(value)
