"""The benchmark of formats runs, on few rows: what is read has the rows and sums of what was written."""

import json
import subprocess
import sys

from tests.conftest import ROOT


def test_formats_are_compared_and_checked(tmp_path):
    results = tmp_path / "formats.json"
    command = [ROOT / "bench/formats/run.py", "--rows", 5000, "--runs", 1, "--out", tmp_path, "--results", results]
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads(results.read_text())
    assert all(record["checked"] for record in records)
    assert all(record["bytes"] > 5000 and record["peak_bytes"] > 1 << 20 for record in records)
    assert {"headrace", "pyarrow", "tensorflow"} == {record["system"] for record in records}
    assert {record["task"] for record in records} == {"write", "read_warm"}
