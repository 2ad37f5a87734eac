"""Runs of pipelines on Spark: see docs/decisions/0014-spark.md for what runs where."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headrace import _core
from headrace._errors import UnsupportedError
from headrace._result import RunResult
from headrace.spark import _tasks
from headrace.spark._collect import given_frames
from headrace.spark._errors import headrace_error
from headrace.spark._plan import Plan, fields_of
from headrace.spark._session import SparkTarget, open_session, parallelism

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_RESULT = "number bigint, result binary"
#: Keys of vocabularies are merged in so many parts, each by a task, for each core; no more than this in all.
_KEY_PARTS_MAX = 64


def run(
    pipeline: _core.Pipeline,
    spark: SparkTarget,
    *,
    frames: tuple[tuple[str, Any], ...] = (),
    state: str | os.PathLike[str] | None = None,
    statistics: bool = False,
) -> RunResult:
    """Run a pipeline of the core on Spark. The report says so: its ``engine`` is ``"spark 4.3.0"``, say."""
    with open_session(spark) as session:
        work = _core.Work(1, "")
        engine = f"spark {session.version}"
        native = _core.DistributedRun(pipeline, work, os.fspath(state or ""), engine, statistics=statistics)
        try:
            report, text = _Run(session, pipeline, native, frames).execute()
        except BaseException as error:
            told = headrace_error(error)
            native.fail(told.code, str(told))
            if told is error or not isinstance(error, Exception):
                raise
            raise told from error
        finally:
            native.remove_spool()
    return RunResult(report, text)


def validate(
    pipeline: _core.Pipeline, spark: SparkTarget, *, frames: tuple[tuple[str, Any], ...] = ()
) -> dict[str, Any]:
    """What would run where, without running it.

    Returns
    -------
    dict
        ``"tasks"``: steps that Headrace computes in Spark's tasks, with what Spark lacks; ``"sources"``: what reads
        each source; ``"joins"``: joins that run in tasks, with right sides that are small, as far as files tell;
        ``"approximate"``: columns whose last bits depend on the order of rows in Spark; ``"notes"``:
        what accelerators make of it.
    """
    with open_session(spark) as session:
        native = _core.DistributedRun(pipeline, _core.Work(1, ""), "", f"spark {session.version}")
        plan = _plan(session, pipeline, native, frames, is_dry=True)
        try:
            plan.task_of(plan.top(plan.roots[0]))
            for root in plan.roots[1:]:
                plan.frame(root)
            readers = {name: "headrace" for name, _, _ in plan.task_scans}
            readers |= {name: "spark" for name, _, _ in plan.spark_scans}
            return {
                "engine": f"spark {session.version}",
                "tasks": plan.fallbacks,
                "sources": readers,
                "joins": plan.task_joins,
                "approximate": _approximate(plan.nodes),
                "notes": [
                    "Gluten falls back to Spark's own operators for a session in ANSI mode, which pipelines need"
                ],
            }
        finally:
            plan.close()


def _approximate(nodes: list[dict[str, Any]]) -> list[str]:
    """Columns of aggregates of floats: equal to the native engine's to 1e-12 of the magnitudes summed."""
    names = []
    for node in nodes:
        for call in node.get("aggregates", ()):
            is_sum = call["function"] in ("sum", "mean", "variance", "stddev", "var_pop", "stddev_pop")
            if is_sum and call["type"] in ("float32", "float64"):
                names.append(f"{node['label']}: {call['name']}")
    return names


def _plan(
    session: SparkSession,
    pipeline: _core.Pipeline,
    native: _core.DistributedRun,
    frames: tuple[tuple[str, Any], ...],
    *,
    is_dry: bool = False,
) -> Plan:
    given, folder = given_frames(pipeline, frames, session), native.spool_folder
    return Plan(session, native.plan(), frames=given, folder=folder, storage=pipeline.storage(), is_dry=is_dry)


