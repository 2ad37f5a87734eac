"""Frames: tables that say how they are made (`LazyFrame`), and rows in memory (`DataFrame`)."""

from __future__ import annotations

import array
import html
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from headrace import _core, _work
from headrace._errors import HeadraceError, InvalidArgumentError, NotFoundError
from headrace._expr import IntoExpr, call, col, count, into_column, into_expr
from headrace._log import logger
from headrace._optional import need

if TYPE_CHECKING:
    import pyarrow as pa

    from headrace._result import RunResult
    from headrace.spark import SparkTarget

#: A path, or several; ``s3://`` too.
Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

OnError = Literal["fail", "quarantine", "drop", "null"]
JoinHow = Literal["left", "inner", "semi", "anti"]
PlanFormat = Literal["text", "json", "dot", "mermaid"]

_SHOWN_ROWS = 10


def require_engine(engine: str, spark: object) -> str:
    """`engine`, if there is one of that name and `spark` goes with it."""
    if engine not in ("native", "spark"):
        raise InvalidArgumentError(f"there is no engine '{engine}'", 'engines: "native", "spark"')
    if engine == "native" and spark is not None:
        raise InvalidArgumentError("spark is given, but not the engine", 'write engine="spark", or leave out spark')
    return engine


class Plan(str):
    """The text of a plan, which notebooks show line by line."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self)}</pre>"


class Schema(Mapping[str, str]):
    """The columns of a frame, in order: name to type, such as ``"int64"`` or ``"list<string>"``.

    Examples
    --------
    >>> hr.from_dict({"a": [1, 2]}).schema
    Schema({'a': 'int64'})
    """

    def __init__(self, fields: Iterable[tuple[str, str, bool]]) -> None:
        self._fields = {name: (dtype, nullable) for name, dtype, nullable in fields}

    def __getitem__(self, name: str) -> str:
        return self._fields[name][0]

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Schema({dict(self)})"

    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._fields)

    def is_nullable(self, name: str) -> bool:
        """Whether the column called `name` may hold nulls."""
        return self._fields[name][1]


class DataFrame:
    """Rows in memory, in Arrow's layout. What `LazyFrame.collect` gives; any library that knows Arrow takes it.

    Examples
    --------
    >>> df = hr.from_dict({"a": [1, 2, 3]}).filter("a > 1").collect()
    >>> df.height
    2
    >>> df.to_dict()
    {'a': [2, 3]}
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: _core.Rows) -> None:
        self._rows = rows

    @property
    def schema(self) -> Schema:
        """The columns and their types."""
        return Schema(self._rows.fields())

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.schema.names()

    @property
    def height(self) -> int:
        """The number of rows."""
        return self._rows.row_count()

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return self.height, len(self.schema)

    def __len__(self) -> int:
        return self.height

    def __getitem__(self, name: str) -> Series:
        """The column called `name`."""
        return Series(self._rows, name)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as an Arrow stream, a large array a batch. A requested schema is not looked at, as the interface
        allows."""
        return self._rows.stream()

    def __arrow_c_schema__(self) -> object:
        """The columns as an Arrow schema."""
        return self._rows.schema()

    def lazy(self) -> LazyFrame:
        """The rows as the start of a new frame; they are shared."""
        return from_arrow(self)

    def to_arrow(self) -> pa.Table:
        """The rows as a ``pyarrow.Table``. Columns of fixed width are shared, but for booleans and validity."""
        return need("pyarrow", "to_arrow()").table(self)

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``."""
        need("pandas", "to_pandas()")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """The rows as a ``polars.DataFrame``."""
        return need("polars", "to_polars()").DataFrame(self)

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists of Python values."""
        return self.to_arrow().to_pydict()

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dicts of Python values."""
        return self.to_arrow().to_pylist()

    def __repr__(self) -> str:
        return f"{self._text_table()}\n[{self.height:,} rows x {len(self.schema)} columns]"

    def _text_table(self) -> str:
        schema = self.schema
        lines = [schema.names(), list(schema.values()), *self._rows.cells(_SHOWN_ROWS)]
        lines = [[cell if len(cell) <= 30 else cell[:29] + "…" for cell in line] for line in lines]
        widths = [max(len(line[i]) for line in lines) for i in range(len(schema))]
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        return "\n".join(text)

    def _repr_html_(self) -> str:
        return self._html(f"{self.height:,} rows × {len(self.schema)} columns")

    def _html(self, caption: str) -> str:
        schema = self.schema
        head = "".join(f"<th>{html.escape(n)}<br><small>{html.escape(t)}</small></th>" for n, t in schema.items())
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
            for line in self._rows.cells(_SHOWN_ROWS)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{html.escape(caption)}</p>"


