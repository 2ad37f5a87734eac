"""Spark's daemon of Python workers, with what tasks import: a worker that is forked from it starts at once."""

import pyarrow  # noqa: F401
from headrace.spark import _tasks  # noqa: F401
from pyspark.daemon import manager

if __name__ == "__main__":
    manager()