class _Run:
    """One run, stage after stage."""

    def __init__(
        self,
        session: SparkSession,
        pipeline: _core.Pipeline,
        native: _core.DistributedRun,
        frames: tuple[tuple[str, Any], ...],
    ) -> None:
        self._session = session
        self._native = native
        self._folder = native.spool_folder
        self._storage = pipeline.storage()
        self._cores = parallelism(session)
        self._plan = _plan(session, pipeline, native, frames)
        self._key_parts = min(_KEY_PARTS_MAX, self._cores)
        self._task_plan = ""

    def execute(self) -> tuple[str, str]:
        try:
            self._check_executors()
            self._native.begin_stage("relational")
            self._relational()
            self._native.begin_stage("fit")
            self._fit()
            self._native.begin_stage("write")
            self._write()
            self._native.begin_stage("publish")
            return self._native.publish()
        finally:
            self._plan.close()

    # --- stages ------------------------------------------------------------------------------------------------------

    def _check_executors(self) -> None:
        """Ask tasks for the package, its version and the folder where rows are kept, before anything long runs."""
        marker = f"{self._folder}/driver"
        _core.put_text(marker, self._native.run_id, self._storage)
        version, storage = _core.version, _tasks.storage_arguments(self._storage)

        def look(batches):  # type: ignore[no-untyped-def]
            import sys

            import pyarrow as pa

            for _ in batches:
                found = "ok"
                try:
                    from headrace import _core as core

                    if core.version != version:
                        found = f"version {core.version}"
                    elif not core.has_file(marker, core.StorageOptions(**storage)):
                        found = "no folder"
                except ImportError as error:
                    found = f"import {error} (Python {sys.version.split()[0]} at {sys.executable})"
                yield pa.RecordBatch.from_pydict({"found": pa.array([found])})

        try:
            rows = self._session.range(0, self._cores, 1, self._cores).mapInArrow(look, "found string").collect()
        except Exception as error:
            missing = re.search(r"No module named '?headrace[^\n]*", str(error))
            if missing is None:
                raise
            rows = [{"found": f"import {missing.group()}"}]
        for found in sorted({row["found"] for row in rows}):
            _refuse_executor(found, version, self._folder)

    def _relational(self) -> None:
        plan, native = self._plan, self._native
        top = plan.top(plan.roots[0])
        contract_rows = plan.frame(plan.roots[1]) if len(plan.roots) > 1 else None
        plan.check_unique()
        self._task_plan = native.task_plan(fields_of(top.columns))
        task, rows = plan.task_of(top)
        results = self._collect(rows, _spool(self._task_plan, task, self._folder, native.fit_round(), self._key_parts))
        native.take_spooled(results)
        self._results = results
        if contract_rows is not None:
            fields = fields_of(plan.nodes[plan.roots[1]]["columns"])
            native.take_contract(self._collect(contract_rows, _check_contract(native.contract_plan(fields))))
        for source, label, prefix in plan.task_scans:
            native.take_scan(source, label, _core.texts_in(self._folder, prefix, self._storage))
        for source, label, count in plan.spark_scans:
            native.take_rows_read(source, label, count)
        native.end_relational()

    def _fit(self) -> None:
        native = self._native
        results = self._results
        while not native.is_fitted():
            if native.has_keyed():
                for partial in self._merge_keyed([_core.spool_keyed_path(result) for result in results]):
                    native.take_fit(partial)
            native.end_fit_round()
            if native.is_fitted():
                break
            files = native.fit_files(2 * self._cores)
            fit = _fit(self._task_plan, files, self._folder, native.fit_round(), self._key_parts)
            results = self._collect(self._numbers(len(files)), fit)
            for result in results:
                native.take_fit(_core.spool_fixed(result))
        native.end_fit()

    def _merge_keyed(self, paths: list[str]) -> list[bytes]:
        """The counts of words, dealt by the hash of the word to tasks, each of which merges its part."""
        readers = min(len(paths), 2 * self._cores)
        read = _read_keyed(self._task_plan, paths, readers)
        parts = self._numbers(readers).mapInArrow(read, "part int, counts binary")
        merge = _merge_keyed(self._task_plan, self._native.fit_round())
        return self._collect(parts.repartition(self._key_parts, "part"), merge)

    def _write(self) -> None:
        native = self._native
        state = f"{self._folder}/state.json"
        native.put_state(state)
        native.take_keys(self._do("sample_keys", native.key_samples(2 * self._cores), state))
        native.take_dealt(self._do("deal", native.deals(), state))
        native.take_ordered(self._do("put_in_order", native.ranges(), state))
        native.take_written(self._do("write", native.shard_orders(), state))

    def _do(self, method: str, tasks: list[bytes], state: str) -> list[bytes]:
        """What tasks that need the state tell, in their order."""
        if not tasks:
            return []
        do = _do(self._task_plan, method, tasks, state, self._folder)
        return self._collect(self._numbers(len(tasks)), do)

    # --- jobs --------------------------------------------------------------------------------------------------------

    def _numbers(self, count: int) -> Any:
        """The numbers below `count`, each in a partition of its own."""
        return self._session.range(0, count, 1, max(1, count))

    def _collect(self, rows: Any, task: Callable[..., Any]) -> list[bytes]:
        """What tasks over `rows` tell, in the order of their numbers."""
        found = rows.mapInArrow(task, _RESULT).collect()
        return [bytes(row["result"]) for row in sorted(found, key=lambda row: row["number"])]


