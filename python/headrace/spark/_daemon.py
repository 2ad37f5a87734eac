"""Spark's daemon of Python workers with what tasks import: a worker that is forked from it starts at once.

``spark.python.daemon.module = headrace.spark._daemon``; sessions that the engine opens have it.
"""

from pyspark.daemon import manager

from headrace.spark import _tasks  # noqa: F401

if __name__ == "__main__":
    manager()
