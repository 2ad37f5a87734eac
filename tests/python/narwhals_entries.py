"""What the lazy operations of Narwhals are called in Headrace: the entries of narwhals_table.py.

Each is `Same` where ours has the name, `As` where another spelling does it, `No` with a reason where nothing does, or
`Own` for what is about Narwhals itself. A check gives their result and ours.
"""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl

import headrace as hr

ROWS = {
    "k": ["a", "a", "b", None, "b"],
    "i": [3, -1, None, 7, 2],
    "x": [0.25, 2.5, -1.75, None, 9.0],
    "y": [1.0, math.nan, 4.0, 0.0, None],
    "b": [True, False, None, True, True],
    "s": ["  Ab ", "xyz", None, "äöü", "b-c-d"],
    "d": [
        datetime.date(2013, 1, 31),
        datetime.date(2016, 2, 29),
        None,
        datetime.date(1969, 7, 20),
        datetime.date(2000, 1, 1),
    ],
    "t": [
        datetime.datetime(2013, 1, 1, 5, 30, 15, 250),
        datetime.datetime(2020, 12, 31, 23, 59, 59),
        None,
        datetime.datetime(1969, 7, 20, 20, 17, 40),
        datetime.datetime(2000, 2, 29),
    ],
    "l": [[3, 1], [5], [2, 2, 4], None, [7, 8]],
    "o": [{"a": 1}, {"a": 2}, {"a": None}, {"a": 4}, {"a": 5}],
}
THEIRS = nw.from_native(pl.LazyFrame(ROWS))
OURS = hr.from_arrow(pl.DataFrame(ROWS))
OTHER = {"k": ["a", "b", "c"], "n": [10, 20, 30]}


class Same:
    """Ours has the name. `check` gives their frame and ours."""

    def __init__(self, check: Callable[[], tuple[Any, Any]], note: str = "") -> None:
        self.check, self.note = check, note


class As(Same):
    """Another spelling does it."""

    def __init__(self, spelling: str, check: Callable[[], tuple[Any, Any]], note: str = "") -> None:
        super().__init__(check, note)
        self.spelling = spelling


@dataclass
class No:
    """Nothing does it."""

    reason: str


@dataclass
class Own:
    """About Narwhals itself, or the object of another library behind it."""

    reason: str


def cells(theirs: nw.Expr, ours: hr.Expr | str) -> Callable[[], tuple[Any, Any]]:
    """An expression that gives a value for each row."""
    return lambda: (THEIRS.select(v=theirs), OURS.select(v=ours))


def whole(theirs: nw.Expr, ours: hr.Expr | str) -> Callable[[], tuple[Any, Any]]:
    """An aggregate of all rows."""
    return lambda: (THEIRS.select(v=theirs), OURS.group_by().agg(v=ours))


def joined(how: str) -> tuple[Any, Any]:
    theirs = THEIRS.select("k", "i").join(nw.from_native(pl.LazyFrame(OTHER)), on="k", how=how).sort("k", "i")
    return theirs, OURS.select("k", "i").join(hr.from_dict(OTHER), on="k", how=how).sort("k", "i")


c, h = nw.col, hr.col
WINDOWS = "windows come later"
POSITION = "depends on the place of a row; windows come later"
AGGREGATE = "no such aggregate"
ELEMENTS = "no aggregate over the elements of a list"

