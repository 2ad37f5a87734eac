"""From raw event tables to training batches.

`scan_csv`, `scan_parquet`, … and `from_arrow` begin a `LazyFrame`; its methods say what becomes of the rows; `collect`
and the `sink_*` methods do it. A `Pipeline` adds contract, features and split, and runs the same on the command line.
`feed` makes batches for training of what was written.
"""

from __future__ import annotations

import atexit as _atexit
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from headrace import _arrow  # noqa: F401 isort: skip (first, so that pyarrow's Arrow is in memory)
from headrace import _core, _feed, _work, features
from headrace._errors import (
    BadDataError,
    CancelledError,
    ContractViolatedError,
    HeadraceError,
    InternalError,
    InvalidArgumentError,
    InvalidPipelineError,
    MemoryBudgetError,
    MissingPackageError,
    NotFoundError,
    StorageError,
    UnsupportedError,
)
from headrace._expr import Expr, call, col, count, lit, sql, when
from headrace._feed import Feed, Noise, Ragged, Replace, feed
from headrace._frame import (
    DataFrame,
    GroupBy,
    LazyFrame,
    Schema,
    Series,
    concat,
    from_arrow,
    from_dict,
    scan_csv,
    scan_ipc,
    scan_ndjson,
    scan_parquet,
    scan_tfrecord,
)
from headrace._pipeline import FittedPipeline, Pipeline, RowServer
from headrace._result import ContractResult, RunResult, Statistics
from headrace.features import Feature

if _TYPE_CHECKING:
    from headrace.spark import from_spark

__version__: str = _core.version


@_atexit.register
def _end() -> None:
    """Without it, a process that was stopped at work, or that used a store, would crash while it exits."""
    _feed.stop_all()
    _work.stop_all()
    _core.end_stores()


def __getattr__(name: str) -> _Any:
    """What only Spark needs is there when it is asked for."""
    if name == "from_spark":
        from headrace.spark import from_spark  # noqa: PLC0415

        return from_spark
    raise AttributeError(f"module 'headrace' has no attribute '{name}'")


__all__ = [
    "BadDataError",
    "CancelledError",
    "ContractResult",
    "ContractViolatedError",
    "DataFrame",
    "Expr",
    "Feature",
    "Feed",
    "FittedPipeline",
    "GroupBy",
    "HeadraceError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidPipelineError",
    "LazyFrame",
    "MemoryBudgetError",
    "MissingPackageError",
    "Noise",
    "NotFoundError",
    "Pipeline",
    "Ragged",
    "Replace",
    "RowServer",
    "RunResult",
    "Schema",
    "Series",
    "Statistics",
    "StorageError",
    "UnsupportedError",
    "call",
    "col",
    "concat",
    "count",
    "feed",
    "features",
    "from_arrow",
    "from_dict",
    "from_spark",
    "lit",
    "scan_csv",
    "scan_ipc",
    "scan_ndjson",
    "scan_parquet",
    "scan_tfrecord",
    "sql",
    "when",
]
