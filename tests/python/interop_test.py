"""Rows of other libraries, in one process with theirs: tests/python/frames_interop.py in the environment `frames`."""

import json
import os
import subprocess

from tests.conftest import ROOT


def test_rows_come_back_equal_from_pyarrow_polars_pandas_and_duckdb():
    python = ROOT / "build/envs/frames/bin/python"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/release/python")}
    done = subprocess.run(
        [python, ROOT / "tests/python/frames_interop.py"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["compared"] == 2 * 4 * 13 * 10_000
    assert result["polars_numbers_shared"]
