"""The comparison of loaders runs on few rows: every loader gives each row once, and what was measured is in records."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from bench.feed import feed_page, quality
from tests.conftest import ROOT

ROWS = 12_000
TRAINING = ROOT / "build/envs/training/lock.stamp"  # needs a Python 3.11 and Debian's PyTorch
WITHOUT_ORDER = ["pyarrow-scan"]
BY_TORCH = ["headrace", "pyarrow-loader"]
BY_TENSORFLOW = ["tfdata-pyarrow"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    command = [ROOT / "build/release/headrace_bench_data", "--scale", "0.001", "--out", folder]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return folder


def compare(tables, folder, *words):
    command = [ROOT / "bench/feed/run.py", "--data", tables, "--sf", "0.001", "--rows", ROWS, "--runs", 1]
    command += ["--out", folder, "--results", folder / "feed.json", "--no-page", "--only", "4096", *words]
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)


def test_loaders_are_proved_equal_and_a_stopped_run_goes_on(tables, tmp_path):
    systems = [*WITHOUT_ORDER, *BY_TENSORFLOW]
    if TRAINING.is_file() or os.environ.get("CI"):
        systems += BY_TORCH
    words = ["--systems", ",".join(systems), "--states", "cold"]
    done = compare(tables, tmp_path, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads((tmp_path / "feed.json").read_text())
    assert {record["system"] for record in records if record["task"] == "epoch_cold"} == set(systems)
    for record in records:
        assert record["checked"]
        if record["task"] == "epoch_cold":
            assert record["rows"] == ROWS
            assert 0 < record["quality"] <= 1
            assert record["peak_bytes"] >= record["import_bytes"] > 0
    tasks = {record["task"] for record in records if record["system"] == "headrace"}
    assert tasks == ({"epoch_cold", "first_batch_cold", "resume"} if "headrace" in systems else set())
    figures = feed_page.Figures(records)
    assert "| plain scan by pyarrow" in feed_page.rate_table(figures)
    assert "tf.data over pyarrow" in feed_page.render_plot(records)

    # A line that was not finished is measured again, and nothing else.
    journal = tmp_path / "measurements.jsonl"
    journal.write_text(journal.read_text()[:-20])
    again = compare(tables, tmp_path, *words)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(" M rows/s") == 1


def test_a_row_that_came_twice_or_not_at_all_is_found():
    keys = np.array([50, 40, 30, 20])
    assert quality.places_of(np.array([20, 30, 40, 50]), keys).tolist() == [3, 2, 1, 0]
    assert quality.places_of(np.array([20, 30, 40, 40]), keys) is None
    assert quality.places_of(np.array([20, 30, 40, 60]), keys) is None
    assert quality.places_of(np.array([20, 30, 40]), keys) is None


def test_quality_tells_a_permutation_from_rows_in_order():
    rows = 50 * quality.BATCH
    in_order = quality.quality_of(np.arange(rows))
    permuted = quality.quality_of(np.random.default_rng(1).permutation(rows))
    assert 0.74 <= in_order <= 0.76
    assert permuted == pytest.approx(0.87 / quality.BATCH**0.5, rel=0.1)
    assert quality.quality_of(np.arange(100)) is None
