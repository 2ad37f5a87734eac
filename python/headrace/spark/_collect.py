"""Frames whose rows Spark makes: collected here, or left in Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace import _core
from headrace._frame import DataFrame, LazyFrame
from headrace.spark._errors import headrace_error
from headrace.spark._plan import Plan
from headrace.spark._session import SparkTarget, check_version, open_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame as SparkFrame
    from pyspark.sql import SparkSession

_TABLE = "frame"


def plan_of(frame: LazyFrame, session: SparkSession, *, fold: bool = True, folder: str = "") -> Plan:
    """The plan of a frame. With ``fold=False`` calls of literals stay calls, for tests of Spark's own functions. With a
    `folder`, tables may be kept there."""
    pipeline = _core.Pipeline.of_frame("frame", frame._native, _TABLE, "{}")
    text = _core.table_plan(pipeline, _core.Work(0, ""), _TABLE, fold)
    frames = given_frames(pipeline, frame._spark_frames, session)
    return Plan(session, text, frames=frames, folder=folder, storage=pipeline.storage())


def given_frames(
    pipeline: _core.Pipeline, frames: tuple[tuple[str, Any], ...], session: SparkSession
) -> dict[str, Any]:
    """What stands for sources that are no files: rows of Spark, and rows in memory, which go there now."""
    given = dict(frames)
    for name in pipeline.memory_sources():
        if name not in given:
            given[name] = _in_spark(pipeline.memory_rows(name), session)
    return given


def _in_spark(rows: _core.Rows, session: SparkSession) -> Any:
    from headrace.spark._types import spark_schema  # noqa: PLC0415

    columns = [{"name": name, "type": dtype, "nullable": True} for name, dtype, _ in rows.fields()]
    table = DataFrame(rows).to_arrow()
    values = [tuple(row.values()) for row in table.to_pylist()]
    return session.createDataFrame(values, spark_schema(columns))


def collect(frame: LazyFrame, spark: SparkTarget, *, fold: bool = True) -> DataFrame:
    """All rows of `frame`, made by Spark; in no order but that of a sort."""
    with open_session(spark) as session:
        return collect_plan(plan_of(frame, session, fold=fold))


def collect_plan(plan: Plan, *, in_tasks: bool = False) -> DataFrame:
    """All rows of the first root of a plan. `in_tasks`: what a run would leave to its tasks is done there."""
    try:
        rows = plan.from_fragment(plan.top(plan.roots[0])) if in_tasks else plan.frame(plan.roots[0])
        plan.check_unique()
        return _fetch(rows, plan.nodes[plan.roots[0]]["columns"])
    except Exception as error:
        told = headrace_error(error)
        if told is error:
            raise
        raise told from error
    finally:
        plan.close()


def to_spark(frame: LazyFrame, session: SparkSession) -> SparkFrame:
    """The rows of `frame` as a Spark DataFrame, made when Spark needs them."""
    check_version(session)
    plan = plan_of(frame, session)
    rows = plan.frame(plan.roots[0])
    plan.check_unique()
    return rows


def _fetch(rows: SparkFrame, columns: list[dict[str, Any]]) -> DataFrame:
    """The rows as Arrow, in their order: batches of all partitions, one after another."""
    import pyarrow as pa  # noqa: PLC0415

    from headrace.spark._types import empty_table  # noqa: PLC0415

    if not columns:
        return DataFrame(_rows_of(pa.table({"nothing": pa.nulls(rows.count(), pa.bool_())})))

    def pack(batches):  # type: ignore[no-untyped-def]
        import pyarrow as pa
        from pyspark import TaskContext

        context = TaskContext.get()
        for number, batch in enumerate(batches):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            place = context.partitionId() if context else 0
            yield pa.RecordBatch.from_pydict(
                {
                    "partition": pa.array([place], pa.int32()),
                    "number": pa.array([number], pa.int32()),
                    "batch": pa.array([sink.getvalue().to_pybytes()], pa.binary()),
                }
            )

    packed = rows.mapInArrow(pack, "partition int, number int, batch binary").collect()
    packed.sort(key=lambda row: (row["partition"], row["number"]))
    batches = [pa.ipc.open_stream(row["batch"]).read_all() for row in packed]
    table = pa.concat_tables(batches) if batches else empty_table(columns)
    return DataFrame(_rows_of(table))


def _rows_of(table: Any) -> _core.Rows:
    return _core.Rows.from_stream(table.__arrow_c_stream__())
