"""The plan of a pipeline as Spark DataFrames.

A node becomes DataFrame calls where Spark means the same by it (_expressions.py). Filters and projects that it does
not are "fragments": they run in Headrace, in tasks, over the rows that Spark brings. Sources that are no plain Parquet
files are read by Headrace's readers in tasks, split by split, together with the filters, projects and joins above them:
joins whose right sides are small enough to be kept in files that each task reads whole (_tables.py).
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headrace import _core
from headrace._errors import BadDataError, UnsupportedError
from headrace.spark import _tasks
from headrace.spark._expressions import Expressions, Unmapped, quoted
from headrace.spark._session import parallelism
from headrace.spark._tables import Tables
from headrace.spark._types import has_fixed_lists, spark_schema, spark_type

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructType

#: A right side of a join that is no larger than this, as far as files tell, is sent to all executors.
_BROADCAST_BYTES = 64 << 20
_UNKNOWN_BYTES = 1 << 60
#: Tasks for each core that runs them.
_TASKS_A_CORE = 3

#: A column that stands for rows without columns.
_NOTHING = {"name": "#nothing", "type": "bool"}

Node = dict[str, Any]


@dataclass
class Fragment:
    """Filters, projects and joins that Headrace runs in tasks: on splits of a source, or on the rows of a DataFrame."""

    steps: list[_tasks.Step]
    columns: list[dict[str, Any]]
    scan: Node | None = None
    rows: DataFrame | None = None


class Plan:
    """Makes the DataFrames of a plan, each node once.

    Parameters
    ----------
    session : SparkSession
        Where they run.
    text : str
        The plan, as the core wrote it.
    frames : dict of DataFrame
        What stands for sources that are rows in Spark, by name.
    folder : str
        Where tasks tell what they read, and where tables are kept; empty: nowhere.
    is_dry : bool
        Nothing runs: it is looked at what would.
    """

    def __init__(
        self,
        session: SparkSession,
        text: str,
        *,
        frames: dict[str, Any],
        folder: str,
        storage: _core.StorageOptions,
        is_dry: bool = False,
    ) -> None:
        plan = json.loads(text)
        self.session = session
        self.nodes: list[Node] = plan["nodes"]
        self.roots: list[int] = plan["roots"]
        self.sources: dict[str, Any] = plan["sources"]
        self.folder = folder
        self.storage = storage
        self.is_dry = is_dry
        self.tables = Tables(self)
        #: The joins that tasks make: labels.
        self.task_joins: list[str] = []
        self.version = _version(session)
        #: Why nodes run in Headrace's tasks: by label.
        self.fallbacks: dict[str, str] = {}
        #: What is to be asked before rows are made: whether the keys of a right side are unique.
        self.unique_checks: list[tuple[Node, DataFrame]] = []
        self.scan_count = 0
        #: The scans that tasks of ours make: source, label, prefix of the files with what was read.
        self.task_scans: list[tuple[str, str, str]] = []
        #: The scans that Spark makes: source, label, rows.
        self.spark_scans: list[tuple[str, str, int]] = []
        self._given = frames
        #: The rows of nodes.
        self.made: dict[int, DataFrame] = {}
        self._schemas: dict[str, StructType] = {}
        self._persisted: list[DataFrame] = []
        self._readers = Counter(child for node in self.nodes for child in node["inputs"])
        self._readers.update(self.roots)

    # --- what is asked for -------------------------------------------------------------------------------------------

    def frame(self, node_id: int) -> DataFrame:
        """The rows of a node."""
        known = self.made.get(node_id)
        if known is None:
            known = self.made[node_id] = self._make(node_id)
        return known

    def top(self, node_id: int) -> Fragment:
        """The rows of a node. Filters, projects and small joins at its top, and a scan below them, are left to the task
        that takes the rows."""
        steps, at = self._steps_down_from(self.nodes[node_id])
        columns = self.nodes[node_id]["columns"]
        if self._is_of_files(at):
            return Fragment(steps, columns or at["columns"] or self.first_column(at), scan=at)
        columns = columns or at["columns"] or [_NOTHING]
        return _over_rows(steps, columns, self.frame(at["id"]), at["columns"])

    def _steps_down_from(self, node: Node) -> tuple[list[_tasks.Step], Node]:
        """What tasks do, and the node over whose rows they do it."""
        steps: list[_tasks.Step] = []
        while node["kind"] in ("filter", "project", "join"):
            step = self.tables.join_step(node) if node["kind"] == "join" else node["step"]
            if step is None:
                break
            steps.insert(0, step)
            node = self._input(node)
        return steps, node

    def _is_of_files(self, node: Node) -> bool:
        return node["kind"] == "scan" and self.sources[node["source"]]["format"] != "memory"

    def close(self) -> None:
        """Let go of what was kept on the way."""
        for frame in self._persisted:
            frame.unpersist()

    def check_unique(self) -> None:
        """Raise BadDataError when keys that were promised to be unique are not."""
        from pyspark.sql import functions as f  # noqa: PLC0415

        found = None
        for node, frame in self.unique_checks:
            columns = [f.col(quoted(key)) for key in node["right_on"]]
            some = frame
            for column in columns:
                some = some.filter(column.isNotNull())
            types = {c["name"]: c["type"] for c in self.nodes[node["inputs"][1]]["columns"]}
            text = f.concat_ws(", ", *[_key_text(f, key, types[key]) for key in node["right_on"]])
            counted = some.groupBy(*columns).count().filter(f.col("count") > 1).limit(1)
            counted = counted.select(
                f.lit(node["label"]).alias("label"), text.alias("key"), f.col("count").alias("rows")
            )
            found = counted if found is None else found.unionAll(counted)
        for row in found.collect() if found is not None else ():
            raise BadDataError(
                f"this join would multiply rows: {row['rows']} rows of its right side have the key {row['key']}",
                "make the right side unique with group_by, or write validate: m:m if several matches are meant",
                [f"running {row['label']}"],
            )

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _input(self, node: Node) -> Node:
        return self.nodes[node["inputs"][0]]

    def _make(self, node_id: int) -> DataFrame:
        node = self.nodes[node_id]
        if node["kind"] in ("filter", "project", "scan", "join"):
            fragment = self._scan_fragment(node)
            if fragment is not None:
                return self.from_fragment(fragment)
        if node["kind"] in ("filter", "project", "scan"):
            return self._make_chain(node)
        return getattr(self, f"_make_{node['kind']}")(node)

    def _scan_fragment(self, node: Node) -> Fragment | None:
        """A node with all that is below it down to a source, where tasks of ours have to read that."""
        chain = [node]
        while chain[-1]["kind"] != "scan":
            below = self._input(chain[-1])
            if below["kind"] not in ("filter", "project", "join", "scan") or self._readers[below["id"]] > 1:
                return None
            chain.append(below)
        scan = chain.pop()
        above = [] if any(node["kind"] == "join" for node in chain) else chain
        if self._is_read_by_spark(scan, above):
            return None
        steps, bottom = self._steps_down_from(node)
        return Fragment(steps, node["columns"], scan=scan) if bottom is scan else None

    def _make_chain(self, node: Node) -> DataFrame:
        """A filter, project or scan: in Spark, or as the top of a fragment."""
        if node["kind"] == "scan":
            return self._spark_scan(node)
        try:
            return self._mapped(node, self.frame(node["inputs"][0]))
        except Unmapped as reason:
            self.fallbacks[node["label"]] = str(reason)
        # As much of the chain as Spark does not know either goes along.
        steps = [node]
        while True:
            below = self._input(steps[-1])
            if below["kind"] not in ("filter", "project") or self._readers[below["id"]] > 1 or self.is_mapped(below):
                break
            self.fallbacks[below["label"]] = self._why_unmapped(below)
            steps.append(below)
        below = self._input(steps[-1])
        return self.from_fragment(_over_rows(_steps(steps), node["columns"], self.frame(below["id"]), below["columns"]))

    def _expressions(self, columns: list[dict[str, Any]]) -> Expressions:
        return Expressions({c["name"]: c["type"] for c in columns}, self.version)

    def _mapped(self, node: Node, frame: DataFrame) -> DataFrame:
        expressions = self._expressions(self._input(node)["columns"])
        if node["kind"] == "filter":
            return frame.filter(expressions.column(node["predicate"]))
        made = [expressions.column(expr) for expr in node["expressions"]]
        return frame.select(*[column.alias(c["name"]) for column, c in zip(made, node["columns"], strict=True)])

    def _why_unmapped(self, node: Node) -> str:
        expressions = self._expressions(self._input(node)["columns"])
        try:
            for expr in [node["predicate"]] if node["kind"] == "filter" else node["expressions"]:
                expressions.column(expr)
        except Unmapped as reason:
            return str(reason)
        return ""

    def is_mapped(self, node: Node) -> bool:
        """Whether Spark computes all expressions of a node."""
        return not self._why_unmapped(node)

    def _make_join(self, node: Node) -> DataFrame:
        left_node, right_node = (self.nodes[i] for i in node["inputs"])
        left, right = (self.frame(i) for i in node["inputs"])
        if node["right_unique"] and not self._is_unique(right_node, set(node["right_on"])):
            right = self._kept(right_node, right)
            self.unique_checks.append((node, right))
        from pyspark.sql import functions as f  # noqa: PLC0415

        left_names = [c["name"] for c in left_node["columns"]]
        right_names = [c["name"] for c in right_node["columns"]]
        is_whole = node["how"] in ("inner", "left")
        brought = [name for name in right_names if name not in node["right_on"]] if is_whole else []
        wanted = [*node["right_on"], *brought]
        left = left.toDF(*[f"l{i}" for i in range(len(left_names))])
        right = right.select(*[f.col(quoted(name)).alias(f"r{i}") for i, name in enumerate(wanted)])
        if self.bytes_of(right_node) <= _BROADCAST_BYTES:
            right = f.broadcast(right)
        condition: Column | None = None
        for i, name in enumerate(node["left_on"]):
            equal = f.col(f"l{left_names.index(name)}") == f.col(f"r{i}")
            condition = equal if condition is None else condition & equal
        how = {"inner": "inner", "left": "left", "semi": "left_semi", "anti": "left_anti"}[node["how"]]
        joined = left.join(right, condition, how)
        columns = [f"l{i}" for i in range(len(left_names))]
        columns += [f"r{wanted.index(name)}" for name in brought]
        names = [c["name"] for c in node["columns"]]
        return joined.select(*[f.col(c).alias(name) for c, name in zip(columns, names, strict=True)])

    def _is_unique(self, node: Node, keys: set[str]) -> bool:
        """Whether the plan itself says that no two rows have the same `keys`."""
        if node["kind"] in ("aggregate", "deduplicate"):
            return set(node["keys"]) <= keys
        if node["kind"] == "filter":
            return self._is_unique(self._input(node), keys)
        if node["kind"] == "project":
            passed = {
                expr["column"]
                for expr, c in zip(node["expressions"], node["columns"], strict=True)
                if "column" in expr and c["name"] in keys
            }
            return len(passed) == len(keys) and self._is_unique(self._input(node), passed)
        return False

    def _kept(self, node: Node, frame: DataFrame) -> DataFrame:
        """A small frame that is read twice, read once."""
        if self.bytes_of(node) > _BROADCAST_BYTES:
            return frame
        kept = frame.persist()
        self._persisted.append(kept)
        return kept

    def bytes_of(self, node: Node) -> int:
        """The bytes of the files below a node: what its rows may take, as a rule."""
        if node["kind"] == "scan":
            source = self.sources[node["source"]]
            if source["format"] == "memory":
                return 0 if node["source"] not in self._given else _UNKNOWN_BYTES
            return sum(size for _, size in source["files"])
        return sum(self.bytes_of(self.nodes[i]) for i in node["inputs"])

    def _make_aggregate(self, node: Node) -> DataFrame:
        from pyspark.sql import functions as f  # noqa: PLC0415

        columns = self._input(node)["columns"]
        frame = self.frame(node["inputs"][0])
        calls = node["aggregates"]
        arguments = [call["argument"] for call in calls]
        needs_project = any(argument is not None and "column" not in argument for argument in arguments)
        expressions = self._expressions(columns)
        if needs_project:
            try:
                for argument in filter(None, arguments):
                    expressions.column(argument)
            except Unmapped as reason:
                raise UnsupportedError(
                    f"{node['label']}: Spark cannot compute {reason} as the argument of an aggregate",
                    "compute it in a with_columns step before the group_by",
                ) from None
        results = []
        for call in calls:
            argument = None if call["argument"] is None else expressions.column(call["argument"])
            results.append(_aggregate(f, call, argument).cast(spark_type(call["type"])).alias(call["name"]))
        keys = [f.col(quoted(key)) for key in node["keys"]]
        if not keys:
            return frame.agg(*results)
        if not results:
            return frame.select(*keys).distinct()
        return frame.groupBy(*keys).agg(*results).select(*[f.col(quoted(c["name"])) for c in node["columns"]])

    def _make_deduplicate(self, node: Node) -> DataFrame:
        from pyspark.sql import Window  # noqa: PLC0415
        from pyspark.sql import functions as f  # noqa: PLC0415

        frame = self.frame(node["inputs"][0])
        names = [f.col(quoted(c["name"])) for c in node["columns"]]
        if node["any_order"]:
            return frame.dropDuplicates(list(node["keys"])).select(*names)
        types = {c["name"]: c["type"] for c in self._input(node)["columns"]}
        descending = node["keep"] == "last"
        by = {*node["order_by"], *node["ties"]} - set(node["keys"])
        is_of_both = {c["name"] for c in node["columns"]} <= by | set(node["keys"])
        if len(by) == 1 and is_of_both and not any("float" in types[name] for name in (*by, *node["keys"])):
            # The least or largest value of the one column, nulls being the least: no rows have to be sorted.
            (name,) = by
            value = f.col(quoted(name))
            kept = f.max(value) if descending else f.when(f.count(f.lit(1)) == f.count(value), f.min(value))
            keys = [f.col(quoted(key)) for key in node["keys"]]
            return frame.groupBy(*keys).agg(kept.alias(name)).select(*names)
        order: list[Column] = []
        for name in node["order_by"]:
            order.append(f.col(quoted(name)))
        for name in node["ties"]:
            order.append(f.col(quoted(name)))
            if types[name] in ("float32", "float64"):
                # Equal to Spark's sort, but two rows.
                x = f.col(quoted(name)).cast("double")
                order.append(f.when(x == 0, -f.atan2(f.lit(0.0), x)))
        directed = [c.desc_nulls_last() if descending else c.asc_nulls_first() for c in order]
        window = Window.partitionBy(*[f.col(quoted(key)) for key in node["keys"]]).orderBy(*directed)
        numbered = frame.withColumn("#row", f.row_number().over(window))
        return numbered.filter(f.col("`#row`") == 1).select(*names)

    def _make_sort(self, node: Node) -> DataFrame:
        from pyspark.sql import functions as f  # noqa: PLC0415

        order = [
            f.col(quoted(by["column"])).desc_nulls_last()
            if by["descending"]
            else f.col(quoted(by["column"])).asc_nulls_first()
            for by in node["order"]
        ]
        return self.frame(node["inputs"][0]).orderBy(*order)

    def _make_limit(self, node: Node) -> DataFrame:
        frame = self.frame(node["inputs"][0])
        return (frame.offset(node["offset"]) if node["offset"] else frame).limit(node["rows"])

    def _make_concat(self, node: Node) -> DataFrame:
        frames = [self.frame(i) for i in node["inputs"]]
        result = frames[0]
        for other in frames[1:]:
            result = result.unionAll(other)
        return result

    def _make_explode(self, node: Node) -> DataFrame:
        from pyspark.sql import functions as f  # noqa: PLC0415

        frame = self.frame(node["inputs"][0])
        lists = node["explode"]
        explode = f.explode_outer if node["keep_empty"] else f.explode
        if len(lists) == 1:
            return frame.select(
                *[
                    (explode(f.col(quoted(c["name"]))) if c["name"] == lists[0] else f.col(quoted(c["name"]))).alias(
                        c["name"]
                    )
                    for c in node["columns"]
                ]
            )
        sizes = [f.coalesce(f.array_size(f.col(quoted(name))), f.lit(0)) for name in lists]
        equal = sizes[0] == sizes[1]
        for size in sizes[2:]:
            equal = equal & (sizes[0] == size)
        message = _tasks.error_text(
            "bad_data",
            f"the lists of {', '.join(lists)} differ in length in a row",
            "explode them one after another, or make them of equal length",
            [f"running {node['label']}"],
        )
        zipped = f.arrays_zip(*[f.col(quoted(name)).alias(f"e{i}") for i, name in enumerate(lists)])
        # The check is part of what is exploded, so that it is not optimised away.
        checked = f.when(equal, zipped).otherwise(f.raise_error(f.lit(message)))
        rest = [f.col(quoted(c["name"])) for c in node["columns"] if c["name"] not in lists]
        opened = frame.select(*rest, explode(checked).alias("#elements"))
        elements = f.col("`#elements`")
        return opened.select(
            *[
                elements[f"e{lists.index(c['name'])}"].alias(c["name"])
                if c["name"] in lists
                else f.col(quoted(c["name"]))
                for c in node["columns"]
            ]
        )

    # --- sources -----------------------------------------------------------------------------------------------------

    def _is_read_by_spark(self, scan: Node, above: list[Node]) -> bool:
        """Whether Spark reads the source: rows that are in Spark; plain Parquet files of this machine or of a file
        system that all mount, where Spark does all that follows, too."""
        source = self.sources[scan["source"]]
        if source["format"] == "memory":
            return True
        is_plain = source["is_plain_parquet"] and not any("://" in path for path, _ in source["files"])
        if not is_plain or any(has_fixed_lists(c["type"]) for c in scan["columns"]):
            return False
        if not all(self.is_mapped(node) for node in above):
            return False
        known = {f.name: f.dataType for f in self._files_of(scan["source"]).schema.fields}
        return all(_is_same(known.get(c["name"]), spark_type(c["type"])) for c in scan["columns"])

    def _files_of(self, source: str) -> DataFrame:
        """The rows of Parquet files. Spark looks for their columns once, which is a job each time."""
        reader = self.session.read
        if source in self._schemas:
            reader = reader.schema(self._schemas[source])
        frame = reader.parquet(*[path for path, _ in self.sources[source]["files"]])
        self._schemas.setdefault(source, frame.schema)
        return frame

    def _spark_scan(self, node: Node) -> DataFrame:
        from pyspark.sql import functions as f  # noqa: PLC0415

        name = node["source"]
        source = self.sources[name]
        if source["format"] == "memory":
            if name not in self._given:
                raise UnsupportedError(
                    f"the source '{name}' is rows that this process makes, which Spark does not see",
                    "write them to a file first, such as with sink_parquet(), and scan that",
                )
            frame = self._given[name]
        else:
            frame = self._files_of(name)
            self.spark_scans.append((name, node["label"], source["rows"] or 0))
        return frame.select(
            *[f.col(quoted(c["name"])).cast(spark_type(c["type"])).alias(c["name"]) for c in node["columns"]]
        )

    def task_of(self, fragment: Fragment) -> tuple[_tasks.Task, DataFrame]:
        """What tasks do of a fragment, and over which rows of Spark: those that it needs, or the numbers of tasks."""
        self.task_joins += [step["label"] for step in reversed(fragment.steps) if not isinstance(step, str)]
        if fragment.scan is not None:
            task, count = self.scan_task(fragment)
            return task, self.session.range(0, count, 1, count)
        assert fragment.rows is not None
        names = [c["name"] for c in fragment.columns]
        return _tasks.StepTask(fragment.steps, names, _tasks.storage_arguments(self.storage)), fragment.rows

    def scan_groups(self, scan: Node) -> tuple[list[tuple[int, int]], str]:
        """The splits of a source that each task reads, and how the files begin in which they say what they read."""
        splits = self.sources[scan["source"]]["splits"]
        count = max(1, min(splits, _TASKS_A_CORE * parallelism(self.session)))
        groups = [(splits * i // count, splits * (i + 1) // count) for i in range(count)]
        prefix = f"scan-{self.scan_count:03}-"
        self.scan_count += 1
        self.task_scans.append((scan["source"], scan["label"], prefix))
        return groups, prefix

    def scan_task(self, fragment: Fragment) -> tuple[_tasks.ScanTask, int]:
        """What each task does of a fragment over a source, and the number of tasks."""
        assert fragment.scan is not None
        groups, prefix = self.scan_groups(fragment.scan)
        source = self.sources[fragment.scan["source"]]
        steps: list[_tasks.Step] = list(fragment.steps)
        columns = [c["name"] for c in fragment.scan["columns"]]
        # Without columns rows could not be counted.
        columns = columns or [c["name"] for c in self.first_column(fragment.scan)]
        if columns != [c["name"] for c in source["columns"]]:
            steps.insert(0, json.dumps({"select": columns}, ensure_ascii=False))
        task = _tasks.ScanTask(
            name=fragment.scan["source"],
            yaml=source["yaml"],
            storage=_tasks.storage_arguments(self.storage),
            groups=groups,
            files_digest=source["files_digest"],
            steps=steps,
            folder=self.folder,
            prefix=prefix,
        )
        return task, len(groups)

    def from_fragment(self, fragment: Fragment) -> DataFrame:
        columns = fragment.columns
        if fragment.scan is not None and not columns:
            # Spark keeps no count of rows without columns: see scan_task().
            return self.from_fragment(dataclasses.replace(fragment, columns=self.first_column(fragment.scan))).select()
        if any(has_fixed_lists(c["type"]) for c in columns):
            name = next(c["name"] for c in columns if has_fixed_lists(c["type"]))
            raise UnsupportedError(
                f"the column '{name}' has lists of a fixed size, which Spark's tables cannot keep",
                "make them where features are made, or cast the column to a list",
            )
        task, rows = self.task_of(fragment)
        return rows.mapInArrow(_rows_of(task), spark_schema(columns))

    def first_column(self, scan: Node) -> list[dict[str, Any]]:
        columns: list[dict[str, Any]] = self.sources[scan["source"]]["columns"][:1]
        return columns


# Sent to executors by value: one without the package then says so, and not that a function cannot be read.


def _rows_of(task: _tasks.Task) -> Callable[..., Any]:
    make, values = _tasks.values_of(task)

    def rows(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        yield from _tasks.rows_of(getattr(_tasks, make)(**values), batches)

    return rows


def _over_rows(
    steps: list[_tasks.Step], columns: list[dict[str, Any]], rows: DataFrame, row_columns: list[dict[str, Any]]
) -> Fragment:
    """A fragment over the rows of a DataFrame. Rows without columns would not come to a task."""
    if not row_columns:
        from pyspark.sql import functions as f  # noqa: PLC0415

        rows, row_columns = rows.select(f.lit(True).alias(_NOTHING["name"])), [_NOTHING]
    return Fragment(steps, columns, rows=rows)


def _steps(chain: list[Node]) -> list[_tasks.Step]:
    """The steps of nodes that are given from the top."""
    return [node["step"] for node in reversed(chain)]


def _key_text(f: Any, key: str, dtype: str) -> Column:
    """``k = 'a'``: a key as messages show it."""
    value = f.col(quoted(key)).cast("string")
    if dtype == "string":
        value = f.concat(f.lit("'"), f.regexp_replace(value, "'", "''"), f.lit("'"))
    return f.concat(f.lit(f"{key} = "), value)


def fields_of(columns: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """Columns as the core takes them. What Spark brings may be null as far as it says."""
    return [(c["name"], c["type"], True) for c in columns]


def _version(session: SparkSession) -> tuple[int, int]:
    major, minor, *_ = session.version.split(".")
    return int(major), int(minor)


def _is_same(found: Any, wanted: Any) -> bool:
    """The same type, whatever may be null in it."""
    return found is not None and found.simpleString() == wanted.simpleString()


def _aggregate(f: Any, call: dict[str, Any], x: Column | None) -> Column:
    name, dtype = call["function"], call["argument_type"]
    if name == "count":
        return f.count(f.lit(1) if x is None else x)
    assert x is not None
    is_float = dtype in ("float32", "float64")
    if name == "count_distinct":
        return f.countDistinct(x)
    if name == "sum":
        return _integer_sum(f, x) if dtype == "int64" else f.sum(x)
    if name in ("min", "max"):
        # Of zeros only, the result is 0.0.
        return getattr(f, name)(x) + f.lit(0.0) if is_float else getattr(f, name)(x)
    made = {"mean": f.avg, "variance": f.var_samp, "stddev": f.stddev_samp, "var_pop": f.var_pop,
            "stddev_pop": f.stddev_pop}  # fmt: skip
    return made[name](x)


def _integer_sum(f: Any, x: Column) -> Column:
    """Only the whole sum has to fit: both halves of the values are summed apart, which fits for 2^31 rows."""
    low = f.sum(x.bitwiseAND(f.lit((1 << 32) - 1)))
    high = f.sum(f.shiftright(x, 32))
    whole = high.cast("decimal(20,0)") * f.lit(1 << 32).cast("decimal(11,0)") + low.cast("decimal(20,0)")
    return whole.cast("bigint")
