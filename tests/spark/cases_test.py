"""Spark against the native engine, in environments of their own: golden cases, functions at corners, random plans."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

HERE = Path(__file__).parent


def on_spark(environment, program, *words):
    """Runs a program of this folder, which must succeed; returns the last line that it prints."""
    python = ROOT / "build" / "envs" / environment / "bin" / "python"
    path = os.pathsep.join(filter(None, [str(ROOT / "build" / "release" / "python"), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [python, HERE / program, *words], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


#: All of it takes a quarter of an hour: `make test-long`.
IS_LONG = os.environ.get("HEADRACE_SPARK") == "all"


@pytest.mark.parametrize(("environment", "every"), [("pyspark", 1), ("pyspark35", 1 if IS_LONG else 25)])
def test_golden_cases(environment, every):
    assert " 0 failed" in on_spark(environment, "cases_on_spark.py", "--every", str(every))


@pytest.mark.parametrize("environment", ["pyspark", "pyspark35"] if IS_LONG else ["pyspark"])
def test_functions_at_the_corners_of_types(environment):
    types = [] if IS_LONG else ["date"]
    assert " 0 differences" in on_spark(environment, "functions_on_spark.py", *types)


def test_random_plans():
    assert " 0 differ" in on_spark("pyspark", "random_plans.py", "--plans", "200" if IS_LONG else "5")