# --- what tasks do: made here, sent by value --------------------------------------------------------------------------


def _spool(plan: str, task: _tasks.Task, folder: str, fit_round: bytes, key_parts: int) -> Callable[..., Any]:
    make, values = _tasks.values_of(task)

    def spool(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        task, prefix = getattr(_tasks, make)(**values), f"{folder}/rows-{_tasks.attempt_name()}"
        for number, result in _tasks.spool(plan, task, batches, prefix, fit_round, key_parts):
            yield _tasks.one_row(number, result)

    return spool


def _check_contract(contract: str) -> Callable[..., Any]:
    def check(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        yield _tasks.one_row(_tasks.partition_number(), _tasks.check_contract(contract, batches))

    return check


def _fit(plan: str, files: list[bytes], folder: str, fit_round: bytes, key_parts: int) -> Callable[..., Any]:
    def fit(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        for number in _tasks.numbers(batches):
            prefix = f"{folder}/fit-{_tasks.attempt_name()}"
            yield _tasks.one_row(number, _tasks.do(plan, "fit", files[number], prefix, fit_round, key_parts))

    return fit


def _read_keyed(plan: str, paths: list[str], readers: int) -> Callable[..., Any]:
    def read(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        yield from _tasks.read_keyed(plan, paths, readers, batches)

    return read


def _merge_keyed(plan: str, fit_round: bytes) -> Callable[..., Any]:
    def merge(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        for part, result in _tasks.merge_keyed(plan, fit_round, batches):
            yield _tasks.one_row(part, result)

    return merge


def _do(plan: str, method: str, tasks: list[bytes], state: str, folder: str) -> Callable[..., Any]:
    def do(batches):  # type: ignore[no-untyped-def]
        from headrace.spark import _tasks

        for number in _tasks.numbers(batches):
            prefix = f"{folder}/{method}-{_tasks.attempt_name()}"
            yield _tasks.one_row(number, _tasks.do(plan, method, tasks[number], state, prefix))

    return do


# --- errors -----------------------------------------------------------------------------------------------------------


def _refuse_executor(found: str, version: str, folder: str) -> None:
    if found == "ok":
        return
    if found.startswith("import "):
        raise UnsupportedError(
            f"Spark's executors cannot import headrace: {found[len('import ') :]}",
            "pip install headrace on all of them, or send an environment along: "
            "--archives env.tar.gz#env with PYSPARK_PYTHON=env/bin/python",
        )
    if found.startswith("version "):
        raise UnsupportedError(
            f"Spark's executors have headrace {found[len('version ') :]}, the driver has {version}",
            "install the same version on both",
        )
    raise UnsupportedError(
        f"Spark's executors do not see '{folder}', where rows are kept on the way and where outputs go",
        "write to storage that all of them mount at the same path, or to s3://",
    )


__all__ = ["run", "validate"]