FRAME: dict[str, Any] = {
    "cast": As(
        'with_columns(hr.col("i").cast("float64"))',
        lambda: (THEIRS.select("i").cast({"i": nw.Float64}), OURS.select(h("i").cast("float64"))),
    ),
    "collect": Same(lambda: (THEIRS.select("i").collect().lazy(), OURS.select("i").collect().lazy())),
    "collect_schema": Same(
        lambda: (THEIRS.select("i", "s").collect_schema().names(), OURS.select("i", "s").collect_schema().names())
    ),
    "columns": Same(lambda: (THEIRS.collect_schema().names(), OURS.columns)),
    "drop": Same(lambda: (THEIRS.drop("x", "y"), OURS.drop("x", "y"))),
    "drop_nulls": As('filter("i is not null")', lambda: (THEIRS.drop_nulls("i"), OURS.filter("i is not null"))),
    "explode": Same(lambda: (THEIRS.select("k", "l").explode("l"), OURS.select("k", "l").explode("l"))),
    "filter": Same(lambda: (THEIRS.filter(c("i") > 1, c("b")), OURS.filter(h("i") > 1, h("b")))),
    "gather_every": No(POSITION),
    "group_by": Same(
        lambda: (THEIRS.group_by("k").agg(n=c("i").sum()).sort("k"), OURS.group_by("k").agg(n=h("i").sum()).sort("k"))
    ),
    "head": Same(lambda: (THEIRS.head(2), OURS.head(2))),
    "implementation": Own("which library is behind it"),
    "join": Same(lambda: joined("left"), "`how`: inner, left, semi, anti"),
    "join_asof": No("as-of joins come later"),
    "lazy": Own("a frame of ours is lazy; `DataFrame.lazy()` makes rows one"),
    "pipe": No("call the function: `function(frame)`"),
    "rename": Same(lambda: (THEIRS.rename({"i": "j"}), OURS.rename({"i": "j"}))),
    "schema": Same(lambda: (list(THEIRS.collect_schema()), list(OURS.schema))),
    "select": Same(lambda: (THEIRS.select("i", c("x") * 2), OURS.select("i", h("x") * 2))),
    "sink_parquet": Same(None, "a folder with shards and a manifest, not one file"),
    "sort": Same(
        lambda: (THEIRS.sort("k", "i"), OURS.sort("k", "i")), "null is the least value, so it is last when descending"
    ),
    "tail": No("the last rows are not known before all are read"),
    "to_native": Own("the object behind it"),
    "top_k": As(
        'sort("i", descending=True).head(2)',
        lambda: (THEIRS.top_k(2, by="i").sort("i", descending=True), OURS.sort("i", descending=True).head(2)),
    ),
    "unique": Same(lambda: (THEIRS.select("k").unique("k").sort("k"), OURS.select("k").unique("k").sort("k"))),
    "unpivot": No("no step turns columns into rows"),
    "with_columns": Same(lambda: (THEIRS.with_columns(c("i") + 1, z=c("x")), OURS.with_columns(h("i") + 1, z=h("x")))),
    "with_row_index": No(POSITION),
}

