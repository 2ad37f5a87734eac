"""What runs in Spark's tasks, called by small functions that are sent to executors by value (_plan.py, _run.py)."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    from headrace import _core

#: Rows of an Arrow batch that a task hands to Spark.
_BATCH_ROWS = 16384

#: A step as the core writes it, or a `JoinStep` as a dict, which is what is sent.
Step: TypeAlias = "str | dict[str, Any]"


@dataclasses.dataclass
class JoinStep:
    """A join with a table that is kept in files, which each task reads whole, behind `steps` of its own."""

    label: str
    join: str
    table: str
    files: list[bytes]
    steps: list[str]


@dataclasses.dataclass
class ScanTask:
    """A fragment over a source: `groups` are the splits of each task."""

    name: str
    yaml: str
    storage: dict[str, Any]
    groups: list[tuple[int, int]]
    files_digest: str
    steps: list[Step]
    folder: str
    prefix: str


@dataclasses.dataclass
class StepTask:
    """A fragment over rows of Spark."""

    steps: list[Step]
    columns: list[str]
    storage: dict[str, Any]


Task: TypeAlias = "ScanTask | StepTask"


def values_of(task: Task) -> tuple[str, dict[str, Any]]:
    """A task as the name of its class and what makes it again."""
    return type(task).__name__, dataclasses.asdict(task)


def storage_arguments(storage: _core.StorageOptions | None) -> dict[str, Any]:
    """What makes the same options in another process."""
    return dict(storage.arguments()) if storage is not None else {}


# --- fragments --------------------------------------------------------------------------------------------------------


def frames(task: Task, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, _core.Frame]]:
    """What a partition has of a fragment, as frames with their numbers: one for each group of splits, or the rows that
    came. Whoever takes one reads all of it before the next; then what was read is put beside."""
    from headrace import _core  # noqa: PLC0415

    storage = _core.StorageOptions(**task.storage)
    with told_errors():
        if isinstance(task, StepTask):
            rows = _OnceRead(batches)
            if rows.schema is not None:
                sample = _core.Rows.from_stream(_stream(rows.schema, []))
                frame = _core.Frame.of_function("rows", sample, rows.stream)
                yield partition_number(), _with_steps(frame, task.steps, storage)
            return
        for group in numbers(batches):
            begin, end = task.groups[group]
            splits = _core.SplitScan(task.name, task.yaml, storage, begin, end, task.files_digest)
            yield group, _with_steps(splits.frame(), task.steps, storage)
            if task.folder:
                # Every attempt that comes to its end says the same.
                _core.put_text(f"{task.folder}/{task.prefix}{group:05}.json", splits.tally(), storage)


def _with_steps(frame: _core.Frame, steps: Iterable[Step], storage: _core.StorageOptions) -> _core.Frame:
    from headrace import _core  # noqa: PLC0415

    for step in steps:
        if isinstance(step, str):
            frame = frame.with_step(step)
        else:
            join = JoinStep(**step)
            table = _with_steps(_core.kept_rows(join.table, join.files, storage), join.steps, storage)
            frame = frame.with_step_and(join.join, [table])
    return frame


def rows_of(task: Task, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of a partition behind the steps, for Spark."""
    columns = task.columns if isinstance(task, StepTask) else []
    for _, frame in frames(task, batches):
        with told_errors():
            for batch in _batches_of(frame):
                yield batch.select(columns) if columns else batch


