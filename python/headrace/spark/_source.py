"""Rows that are in Spark already, as frames."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NoReturn

from headrace import _core
from headrace._errors import UnsupportedError
from headrace._frame import LazyFrame
from headrace._optional import need
from headrace.spark._types import arrow_type

if TYPE_CHECKING:
    pass


_numbers = itertools.count(1)


def from_spark(frame: Any, *, name: str = "spark_rows") -> LazyFrame:
    """The rows of a Spark DataFrame, as the start of a frame.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        Classic or of Spark Connect. Nothing is read until the frame runs, with ``engine="spark"`` and a session of the
        same Spark.
    name : str
        What plans and messages call the rows; a number is put behind it.

    Returns
    -------
    LazyFrame
        Its columns have the types that Spark says, and may be null.

    Raises
    ------
    UnsupportedError
        When a column has a type that pipelines do not know, such as a map or an interval.

    Examples
    --------
    ::

        clicks = spark.read.table("clicks")
        frame = hr.from_spark(clicks).filter("dwell > 0")
        frame.collect(engine="spark", spark=spark)
    """
    pa = need("pyarrow", "from_spark()")
    schema = pa.schema([pa.field(f.name, arrow_type(pa, f.dataType)) for f in frame.schema.fields])
    sample = _core.Rows.from_stream(pa.RecordBatchReader.from_batches(schema, []).__arrow_c_stream__())
    name = f"{name}_{next(_numbers)}"
    made = LazyFrame(_core.Frame.of_function(name, sample, _refuse))
    made._spark_frames = ((name, frame),)
    return made


def _refuse() -> NoReturn:
    raise UnsupportedError("these rows are in Spark, which this engine does not reach", 'run with engine="spark"')
