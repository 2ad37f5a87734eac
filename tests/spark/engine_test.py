"""Pipelines on a real Spark, each in processes of its own: engine_on_spark.py says what is checked."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 600


def run_on_spark(environment, program, *arguments):
    """Runs a program of this folder in the Python of an environment; returns what it prints."""
    python = ROOT / "build/envs" / environment / "bin/python"
    assert python.exists(), f"make setup-tests installs the environment {environment}"
    command = [python, ROOT / "tests/spark" / program, *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "build/release/python"), "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=variables, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done.stdout


@pytest.mark.parametrize(
    ("environment", "place"),
    [("pyspark", "local"), ("pyspark", "cluster"), ("pyspark", "connect"), ("pyspark35", "smoke")],
)
def test_pipelines_leave_what_the_native_engine_leaves(environment, place, tmp_path):
    assert run_on_spark(environment, "engine_on_spark.py", place, tmp_path).splitlines()[-1] == "all passed"
