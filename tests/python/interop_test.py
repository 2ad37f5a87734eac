"""Other libraries, in one process with ours: scripts that run in the environment `frames`."""

import json
import os
import subprocess

from tests.conftest import ROOT


def run_with_frames(script):
    python = ROOT / "build/envs/frames/bin/python"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/release/python")}
    done = subprocess.run([python, ROOT / "tests/python" / script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rows_come_back_equal_from_pyarrow_polars_pandas_and_duckdb():
    result = json.loads(run_with_frames("frames_interop.py"))
    assert result["compared"] == 2 * 4 * 13 * 10_000
    assert result["polars_numbers_shared"]


def test_an_encoder_works_inside_scikit_learn():
    assert run_with_frames("sklearn_encoder.py") == "ok\n"