class Series:
    """A column of a `DataFrame`. Numbers without nulls are an array for any library that knows DLPack or the buffer
    protocol, without a copy when the rows are one chunk (`LazyFrame.collect` gives a million rows a chunk).

    Dates are days, timestamps microseconds since 1970, as int32 and int64; lists of one length make two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> df = hr.from_dict({"x": [1.0, 2.0, 3.0]}).collect()
    >>> float(np.from_dlpack(df["x"]).sum())
    6.0
    >>> memoryview(df["x"].values).format
    'd'
    """

    __slots__ = ("_rows", "name")

    def __init__(self, rows: _core.Rows, name: str) -> None:
        schema = Schema(rows.fields())
        if name not in schema:
            raise NotFoundError(f"there is no column '{name}'", f"columns: {', '.join(schema.names())}")
        self._rows = rows
        self.name: str = name

    @property
    def dtype(self) -> str:
        """The type, such as ``"float64"``."""
        return Schema(self._rows.fields())[self.name]

    def __len__(self) -> int:
        return self._rows.row_count()

    def __repr__(self) -> str:
        return f"<headrace.Series {self.name}: {self.dtype}, {len(self):,} rows>"

    @property
    def values(self) -> Any:
        """The values as a read-only array with the buffer protocol and DLPack.

        Raises
        ------
        UnsupportedError
            When there are nulls, or the type is none that arrays have.
        """
        return _core.array_of(self._rows, self.name)

    def __dlpack__(self, **options: Any) -> object:
        """The values for libraries that know DLPack; see `values`."""
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Memory of this machine."""
        return (1, 0)

    def to_numpy(self) -> Any:
        """The values as a read-only ``numpy.ndarray``; see `values`."""
        return need("numpy", "to_numpy()").asarray(memoryview(self.values))

    def to_list(self) -> list[Any]:
        """The values as objects of Python; null is ``None``."""
        return DataFrame(self._rows).to_arrow()[self.name].to_pylist()


class LazyFrame:
    """A table that says how it is made; nothing is read before `collect` or a `sink_*` but what tells the columns.

    Immutable: every method gives a new frame. Each is checked when it is called, so a wrong name fails on the line that
    wrote it, with the columns that there are. Where an expression is wanted, a text is SQL; where columns are wanted, a
    text is a name.

    Examples
    --------
    >>> flights = hr.from_dict({"carrier": ["UA", "AA", "UA"], "delay": [5, 20, 30]})
    >>> late = flights.filter("delay > 15").group_by("carrier").agg(n=hr.count(), mean=hr.col("delay").mean())
    >>> late.collect().to_dicts()
    [{'carrier': 'AA', 'n': 1, 'mean': 20.0}, {'carrier': 'UA', 'n': 1, 'mean': 30.0}]
    """

    __slots__ = ("_is_portable", "_native", "_spark_frames")

    def __init__(self, native: _core.Frame) -> None:
        self._native = native
        self._is_portable = True  # whether nothing but expressions makes the rows
        self._spark_frames: tuple[tuple[str, Any], ...] = ()  # its sources that are in Spark, by name

    # --- what it is ---

    @property
    def schema(self) -> Schema:
        """The columns and their types, which are always known."""
        return Schema(self._native.fields())

    def collect_schema(self) -> Schema:
        """The same as `schema`: for those who know Polars."""
        return self.schema

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.schema.names()

    def __arrow_c_schema__(self) -> object:
        """The columns as an Arrow schema; nothing is read."""
        return self._native.schema()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """All rows, collected, as an Arrow stream."""
        return self.collect().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        columns = ", ".join(f"{name}: {dtype}" for name, dtype in self.schema.items())
        return f"<headrace.LazyFrame {columns}>"

    def __bool__(self) -> bool:
        raise TypeError("a LazyFrame has no truth value: collect() it and look at its height")

    # --- rows ---

    def filter(self, *predicates: IntoExpr, name: str = "") -> LazyFrame:
        """The rows for which all `predicates` are true; null is not true.

        Parameters
        ----------
        *predicates : Expr or str
            Conditions of type bool; a text is SQL.
        name : str
            What reports call the filter.

        Examples
        --------
        >>> hr.from_dict({"a": [1, 2, None]}).filter(hr.col("a") > 1).collect().to_dict()
        {'a': [2]}
        """
        if not predicates:
            raise InvalidArgumentError("filter() wants a condition", 'for example: filter("arr_delay is not null")')
        condition = into_expr(predicates[0])
        for predicate in predicates[1:]:
            condition = condition & into_expr(predicate)
        return self._with_step("filter", {"where": str(condition), "name": name} if name else str(condition))

    def unique(
        self,
        subset: str | Sequence[str] | None = None,
        *,
        keep: Literal["first", "last", "any"] = "any",
        order_by: str | Sequence[str] = (),
    ) -> LazyFrame:
        """One row of all that are equal in the columns of `subset` (default: in all), in order of first appearance.

        Parameters
        ----------
        subset : str or list of str, optional
            The columns that rows are told apart by; nulls are equal.
        keep : {"any", "first", "last"}
            Which row stays: with ``"first"`` and ``"last"`` by the values of `order_by`.
        order_by : str or list of str
            Null is the least value, NaN the greatest; where rows tie, all columns decide.

        Examples
        --------
        >>> df = hr.from_dict({"k": [1, 1, 2], "t": [8, 7, 9]}).unique("k", keep="first", order_by="t").collect()
        >>> df.to_dict()
        {'k': [1, 2], 't': [7, 9]}
        """
        step: dict[str, Any] = {"keys": _names(subset) if subset is not None else self.columns}
        if order_by:
            step["order_by"] = _names(order_by)
        else:
            step["any_order"] = True
        if keep == "last":
            step["keep"] = "last"
        return self._with_step("deduplicate", step)

    def sort(self, by: str | Sequence[str], *more_by: str, descending: bool | Sequence[bool] = False) -> LazyFrame:
        """The rows in the order of columns; those that tie stay in their order.

        Parameters
        ----------
        by, *more_by : str
            Columns of plain values, the first one first.
        descending : bool or list of bool
            Whether the greatest come first; of all columns, or of each. Null is the least value, NaN the greatest.

        Examples
        --------
        >>> df = hr.from_dict({"k": ["b", "a", "b"], "n": [1, 2, 3]}).sort("k", "n", descending=[False, True])
        >>> df.collect().to_dict()
        {'k': ['a', 'b', 'b'], 'n': [2, 3, 1]}
        """
        names = [*_names(by), *more_by]
        turned = [descending] * len(names) if isinstance(descending, bool) else list(descending)
        if len(turned) != len(names):
            raise InvalidArgumentError(
                f"sort() has {len(names)} columns and {len(turned)} values of descending", "give one, or one a column"
            )
        order = [f"{name} desc" if desc else name for name, desc in zip(names, turned, strict=True)]
        return self._with_step("sort", order)

    def limit(self, n: int, *, offset: int = 0) -> LazyFrame:
        """The first `n` rows, after the first `offset`. Files are read no further than that takes.

        Examples
        --------
        >>> hr.from_dict({"a": [1, 2, 3, 4]}).limit(2, offset=1).collect().to_dict()
        {'a': [2, 3]}
        """
        return self._with_step("limit", {"rows": n, "offset": offset})

    def head(self, n: int = 5) -> LazyFrame:
        """The first `n` rows: `limit` by the name that pandas and Polars have for it."""
        return self.limit(n)

    def explode(self, *columns: str, keep_empty: bool = True) -> LazyFrame:
        """A row for each element of a list: the element in the column's place, the other columns as they are.

        Parameters
        ----------
        *columns : str
            Columns of lists. Several are taken together: in each row they must be of equal length.
        keep_empty : bool
            Whether a row whose list is null or empty stays, with a null.

        Examples
        --------
        >>> hr.from_dict({"k": ["a", "b"], "v": [[1, 2], []]}).explode("v").collect().to_dict()
        {'k': ['a', 'a', 'b'], 'v': [1, 2, None]}
        """
        return self._with_step("explode", {"columns": list(columns), "keep_empty": keep_empty})

    # --- columns ---

    def select(self, *columns: IntoExpr, **named: IntoExpr) -> LazyFrame:
        """Exactly these columns, in this order.

        Parameters
        ----------
        *columns : str or Expr
            Names, or expressions that are called by their alias or first column.
        **named : Expr or str
            Expressions by the name of the column that they make; a text is SQL.

        Examples
        --------
        >>> hr.from_dict({"a": [1], "b": [2]}).select("b", total="a + b").collect().to_dict()
        {'b': [2], 'total': [3]}
        """
        return self._with_step("select", _named_exprs(columns, named))

    def with_columns(self, *columns: IntoExpr, **named: IntoExpr) -> LazyFrame:
        """All columns, and these: added, or in the place of those of the same name.

        Examples
        --------
        >>> hr.from_dict({"a": [1]}).with_columns(hr.col("a") * 2, b="a + 1").collect().to_dict()
        {'a': [2], 'b': [2]}
        """
        return self._with_step("with_columns", _named_exprs(columns, named))

    def rename(self, names: Mapping[str, str]) -> LazyFrame:
        """The columns with new names, old name to new name."""
        return self._with_step("rename", dict(names))

    def drop(self, *columns: str) -> LazyFrame:
        """Without these columns."""
        return self._with_step("drop", list(columns))

    # --- several rows, several frames ---

    def join(
        self,
        other: LazyFrame,
        on: str | Sequence[str] | None = None,
        how: JoinHow = "inner",
        *,
        left_on: str | Sequence[str] | None = None,
        right_on: str | Sequence[str] | None = None,
        suffix: str = "_right",
        validate: Literal["m:m", "m:1"] = "m:m",
    ) -> LazyFrame:
        """The columns of both frames where keys are equal; a null key equals nothing.

        Parameters
        ----------
        other : LazyFrame
            The right side.
        on : str or list of str, optional
            The keys, where both sides call them the same; else `left_on` and `right_on`.
        how : {"inner", "left", "semi", "anti"}
            ``"left"`` keeps every row; ``"semi"`` and ``"anti"`` keep rows with and without a match, and add no
            columns.
        suffix : str
            Put behind the name of a right column that the left side has too.
        validate : {"m:m", "m:1"}
            ``"m:1"``: the right keys must be unique; a duplicate is an error.

        Returns
        -------
        LazyFrame
            Rows in the order of the left side, matches of a row in the order of the right one.

        Examples
        --------
        >>> left = hr.from_dict({"k": [1, 2], "a": [3, 4]})
        >>> left.join(hr.from_dict({"k": [2], "b": [5]}), on="k", how="left").collect().to_dict()
        {'k': [1, 2], 'a': [3, 4], 'b': [None, 5]}
        """
        step: dict[str, Any] = {"right": "right", "how": how, "suffix": suffix, "validate": validate}
        for key, value in (("on", on), ("left_on", left_on), ("right_on", right_on)):
            if value is not None:
                step[key] = _names(value)
        return self._with_step_and({"join": step}, "join", [other])

    def concat(self, *others: LazyFrame, fill_missing: bool = False) -> LazyFrame:
        """The rows of this frame, then those of the others; see `headrace.concat`."""
        step = {"concat": {"tables": ["other"] * len(others), "fill_missing": fill_missing}}
        return self._with_step_and(step, "concat", others)

    def map_batches(
        self,
        function: Callable[[pa.Table], Any],
        *,
        schema: Any = None,
        chunk_rows: int = 131_072,
    ) -> LazyFrame:
        """The rows that a Python function makes of chunks of the rows, for what expressions cannot say.

        What comes of it is not portable: such a frame is no part of a pipeline file or of a fitted state, since nobody
        can promise what the function does. Write it with a ``sink_*`` method and scan that to go on with promises.

        Parameters
        ----------
        function : callable
            Takes a ``pyarrow.Table`` and gives anything with an Arrow stream, such as a table or a Polars frame. It is
            called chunk by chunk, in order, in another thread.
        schema : pyarrow.Schema, optional
            The columns that the function gives. Default: those it gives for a table without rows.
        chunk_rows : int
            The least number of rows of a chunk, but for the last one. Where chunks end is no promise.

        Raises
        ------
        BadDataError
            When it runs: if the function fails, or gives other columns than promised.

        Examples
        --------
        >>> import pyarrow.compute as pc
        >>> def reversed_names(table):
        ...     return table.set_column(0, "name", pc.utf8_reverse(table["name"]))
        >>> hr.from_dict({"name": ["abc", "x"]}).map_batches(reversed_names).collect().to_dict()
        {'name': ['cba', 'x']}
        """
        need("pyarrow", "map_batches()")
        import pyarrow as pa

        if schema is None:
            empty = pa.schema(self).empty_table()
            schema = pa.table(DataFrame(_rows_of(function(empty)))).schema

        def make() -> object:
            def made() -> Iterator[pa.RecordBatch]:
                for chunk in self.collect_batches(chunk_rows=chunk_rows):
                    result = pa.table(DataFrame(_rows_of(function(chunk.to_arrow()))))
                    if (result.schema.names, result.schema.types) != (schema.names, schema.types):
                        raise TypeError(f"the function gave [{_fields(result)}] and not [{_fields(schema)}]")
                    yield from result.to_batches()

            return pa.RecordBatchReader.from_batches(schema, made()).__arrow_c_stream__()

        sample = _rows_of(schema.empty_table())
        frame = LazyFrame(_core.Frame.of_function("map_batches", sample, make))
        frame._is_portable = False
        return frame

    def group_by(self, *keys: str) -> GroupBy:
        """Groups of rows that are equal in `keys`; nulls are equal. Without keys: one group of all rows."""
        return GroupBy(self, list(keys))

    # --- running ---

    def describe(
        self, *, threads: int | None = None, memory: str | None = None, progress: bool | None = None
    ) -> DataFrame:
        """Statistics of every column, in one pass over the rows.

        Returns
        -------
        DataFrame
            A row a column: ``column``, ``type``, ``count`` (of what is not null), ``nulls``, ``mean``, ``std`` (of
            numbers, of a sample), ``min`` and ``max`` as texts (null for lists and structs).

        Examples
        --------
        >>> hr.from_dict({"a": [1, 2, None], "s": ["x", "y", "z"]}).describe().to_dicts()[0]
        {'column': 'a', 'type': 'int64', 'count': 2, 'nulls': 1, 'mean': 1.5, 'std': 0.7071..., 'min': '1', 'max': '2'}
        """
        schema = self.schema
        aggregates: dict[str, IntoExpr] = {"rows": count()}
        for i, (name, dtype) in enumerate(schema.items()):
            for statistic in _statistics_of(dtype):
                aggregates[f"{statistic}_{i}"] = call(statistic, col(name))
        found = self.group_by().agg(**aggregates).collect(threads=threads, memory=memory, progress=progress)
        texts = dict(zip(found.columns, found._rows.cells(1)[0], strict=True))
        values = found.to_dicts()[0]
        table: dict[str, list[Any]] = {"column": schema.names(), "type": list(schema.values())}
        indexes = range(len(schema))
        table["count"] = [values[f"count_{i}"] for i in indexes]
        table["nulls"] = [values["rows"] - values[f"count_{i}"] for i in indexes]
        table["mean"] = [_float_or_none(values.get(f"mean_{i}")) for i in indexes]
        table["std"] = [_float_or_none(values.get(f"stddev_{i}")) for i in indexes]
        for bound in ("min", "max"):
            table[bound] = [texts[f"{bound}_{i}"] if values.get(f"{bound}_{i}") is not None else None for i in indexes]
        return _describe_frame(table)

    def collect(
        self,
        *,
        engine: Literal["native", "spark"] = "native",
        spark: SparkTarget | None = None,
        threads: int | None = None,
        memory: str | None = None,
        progress: bool | None = None,
    ) -> DataFrame:
        """Read, compute, and hold the rows in memory.

        Parameters
        ----------
        threads : int, optional
            Default: one a processor. The rows are the same for any number.
        memory : str, optional
            The most memory for data, such as ``"4GiB"``; what does not fit is spilled. Default: no limit.
        progress : bool, optional
            Whether to show a bar; default: in terminals, unless ``HEADRACE_PROGRESS=0``.
        engine : {"native", "spark"}
            What computes them. On Spark, rows come in no order but that of a last `sort`; `threads`, `memory` and
            `progress` are Spark's own.
        spark : SparkSession or str, optional
            With ``engine="spark"``: a session, or where to open one. Default: ``"local[*]"``.
        """
        if require_engine(engine, spark) == "spark":
            from headrace import spark as on_spark  # noqa: PLC0415

            return on_spark.collect(self, spark or "local[*]")
        rows = _work.do(self._native.collect, threads=threads, memory=memory, progress=progress)
        logger.debug("collected %d rows", rows.row_count())
        return DataFrame(rows)

    def to_spark(self, session: Any) -> Any:
        """The rows as a Spark DataFrame of `session`, made when Spark needs them.

        Parameters
        ----------
        session : SparkSession
            Classic or of Spark Connect, set as pipelines need it: ``spark.sql.ansi.enabled`` true,
            ``spark.sql.session.timeZone`` UTC, ``spark.sql.caseSensitive`` true.
        """
        from headrace import spark as on_spark  # noqa: PLC0415

        return on_spark.to_spark(self, session)

    def collect_batches(
        self, *, chunk_rows: int = 131_072, threads: int | None = None, memory: str | None = None
    ) -> Iterator[DataFrame]:
        """The rows chunk by chunk, in order, while they are made: never all of them in memory.

        Parameters
        ----------
        chunk_rows : int
            The least number of rows of a chunk, but for the last one.
        threads, memory
            As in `collect`.

        Examples
        --------
        >>> frame = hr.from_dict({"a": list(range(10))})
        >>> [chunk.height for chunk in frame.collect_batches(chunk_rows=4)]
        [10]
        """
        for rows in _work.stream(self._native, chunk_rows=chunk_rows, threads=threads, memory=memory):
            yield DataFrame(rows)

    def sink_parquet(self, path: str | os.PathLike[str], **options: Any) -> RunResult:
        """Write the rows as a data set of Parquet files in the folder `path`, all of it or nothing.

        Parameters
        ----------
        path : str
            The folder; a data set that is there stays readable until the new one is complete.
        **options
            What an output of a pipeline takes: ``compression``, ``shards``, ``sort_by``, ``partition_by``, ``mode``, …;
            and ``threads``, ``memory``, ``progress`` as in `collect`.
        """
        return self._sink(path, "parquet", options)

    def sink_tfrecord(self, path: str | os.PathLike[str], **options: Any) -> RunResult:
        """The same as `sink_parquet`, as TFRecord files of ``tf.train.Example``."""
        return self._sink(path, "tfrecord", options)

    def sink_ipc(self, path: str | os.PathLike[str], **options: Any) -> RunResult:
        """The same as `sink_parquet`, as Arrow IPC files."""
        return self._sink(path, "arrow", options)

    def sink_csv(self, path: str | os.PathLike[str], **options: Any) -> RunResult:
        """The same as `sink_parquet`, as CSV files: a header, commas, quotes where they are needed; null is nothing, an
        empty text ``""``. Lists and structs cannot be written so."""
        return self._sink(path, "csv", options)

    def explain(self, *, format: PlanFormat = "text", analyze: bool = False) -> Plan:
        """What will be done.

        Parameters
        ----------
        format : {"text", "json", "dot", "mermaid"}
            ``"text"`` is the plan as it was built, a line a step, last step first. The others are the optimized plan:
            for programs, for Graphviz, for Markdown.
        analyze : bool
            Run it, throw the rows away, and show the time, rows and memory of each operator, as text.

        Examples
        --------
        >>> print(hr.from_dict({"a": [1, 2]}).filter("a > 1").explain())
        table frame
        filter a > 1 -> 1 column  [frame: filter a > 1]
          scan rows -> 1 column
        <BLANKLINE>
        """
        if analyze:
            return Plan(_work.do(self._native.analyze, progress=False))
        if format != "text":
            return Plan(self._as_pipeline().graph(_core.Work(0, ""), format))
        return Plan(self._as_pipeline().explain(_core.Work(0, ""))[0])

    def show_graph(self) -> Any:
        """The optimized plan as a drawing for notebooks; needs the package ``graphviz``.

        Raises
        ------
        MissingPackageError
            When ``graphviz`` is not installed.
        """
        return draw(self.explain(format="dot"))

    def _repr_html_(self) -> str:
        """Columns, and ten rows: found by reading no further than they take."""
        try:
            rows = self.limit(_SHOWN_ROWS).collect(threads=1, progress=False)
        except HeadraceError as error:
            return f"<pre>{html.escape(repr(self))}\n{html.escape(str(error))}</pre>"
        return rows._html(f"the first {rows.height} rows of a LazyFrame of {len(self.schema)} columns")

    # --- inside ---

    def _with_step(self, kind: str, value: Any) -> LazyFrame:
        frame = LazyFrame(self._native.with_step(_json({kind: value})))
        frame._is_portable = self._is_portable
        frame._spark_frames = self._spark_frames
        return frame

    def _with_step_and(self, step: dict[str, Any], what: str, others: Sequence[LazyFrame]) -> LazyFrame:
        """A step that reads other frames too."""
        for other in others:
            if not isinstance(other, LazyFrame):
                raise InvalidArgumentError(
                    f"{what}() wants a LazyFrame, not {type(other).__name__}", "make one of it: hr.from_arrow(other)"
                )
        frame = LazyFrame(self._native.with_step_and(_json(step), [other._native for other in others]))
        frame._is_portable = self._is_portable and all(other._is_portable for other in others)
        in_spark = [named for one in (self, *others) for named in one._spark_frames]
        frame._spark_frames = tuple({id(rows): (name, rows) for name, rows in in_spark}.values())
        return frame

    def _as_pipeline(self) -> _core.Pipeline:
        return _core.Pipeline.of_frame("frame", self._native, "frame", "{}")

    def _sink(self, path: str | os.PathLike[str], format: str, options: dict[str, Any]) -> RunResult:
        from headrace._pipeline import run_native

        running = {key: options.pop(key) for key in ("threads", "memory", "progress") if key in options}
        rest = _json({"outputs": [{"path": os.fspath(path), "format": format, **options}]})
        return run_native(_core.Pipeline.sink_of_frame(self._native, rest), **running)


class GroupBy:
    """Groups that wait for what to compute of each; see `LazyFrame.group_by`."""

    __slots__ = ("_frame", "_keys")

    def __init__(self, frame: LazyFrame, keys: list[str]) -> None:
        self._frame = frame
        self._keys = keys

    def agg(self, *aggregates: IntoExpr, **named: IntoExpr) -> LazyFrame:
        """A row a group, in order of first appearance: the keys, then one column an aggregate.

        Parameters
        ----------
        *aggregates, **named : Expr or str
            Each one call of an aggregate, such as ``hr.col("delay").mean()`` or ``"mean(delay)"``.

        Examples
        --------
        >>> frame = hr.from_dict({"k": [1, 1, 2], "v": [1.0, 2.0, 4.0]})
        >>> frame.group_by("k").agg(total="sum(v)").collect().to_dict()
        {'k': [1, 2], 'total': [3.0, 4.0]}
        """
        exprs = {into_expr(aggregate).output_name(): str(into_expr(aggregate)) for aggregate in aggregates}
        exprs |= {name: str(into_expr(aggregate)) for name, aggregate in named.items()}
        return self._frame._with_step("group_by", {"keys": self._keys, "aggregates": exprs})


def _statistics_of(dtype: str) -> list[str]:
    """The aggregates that a column of a type has, as SQL calls them."""
    if dtype.startswith(("int", "float", "decimal")):
        return ["count", "mean", "stddev", "min", "max"]
    has_order = dtype in ("string", "binary", "date", "timestamp", "timestamp_ntz", "bool")
    return ["count", "min", "max"] if has_order else ["count"]


def _float_or_none(value: Any) -> float | None:
    return None if value is None else float(value)


def _describe_frame(table: dict[str, list[Any]]) -> DataFrame:
    pa = need("pyarrow", "describe()")
    types = {"count": pa.int64(), "nulls": pa.int64(), "mean": pa.float64(), "std": pa.float64()}
    arrays = {name: pa.array(values, types.get(name, pa.string())) for name, values in table.items()}
    return DataFrame(_rows_of(pa.table(arrays)))


def _json(value: Any) -> str:
    """JSON that is YAML, too, which knows no pairs of surrogates."""
    return json.dumps(value, ensure_ascii=False)


def _names(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _named_exprs(columns: Sequence[IntoExpr], named: Mapping[str, IntoExpr]) -> dict[str, str]:
    """Expressions by the name of the column that they make."""
    exprs: dict[str, str] = {}
    pairs = [(expr.output_name(), expr) for expr in map(into_column, columns)]
    pairs += [(name, into_expr(value)) for name, value in named.items()]
    for name, expr in pairs:
        if name in exprs:
            raise InvalidArgumentError(f"two columns have the name '{name}'", 'give one another name: .alias("other")')
        exprs[name] = str(expr)
    return exprs


def _scan(
    paths: Paths,
    format: str,
    name: str | None,
    schema: Mapping[str, Any] | None,
    on_error: OnError,
    storage_options: Mapping[str, Any] | None,
    **options: Any,
) -> LazyFrame:
    listed = [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    source: dict[str, Any] = {"path": listed, "format": format, "on_error": on_error}
    if schema is not None:
        source["schema"] = dict(schema)
    source |= {key: value for key, value in options.items() if value is not None}
    storage = _storage_of(storage_options or {})
    return LazyFrame(_core.Frame.scan(name or _name_of(listed), _json(source), storage))


_STORAGE_OPTIONS = (
    "endpoint", "region", "scheme", "anonymous", "access_key", "secret_key", "session_token", "connect_timeout",
    "request_timeout",
)  # fmt: skip


def _storage_of(options: Mapping[str, Any]) -> _core.StorageOptions:
    for key in options:
        if key not in _STORAGE_OPTIONS:
            known = ", ".join(_STORAGE_OPTIONS)
            raise InvalidArgumentError(f"storage_options has no '{key}'", f"valid options: {known}")
    return _core.StorageOptions(**options)


def _name_of(paths: Sequence[str]) -> str:
    """A name for a source: of its file or folder, as far as it is one."""
    stem = PurePosixPath(paths[0]).name.split(".")[0] if paths else ""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in stem).strip("_")
    return name or "source"


def scan_csv(
    source: Paths,
    *,
    schema: Mapping[str, Any] | None = None,
    on_error: OnError = "fail",
    separator: str = ",",
    quote_char: str | None = '"',
    has_header: bool = True,
    null_values: str | Sequence[str] = "",
    name: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LazyFrame:
    """The rows of CSV files.

    Parameters
    ----------
    source : str, path, or list of them
        Files, globs or folders, also ``s3://bucket/…``.
    schema : dict, optional
        Column to type, or to a dict of ``type``, ``nullable``, ``min``, ``max``, ``allowed``. A row that breaks it is a
        bad row, whether or not the column is used. Default: inferred from the start of the first file.
    on_error : {"fail", "quarantine", "drop", "null"}
        What happens to bad rows.
    separator : str
        The character between values.
    quote_char : str, optional
        The character around quoted values; None: there is none.
    has_header : bool
        Whether the first line of each file names its columns; else the schema does, or they are ``column_1``, …
    null_values : str or list of str
        What means null, where it is not in quotes.
    name : str, optional
        What plans and messages call the rows; default: after the file.
    storage_options : dict, optional
        How a store is reached: ``endpoint``, ``region``, ``access_key``, ``secret_key``, ``anonymous``, …;
        ``connect_timeout`` and ``request_timeout`` in seconds.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadDataError
        When a header does not fit the schema.
    """
    return _scan(
        source, "csv", name, schema, on_error, storage_options,
        delimiter=separator, quote=quote_char or "", header=has_header, null_values=_names(null_values),
    )  # fmt: skip


def scan_ndjson(
    source: Paths,
    *,
    schema: Mapping[str, Any] | None = None,
    on_error: OnError = "fail",
    name: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LazyFrame:
    """The rows of files with a JSON object a line; see `scan_csv` for the parameters."""
    return _scan(source, "ndjson", name, schema, on_error, storage_options)


def scan_parquet(
    source: Paths,
    *,
    schema: Mapping[str, Any] | None = None,
    on_error: OnError = "fail",
    hive_schema: Mapping[str, str] | None = None,
    name: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LazyFrame:
    """The rows of Parquet files, or of a data set; see `scan_csv` for the parameters.

    Parameters
    ----------
    hive_schema : dict, optional
        Types of columns that are in the names of folders, as in Hive: ``day=2013-01-01``.
    """
    return _scan(source, "parquet", name, schema, on_error, storage_options, partition_columns=hive_schema)


def scan_ipc(
    source: Paths,
    *,
    schema: Mapping[str, Any] | None = None,
    on_error: OnError = "fail",
    name: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LazyFrame:
    """The rows of Arrow IPC files; see `scan_csv` for the parameters."""
    return _scan(source, "arrow", name, schema, on_error, storage_options)


def scan_tfrecord(
    source: Paths,
    *,
    schema: Mapping[str, Any] | None = None,
    on_error: OnError = "fail",
    name: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LazyFrame:
    """The rows of TFRecord files of ``tf.train.Example``; see `scan_csv` for the parameters."""
    return _scan(source, "tfrecord", name, schema, on_error, storage_options)


def concat(frames: Sequence[LazyFrame], *, how: Literal["vertical", "diagonal"] = "vertical") -> LazyFrame:
    """The rows of several frames, one after another.

    Parameters
    ----------
    frames : list of LazyFrame
        Columns are found by name, in the order of the first frame, and get their common type.
    how : {"vertical", "diagonal"}
        ``"diagonal"``: a column that some frames lack is null there; else it is an error.

    Examples
    --------
    >>> frames = [hr.from_dict({"a": [1]}), hr.from_dict({"b": ["x"], "a": [2]})]
    >>> hr.concat(frames, how="diagonal").collect().to_dict()
    {'a': [1, 2], 'b': [None, 'x']}
    """
    listed = list(frames)
    if not listed:
        raise InvalidArgumentError("concat() has no frames", "give at least one")
    if how not in ("vertical", "diagonal"):
        raise InvalidArgumentError(f"concat() knows no how={how!r}", 'use "vertical" or "diagonal"')
    if len(listed) == 1:
        return listed[0]
    return listed[0].concat(*listed[1:], fill_missing=how == "diagonal")


def _fields(columns: Any) -> str:
    """The columns of a table or schema of pyarrow, for messages."""
    schema = getattr(columns, "schema", columns)
    return ", ".join(f"{field.name}: {field.type}" for field in schema)


def draw(dot: str) -> Any:
    """A drawing of a plan."""
    return need("graphviz", "drawing a plan").Source(dot)


def from_arrow(data: Any, *, name: str = "rows") -> LazyFrame:
    """Rows of any library that knows Arrow: pyarrow, Polars, pandas, DuckDB, or a `DataFrame`.

    Parameters
    ----------
    data : object with ``__arrow_c_stream__``
        Columns of fixed width without nulls are shared, the rest is converted.

    Raises
    ------
    InvalidArgumentError
        When `data` has no ``__arrow_c_stream__``.
    """
    return LazyFrame(_core.Frame.of_rows(name, _rows_of(data)))


def _rows_of(data: Any) -> _core.Rows:
    if isinstance(data, DataFrame):
        return data._rows
    if not hasattr(data, "__arrow_c_stream__"):
        raise InvalidArgumentError(
            f"{type(data).__name__} has no __arrow_c_stream__, so it cannot hand over rows",
            "pyarrow tables, Polars and pandas frames and DuckDB relations have it",
        )
    return _core.Rows.from_stream(data.__arrow_c_stream__())


def from_dict(data: Mapping[str, Any], *, name: str = "rows") -> LazyFrame:
    """Columns of Python values, with the types that pyarrow finds, or arrays.

    Parameters
    ----------
    data : dict
        Lists, pyarrow arrays, or arrays with the buffer protocol or DLPack (NumPy, PyTorch): those of numbers are
        shared, not copied. Two dimensions make lists of one length.

    Examples
    --------
    >>> hr.from_dict({"a": [1, 2], "b": ["x", None]}).schema
    Schema({'a': 'int64', 'b': 'string'})
    >>> import array
    >>> hr.from_dict({"x": array.array("f", [1.0, 2.0])}).schema
    Schema({'x': 'float32'})
    """
    pa = need("pyarrow", "from_dict()")
    return from_arrow(pa.table({key: _column_of(values) for key, values in data.items()}), name=name)


def _column_of(values: Any) -> Any:
    """What pyarrow takes for a column, without a copy where `values` are an array."""
    if not hasattr(values, "__dlpack__") and not isinstance(values, (array.array, memoryview)):
        return values
    np = need("numpy", "arrays as columns")
    is_buffer = hasattr(values, "__array__") or not hasattr(values, "__dlpack__")
    found = np.asarray(values) if is_buffer else np.from_dlpack(values)
    if found.ndim != 2:
        return found
    pa = need("pyarrow", "arrays as columns")
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(found).reshape(-1)), found.shape[1])
