"""Right sides of joins that tasks read whole: kept in files once, before rows are joined with them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headrace import _core
from headrace._errors import InvalidArgumentError
from headrace.spark import _tasks
from headrace.spark._types import empty_table, spark_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from headrace.spark._plan import Node, Plan

#: A setting of the session: how many bytes the rows of all tables of a run may have that tasks read whole. Each process
#: of tasks holds them.
_LIMIT = "spark.headrace.joinTables"
_LIMIT_DEFAULT = "128MiB"

#: The rows of a group_by or deduplicate are made and kept, to see how many they are, unless the files below have more
#: than this many times the bytes that they may take.
_REDUCTION_MAX = 1024


class Tables:
    """The tables of a plan; each is kept when a join first asks for it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._files: dict[int, list[bytes] | None] = {}
        self._bytes = 0

    def join_step(self, join: Node) -> _tasks.Step | None:
        """A join as a step of tasks. None where its right side is too large for that, or nothing can be kept."""
        plan = self._plan
        if not plan.folder:
            return None
        right = base = plan.nodes[join["inputs"][1]]
        steps: list[str] = []
        while base["kind"] in ("filter", "project"):
            steps.insert(0, base["step"])
            base = plan.nodes[base["inputs"][0]]
        if base["kind"] == "scan":
            # Fewer rows, and no others have been asked for.
            steps, base = [], right
        files = self._files_of(base)
        if files is None:
            return None
        is_whole = join["how"] in ("inner", "left")
        names = [c["name"] for c in join["columns"]]
        brought = [c["name"] for c in right["columns"] if c["name"] not in join["right_on"]] if is_whole else []
        keys = [f"key#{i}" for i in range(len(join["right_on"]))]
        select = dict(zip(keys, join["right_on"], strict=True))
        select |= dict(zip(names[len(names) - len(brought) :], brought, strict=True))
        steps.append(json.dumps({"select": {name: _quoted(column) for name, column in select.items()}}))
        table = f"table {base['id']}"
        step = {
            "right": table, "left_on": join["left_on"], "right_on": keys, "how": join["how"],
            "validate": "m:1" if join["right_unique"] else "m:m",
        }  # fmt: skip
        return dataclasses.asdict(_tasks.JoinStep(join["label"], json.dumps({"join": step}), table, files, steps))

    def _files_of(self, node: Node) -> list[bytes] | None:
        """The files with the rows of a node; None where they are too large."""
        if node["id"] not in self._files:
            self._files[node["id"]] = self._keep(node)
        return self._files[node["id"]]

    def _keep(self, node: Node) -> list[bytes] | None:
        plan = self._plan
        limit = _limit(plan.session) - self._bytes
        is_reduced = node["kind"] in ("aggregate", "deduplicate")
        if limit <= 0 or plan.bytes_of(node) > limit * (_REDUCTION_MAX if is_reduced else 1):
            return None
        task, rows = plan.task_of(plan.top(node["id"]))
        if plan.is_dry:
            return []
        prefix = f"{plan.folder}/table-{node['id']:03}"
        found = rows.mapInArrow(_kept(task, prefix), "number bigint, file binary, bytes bigint").collect()
        files = [bytes(row["file"]) for row in sorted(found, key=lambda row: row["number"])]
        files = files or [_core.keep_rows(_no_rows(node), f"{prefix}-nothing", plan.storage)[0]]
        plan.made[node["id"]] = self._read(files, node)
        size = sum(row["bytes"] for row in found)
        if size > limit:
            return None
        self._bytes += size
        return files

    def _read(self, files: list[bytes], node: Node) -> DataFrame:
        """The rows of a table for whoever reads them in Spark."""
        rows = self._plan.session.range(0, len(files), 1, len(files))
        read = _read_kept(files, _tasks.storage_arguments(self._plan.storage))
        return rows.mapInArrow(read, spark_schema(node["columns"]))


def _limit(session: SparkSession) -> int:
    size = session.conf.get(_LIMIT, _LIMIT_DEFAULT)
    try:
        return 0 if size == "0" else _core.parse_bytes(size)
    except InvalidArgumentError:
        raise InvalidArgumentError(f"{_LIMIT} is no size: '{size}'", "such as 1GiB, or 0 for none") from None


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _no_rows(node: Node) -> _core.Frame:
    return _core.Frame.of_rows("nothing", _core.Rows.from_stream(empty_table(node["columns"]).__arrow_c_stream__()))


# Sent to executors by value: see _plan.py.


def _kept(task: _tasks.Task, prefix: str) -> Callable[..., Any]:
    make, values = _tasks.values_of(task)

    def keep(batches):  # type: ignore[no-untyped-def]
        import pyarrow as pa

        from headrace.spark import _tasks

        task = getattr(_tasks, make)(**values)
        for number, file, size in _tasks.keep(task, batches, f"{prefix}-{_tasks.attempt_name()}"):
            row = {"number": pa.array([number]), "file": pa.array([file], pa.binary()), "bytes": pa.array([size])}
            yield pa.RecordBatch.from_pydict(row)

    return keep


def _read_kept(files: list[bytes], storage: dict[str, Any]) -> Callable[..., Any]:
    def read(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        yield from _tasks.kept_rows_of(files, storage, batches)

    return read