def kept_rows_of(
    files: list[bytes], storage: dict[str, Any], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The rows of the files of a table whose numbers a partition has, for Spark."""
    from headrace import _core  # noqa: PLC0415

    for number in numbers(batches):
        with told_errors():
            yield from _batches_of(_core.kept_rows("table", [files[number]], _core.StorageOptions(**storage)))


class _OnceRead:
    """Arrow batches as a stream that is read once."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self._first = next(self._batches, None)
        self.schema = None if self._first is None else self._first.schema

    def _all(self) -> Iterator[pa.RecordBatch]:
        first, self._first = self._first, None
        if first is not None:
            yield first
        yield from self._batches

    def stream(self) -> Any:
        return _stream(self.schema, self._all())

    def stream_or_nothing(self) -> Any:
        """No stream where there is no batch."""
        return self.stream() if self.schema is not None else None


def _stream(schema: Any, batches: Iterable[pa.RecordBatch]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.RecordBatchReader.from_batches(schema, batches).__arrow_c_stream__()


def _batches_of(frame: _core.Frame) -> Iterator[pa.RecordBatch]:
    """The rows of a frame of the core as batches that Spark takes: with offsets of 32 bits, and no nanoseconds."""
    import pyarrow as pa  # noqa: PLC0415

    from headrace import _work  # noqa: PLC0415

    for rows in _work.stream(frame, chunk_rows=_BATCH_ROWS, threads=1):
        reader = pa.RecordBatchReader.from_stream(_Capsule(rows))
        for batch in reader:
            yield batch.cast(_spark_schema(batch.schema))


class _Capsule:
    def __init__(self, rows: _core.Rows) -> None:
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.stream()


def _spark_schema(schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415

    def plain(dtype: Any) -> Any:
        if pa.types.is_dictionary(dtype):
            return plain(dtype.value_type)
        if pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype):
            return pa.string()
        if pa.types.is_large_binary(dtype) or pa.types.is_binary_view(dtype):
            return pa.binary()
        if pa.types.is_large_list(dtype) or pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype):
            return pa.list_(plain(dtype.value_type))
        if pa.types.is_struct(dtype):
            return pa.struct([pa.field(f.name, plain(f.type)) for f in dtype])
        return dtype

    return pa.schema([pa.field(field.name, plain(field.type)) for field in schema])


# --- errors -----------------------------------------------------------------------------------------------------------

ERROR_MARK = "headrace-error:"


def error_text(code: str, message: str, hint: str = "", context: list[str] | None = None) -> str:
    """An error as a text that is found in what Spark makes of it."""
    told = json.dumps([code, message, hint, context or []])
    return f"{ERROR_MARK}{base64.b64encode(told.encode()).decode()}:"


@contextlib.contextmanager
def told_errors() -> Iterator[None]:
    """Errors of the core as texts that _errors.py finds in what Spark makes of them."""
    from headrace._errors import HeadraceError  # noqa: PLC0415

    try:
        yield
    except HeadraceError as error:
        raise RuntimeError(error_text(error.code, error.message, error.hint, error.context)) from error


# --- a run ------------------------------------------------------------------------------------------------------------

_runs: dict[str, _core.RunTask] = {}


def run_task(plan: str) -> _core.RunTask:
    """The run that a process is part of; it has one at a time."""
    from headrace import _core  # noqa: PLC0415

    if plan not in _runs:
        _runs.clear()
        _runs[plan] = _core.RunTask(plan)
    return _runs[plan]


def attempt_name() -> str:
    """What no other attempt of a task, nor another task, is called."""
    from pyspark import TaskContext  # noqa: PLC0415

    context = TaskContext.get()
    number = f"{context.partitionId():05}-{context.taskAttemptId()}" if context else "00000-0"
    return f"{number}-{os.getpid()}"


def partition_number() -> int:
    """Which part of the rows a task has."""
    from pyspark import TaskContext  # noqa: PLC0415

    context = TaskContext.get()
    return context.partitionId() if context else 0


def one_row(number: int, result: bytes) -> pa.RecordBatch:
    """What a task tells the driver."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.RecordBatch.from_pydict(
        {"number": pa.array([number], pa.int64()), "result": pa.array([result], pa.binary())}
    )


def numbers(batches: Iterable[pa.RecordBatch]) -> Iterator[int]:
    """The numbers of a partition."""
    for batch in batches:
        yield from batch.column(0).to_pylist()


def spool(
    plan: str, task: Task, batches: Iterable[pa.RecordBatch], prefix: str, fit_round: bytes, key_parts: int
) -> Iterator[tuple[int, bytes]]:
    """Make the rows of the feature table that a partition has, keep them and look at them on the way."""
    run, has_rows = run_task(plan), False
    for number, frame in frames(task, batches):
        has_rows = True
        with told_errors():
            result = run.spool(frame, f"{prefix}-{number}", fit_round, key_parts)
        yield number, result
    if not has_rows:
        # The driver is told of what was not there, too.
        with told_errors():
            result = run.spool(None, prefix, fit_round, key_parts)
        yield partition_number(), result


def keep(task: Task, batches: Iterable[pa.RecordBatch], prefix: str) -> Iterator[tuple[int, bytes, int]]:
    """Keep the rows of a partition in files, as part of a table that other tasks read whole: number, file, and
    the bytes that the rows have in memory."""
    from headrace import _core  # noqa: PLC0415

    for number, frame in frames(task, batches):
        with told_errors():
            file, size = _core.keep_rows(frame, f"{prefix}-{number}", _core.StorageOptions(**task.storage))
        yield number, file, size


def check_contract(contract: str, batches: Iterable[pa.RecordBatch]) -> bytes:
    """Check the rows of a partition."""
    from headrace import _core  # noqa: PLC0415

    with told_errors():
        return _core.check_contract(contract, _OnceRead(batches).stream_or_nothing())


def read_keyed(
    plan: str, paths: list[str], readers: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The counts of words in some of the files, by part of the hash. Files are dealt to `readers` like cards."""
    import pyarrow as pa  # noqa: PLC0415

    for number in numbers(batches):
        for path in paths[number::readers]:
            with told_errors():
                parts = run_task(plan).read_keyed(path)
            yield pa.RecordBatch.from_pydict(
                {"part": pa.array(range(len(parts)), pa.int32()), "counts": pa.array(parts, pa.binary())}
            )


def do(plan: str, method: str, *arguments: Any) -> bytes:
    """A piece of the run."""
    with told_errors():
        return getattr(run_task(plan), method)(*arguments)


def merge_keyed(plan: str, fit_round: bytes, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, bytes]]:
    """Merge the counts of each part that came to a partition."""
    by_part: dict[int, list[bytes]] = {}
    for batch in batches:
        for part, counts in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            by_part.setdefault(part, []).append(counts)
    for part, counts in by_part.items():
        with told_errors():
            merged = run_task(plan).merge_keyed(fit_round, counts)
        yield part, merged