EXPR: dict[str, Any] = {
    "abs": Same(cells(c("i").abs(), h("i").abs())),
    "alias": Same(lambda: (THEIRS.select(c("i").alias("j")), OURS.select(h("i").alias("j")))),
    "all": As('hr.col("b").min()', whole(c("b").all(), h("b").min()), "null when all are"),
    "any": As('hr.col("b").max()', whole(c("b").any(), h("b").max()), "null when all are"),
    "any_value": As(
        'hr.col("i").min()',
        lambda: (
            THEIRS.filter(c("i") == 3).select(v=c("i").any_value()),
            OURS.filter(h("i") == 3).group_by().agg(v=h("i").min()),
        ),
        "one of the values, always the same one",
    ),
    "cast": Same(cells(c("x").cast(nw.Float32), h("x").cast("float32"))),
    "cat": No("a dictionary is a way to store texts, not a type"),
    "ceil": Same(cells(c("x").ceil(), h("x").ceil()), "int64"),
    "clip": Same(cells(c("i").clip(0, 3), h("i").clip(0, 3))),
    "cos": As('hr.call("cos", hr.col("x"))', cells(c("x").cos(), hr.call("cos", h("x")))),
    "count": Same(whole(c("i").count(), h("i").count())),
    "cum_count": No(WINDOWS),
    "cum_max": No(WINDOWS),
    "cum_min": No(WINDOWS),
    "cum_prod": No(WINDOWS),
    "cum_sum": No(WINDOWS),
    "diff": No(WINDOWS),
    "drop_nulls": No("a column has as many rows as its frame: filter the frame"),
    "dt": Same(None, "see below"),
    "ewm_mean": No(WINDOWS),
    "exp": Same(cells(c("x").exp(), h("x").exp())),
    "fill_nan": As(
        "case when is_nan(y) then 0.0 else y end",
        cells(c("y").fill_nan(0.0), "case when is_nan(y) then 0.0 else y end"),
    ),
    "fill_null": Same(cells(c("i").fill_null(0), h("i").fill_null(0)), "with a value; no strategies"),
    "filter": As(
        "sum(case when b then i end)",
        whole(c("i").filter(c("b")).sum(), hr.when(h("b")).then(h("i")).sum()),
        "within an aggregate",
    ),
    "first": No(POSITION),
    "floor": Same(cells(c("x").floor(), h("x").floor()), "int64"),
    "is_between": Same(cells(c("i").is_between(0, 3), h("i").is_between(0, 3)), "both bounds belong"),
    "is_close": As("abs(x - 2.5) <= 0.1", cells(c("x").is_close(2.5, abs_tol=0.1, rel_tol=0.0), "abs(x - 2.5) <= 0.1")),
    "is_duplicated": No(WINDOWS),
    "is_finite": As("abs(y) < float64 'Infinity'", cells(c("y").is_finite(), "abs(y) < float64 'Infinity'")),
    "is_first_distinct": No("`unique()` of the frame"),
    "is_in": Same(cells(c("k").is_in(["a", "z"]), h("k").is_in(["a", "z"]))),
    "is_last_distinct": No('`unique(keep="last")` of the frame'),
    "is_nan": Same(cells(c("y").fill_null(0.0).is_nan(), h("y").fill_null(0.0).is_nan()), "false for null"),
    "is_null": Same(cells(c("i").is_null(), h("i").is_null())),
    "is_unique": No(WINDOWS),
    "kurtosis": No(AGGREGATE),
    "last": No(POSITION),
    "len": As("hr.count()", whole(c("i").len(), hr.count())),
    "list": Same(None, "see below"),
    "log": Same(cells(c("x").abs().log(), h("x").abs().log()), "natural; null at 0 and below"),
    "map": No("`LazyFrame.map_batches` for what expressions cannot say"),
    "map_batches": No("`LazyFrame.map_batches` for what expressions cannot say"),
    "max": Same(whole(c("i").max(), h("i").max())),
    "mean": Same(whole(c("i").mean(), h("i").mean())),
    "median": No(AGGREGATE),
    "min": Same(whole(c("i").min(), h("i").min())),
    "mode": No(AGGREGATE),
    "n_unique": Same(whole(c("i").drop_nulls().n_unique(), h("i").n_unique()), "null is no value; Narwhals counts it"),
    "name": No("names are given one by one: `alias`, `rename`"),
    "null_count": As(
        "sum(case when i is null then 1 else 0 end)",
        whole(c("i").null_count(), "sum(case when i is null then 1 else 0 end)"),
    ),
    "over": No(WINDOWS),
    "pipe": No("call the function: `function(expression)`"),
    "quantile": No(AGGREGATE),
    "rank": No(WINDOWS),
    "replace_strict": As(
        "case k when 'a' then 1 when 'b' then 2 end",
        cells(
            c("k").replace_strict({"a": 1, "b": 2, None: None}, return_dtype=nw.Int64),
            "case k when 'a' then 1 when 'b' then 2 end",
        ),
        "null where nothing is said",
    ),
    "rolling_mean": No(WINDOWS),
    "rolling_std": No(WINDOWS),
    "rolling_sum": No(WINDOWS),
    "rolling_var": No(WINDOWS),
    "round": Same(cells((c("x") * 1.1).round(0), (h("x") * 1.1).round()), "halves away from zero; Polars: to even"),
    "shift": No(WINDOWS),
    "sin": As('hr.call("sin", hr.col("x"))', cells(c("x").sin(), hr.call("sin", h("x")))),
    "skew": No(AGGREGATE),
    "sqrt": Same(cells(c("x").sqrt(), h("x").sqrt())),
    "std": Same(whole(c("x").std(), h("x").std())),
    "str": Same(None, "see below"),
    "struct": Same(None, "see below"),
    "sum": Same(whole(c("i").sum(), h("i").sum()), "null of no values; 0 in Narwhals"),
    "unique": No("a column has as many rows as its frame: `unique()` of the frame"),
    "var": Same(whole(c("x").var(), h("x").var())),
}

STR: dict[str, Any] = {
    "contains": Same(
        cells(c("s").str.contains("y", literal=True), h("s").str.contains("y")),
        "letter by letter; no regular expressions",
    ),
    "ends_with": Same(cells(c("s").str.ends_with("z"), h("s").str.ends_with("z"))),
    "head": Same(cells(c("s").str.head(2), h("s").str.head(2)), "no count from the end"),
    "len_chars": Same(cells(c("s").str.len_chars(), h("s").str.len_chars())),
    "pad_end": Same(cells(c("k").str.pad_end(3, "."), h("k").str.pad_end(3, ".")), "cuts what is longer"),
    "pad_start": Same(cells(c("k").str.pad_start(3, "."), h("k").str.pad_start(3, ".")), "cuts what is longer"),
    "replace": No("`replace_all`"),
    "replace_all": Same(
        cells(c("s").str.replace_all("-", "+", literal=True), h("s").str.replace_all("-", "+")), "letter by letter"
    ),
    "slice": Same(cells(c("s").str.slice(1, 2), h("s").str.slice(1, 2))),
    "split": Same(cells(c("s").str.split("-"), h("s").str.split("-"))),
    "starts_with": Same(cells(c("s").str.starts_with("x"), h("s").str.starts_with("x"))),
    "strip_chars": Same(cells(c("s").str.strip_chars(" "), h("s").str.strip_chars()), "spaces only"),
    "strip_chars_end": Same(cells(c("s").str.strip_chars_end(" "), h("s").str.strip_chars_end()), "spaces only"),
    "strip_chars_start": Same(cells(c("s").str.strip_chars_start(" "), h("s").str.strip_chars_start()), "spaces only"),
    "tail": Same(cells(c("s").str.tail(2), h("s").str.tail(2)), "no count from the start"),
    "to_date": As(
        '.cast("date")',
        cells(c("d").dt.to_string("%Y-%m-%d").str.to_date("%Y-%m-%d"), h("d").cast("string").cast("date")),
        "ISO form only",
    ),
    "to_datetime": As(
        '.cast("timestamp_ntz")',
        cells(
            c("d").dt.to_string("%Y-%m-%d 05:00:00").str.to_datetime("%Y-%m-%d %H:%M:%S"),
            hr.call("concat", h("d").cast("string"), " 05:00:00").cast("timestamp_ntz"),
        ),
        "ISO form only",
    ),
    "to_lowercase": Same(cells(c("s").str.to_lowercase(), h("s").str.to_lowercase())),
    "to_time": No("there is no type for a time of day"),
    "to_titlecase": No("no such function"),
    "to_uppercase": Same(cells(c("s").str.to_uppercase(), h("s").str.to_uppercase())),
    "zfill": As(
        '.pad_start(3, "0")', cells(c("k").str.zfill(3), h("k").str.pad_start(3, "0")), "of texts without a sign"
    ),
}

