"""Readers that know no manifest open `current` while run after run is published: none ever sees rows of two runs.

The link is resolved first, as docs/formats/manifest.md says. Files of an old run may vanish while they are read; then a
reader says so and opens `current` again.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, headrace

ENVS = ROOT / "build" / "envs"
HERE = Path(__file__).parent
ROWS = 1000


def watch_while_publishing(folder, command, output, seconds):
    """Publishes runs while `command` reads; returns its readings: a line of JSON each, the runs and rows seen."""
    (folder / "rows.csv").write_text("id\n" + "".join(f"{i}\n" for i in range(ROWS)))
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(
        "version: 1\nname: runs\nparameters: {run: 0}\nsources: {rows: {path: rows.csv, schema: {id: int64}}}\n"
        "tables: {all_rows: {from: rows, steps: [{with_columns: {run: 'cast(${run} as int64)'}}]}}\n"
        f"outputs: [{{path: out, {output}, shards: 8}}]\n"
    )
    headrace("run", pipeline, "--quiet")
    words = [*command, folder / "out" / "current", seconds]
    watcher = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    number = 0
    while watcher.poll() is None:
        number += 1
        headrace("run", pipeline, "--quiet", "--set", f"run={number}")
        time.sleep(0.15 * number)  # longer and longer, until a slow reader has time for all files of a run
    return [json.loads(line) for line in watcher.stdout.read().splitlines() if line.startswith("{")]


def check(readings):
    good = [reading for reading in readings if "runs" in reading]
    assert len({tuple(reading["runs"]) for reading in good}) > 1, readings[:10]
    assert all(len(reading["runs"]) == 1 and reading["rows"] == ROWS for reading in good), good


# Without a Python 3.11, `tools/setup.py env petastorm` leaves the environment out. In CI it fails, and so does this.
@pytest.mark.skipif(
    not (ENVS / "petastorm").exists() and not os.environ.get("CI"),
    reason="Petastorm 0.13.1 needs Python 3.11, which this machine has not",
)
def test_petastorm_never_sees_two_runs(tmp_path):
    command = [ENVS / "petastorm/bin/python", HERE / "current_watch.py", "petastorm"]
    check(watch_while_publishing(tmp_path, command, "format: parquet, petastorm: true", 12))


def test_tf_data_never_sees_two_runs(tmp_path):
    command = [ENVS / "tensorflow/bin/python", HERE / "current_watch.py", "tensorflow"]
    check(watch_while_publishing(tmp_path, command, "format: tfrecord", 6))


SPARK = ENVS / "pyspark"  # installed by `make bench` only: it is 400 MB


@pytest.mark.skipif(
    not SPARK.exists() or shutil.which("java") is None, reason="no PySpark (tools/setup.py env pyspark), or no Java 17"
)
def test_spark_never_sees_two_runs(tmp_path):
    command = [SPARK / "bin/python", HERE / "current_watch.py", "spark"]
    check(watch_while_publishing(tmp_path, command, "format: parquet", 8))
