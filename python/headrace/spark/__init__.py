"""Spark as an engine: the relational part of a pipeline as Spark DataFrames, all else by Headrace in Spark's tasks.

Used through `Pipeline.run`, `LazyFrame.collect` and `from_spark`; nothing here needs to be called by name.
"""

from headrace.spark._collect import collect, to_spark
from headrace.spark._run import run, validate
from headrace.spark._session import SparkTarget, open_session
from headrace.spark._source import from_spark

__all__ = ["SparkTarget", "collect", "from_spark", "open_session", "run", "to_spark", "validate"]
