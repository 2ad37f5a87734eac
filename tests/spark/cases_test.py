"""Spark against the native engine, in environments of their own: golden cases, functions at corners, random plans."""

import os

import pytest

from tests.spark.programs import on_spark

#: All of it takes a quarter of an hour: `make test-long`.
IS_LONG = os.environ.get("HEADRACE_SPARK") == "all"
EVERYTHING = ["cases_on_spark", "functions_on_spark", "random_plans --plans 200"]
SAMPLE = ["cases_on_spark", "functions_on_spark date", "random_plans --plans 3"]


@pytest.mark.parametrize("environment", ["pyspark", "pyspark35"] if IS_LONG else ["pyspark"])
def test_spark_computes_what_the_native_engine_computes(environment):
    programs = EVERYTHING if IS_LONG else SAMPLE
    said = on_spark(environment, "in_one_session.py", *programs)
    for end in (" 0 failed, ", " 0 differences, ", " 0 differ, "):
        assert end in said, said[-5000:]
    assert said.endswith(f"0 of {len(programs)} programs failed")
