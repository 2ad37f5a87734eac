"""Spark against the native engine, in environments of their own: golden cases, functions at corners, random plans."""

import os

import pytest

from tests.spark.programs import on_spark

#: All of it takes a quarter of an hour: `make test-long`.
IS_LONG = os.environ.get("HEADRACE_SPARK") == "all"


@pytest.mark.parametrize("environment", ["pyspark", "pyspark35"] if IS_LONG else ["pyspark"])
def test_golden_cases(environment):
    assert " 0 failed" in on_spark(environment, "cases_on_spark.py")


@pytest.mark.parametrize("environment", ["pyspark", "pyspark35"] if IS_LONG else ["pyspark"])
def test_functions_at_the_corners_of_types(environment):
    types = [] if IS_LONG else ["date"]
    assert " 0 differences" in on_spark(environment, "functions_on_spark.py", *types)


def test_random_plans():
    assert " 0 differ" in on_spark("pyspark", "random_plans.py", "--plans", "200" if IS_LONG else "5")
