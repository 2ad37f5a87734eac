"""Pipelines on a real Spark, each in processes of its own: engine_on_spark.py says what is checked."""

import pytest

from tests.spark.programs import on_spark

SECONDS_MAX = 600


@pytest.mark.parametrize(
    ("environment", "place"),
    [("pyspark", "local"), ("pyspark", "cluster"), ("pyspark", "connect"), ("pyspark35", "smoke")],
)
def test_pipelines_leave_what_the_native_engine_leaves(environment, place, tmp_path):
    said = on_spark(environment, "engine_on_spark.py", place, tmp_path, seconds=SECONDS_MAX)
    assert said.splitlines()[-1] == "all passed"