DT: dict[str, Any] = {
    "convert_time_zone": No("instants are read in UTC"),
    "date": Same(cells(c("t").dt.date(), h("t").dt.date())),
    "day": Same(cells(c("d").dt.day(), h("d").dt.day())),
    "hour": Same(cells(c("t").dt.hour(), h("t").dt.hour())),
    "microsecond": As(
        "unix_micros(t) % 1000000", cells(c("t").dt.microsecond(), "unix_micros(t) % 1000000"), "from 1970 on"
    ),
    "millisecond": As(
        "unix_micros(t) div 1000 % 1000",
        cells(c("t").dt.millisecond(), "unix_micros(t) div 1000 % 1000"),
        "from 1970 on",
    ),
    "minute": Same(cells(c("t").dt.minute(), h("t").dt.minute())),
    "month": Same(cells(c("d").dt.month(), h("d").dt.month())),
    "nanosecond": No("timestamps have microseconds"),
    "offset_by": As(
        "date_add(d, 3)",
        cells(c("d").dt.offset_by("3d"), "date_add(d, 3)"),
        "`date_add`, `add_months`, `timestamp_add`",
    ),
    "ordinal_day": Same(cells(c("d").dt.ordinal_day(), h("d").dt.ordinal_day())),
    "replace_time_zone": As(
        '.cast("timestamp")', cells(c("t").dt.replace_time_zone("UTC"), h("t").cast("timestamp")), "to UTC only"
    ),
    "second": Same(cells(c("t").dt.second(), h("t").dt.second())),
    "timestamp": As("unix_micros(t)", cells(c("t").dt.timestamp("us"), "unix_micros(t)")),
    "to_string": As('.cast("string")', cells(c("d").dt.to_string("%Y-%m-%d"), h("d").cast("string")), "ISO form only"),
    "total_microseconds": No("there is no type for a duration; `timestamp_diff` gives numbers"),
    "total_milliseconds": No("there is no type for a duration; `timestamp_diff` gives numbers"),
    "total_minutes": No("there is no type for a duration; `timestamp_diff` gives numbers"),
    "total_nanoseconds": No("there is no type for a duration; `timestamp_diff` gives numbers"),
    "total_seconds": No("there is no type for a duration; `timestamp_diff` gives numbers"),
    "truncate": Same(cells(c("t").dt.truncate("1mo"), h("t").dt.truncate("month")), "units by name"),
    "weekday": Same(cells(c("d").dt.weekday() - 1, h("d").dt.weekday()), "0 = Monday; 1 in Narwhals"),
    "year": Same(cells(c("d").dt.year(), h("d").dt.year())),
}

LIST: dict[str, Any] = {
    "contains": Same(cells(c("l").list.contains(5), h("l").list.contains(5))),
    "get": Same(cells(c("l").list.get(0), h("l").list.get(0)), "null beyond the end"),
    "len": Same(cells(c("l").list.len(), h("l").list.len())),
    "max": No(ELEMENTS),
    "mean": No(ELEMENTS),
    "median": No(ELEMENTS),
    "min": No(ELEMENTS),
    "sort": No("no such function"),
    "sum": No(ELEMENTS),
    "unique": No("no such function"),
}

STRUCT: dict[str, Any] = {"field": Same(cells(c("o").struct.field("a"), h("o").struct.field("a")))}
