"""A job that is bigger than its memory budget: the same rows, memory within bounds, nothing left on disk."""

import contextlib
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import FLIGHTS, HEADRACE

MIB = 1 << 20
# Code, libraries and their tables, which no budget covers.
PROCESS_BYTES = 160 * MIB


def command(out, *extra):
    pipeline = FLIGHTS / "pipeline.yaml"
    words = [HEADRACE, "run", pipeline, "--quiet", "--output", "json", "--threads", "2", "--set", f"out={out}", *extra]
    return list(map(str, words))


def run_limited(out, spill_dir, memory_bytes):
    """A run under a hard limit of the operating system on memory; returns its report and its peak in bytes."""
    bytes_max = int(memory_bytes * 1.2) + PROCESS_BYTES
    limited = ["sh", "-c", f'ulimit -d {bytes_max // 1024} && exec "$@"', "sh"]
    limited += command(out, "--memory", memory_bytes, "--spill-dir", spill_dir)
    run = subprocess.run(limited, stdout=subprocess.PIPE, check=True)
    report = json.loads(run.stdout)
    return report, report["memory"]["process_peak_bytes"]


def least_memory(tmp_path):
    """The budget that a run asks for when it gets too little."""
    done = subprocess.run(command(tmp_path / "refused", "--memory", "1MiB"), capture_output=True, text=True)
    assert done.returncode == 1
    assert not (tmp_path / "refused" / "parquet").exists()
    return int(re.search(r"needs (\d+) MiB at least", done.stderr)[1]) * MIB


def test_less_memory_than_rows_gives_the_same_rows(flights_out, tmp_path):
    expected = json.loads((flights_out / "parquet" / "manifest.json").read_text())
    spill_dir = tmp_path / "spill"
    least = least_memory(tmp_path)
    for memory_bytes in (least, 2 * least):
        out = tmp_path / str(memory_bytes)
        report, peak_bytes = run_limited(out, spill_dir, memory_bytes)
        manifest = json.loads((out / "parquet" / "manifest.json").read_text())
        assert manifest["row_digest"] == expected["row_digest"]
        assert report["memory"]["budget_peak_bytes"] <= memory_bytes
        assert peak_bytes <= memory_bytes * 1.2 + PROCESS_BYTES
        assert list(spill_dir.iterdir()) == []
        if memory_bytes == least:
            assert report["memory"]["spilled_bytes"] > 0


def open_files(pid):
    """What the descriptors of a process refer to; those that vanish meanwhile left out."""
    folder = Path(f"/proc/{pid}/fd")
    targets = []
    for link in folder.iterdir() if folder.exists() else []:
        with contextlib.suppress(OSError):
            targets.append(str(link.readlink()))
    return targets


def test_nothing_is_left_on_disk_when_a_spilling_run_is_killed(tmp_path):
    spill_dir = tmp_path / "spill"
    extra = ["--memory", least_memory(tmp_path), "--spill-dir", spill_dir]
    with subprocess.Popen(command(tmp_path / "out", *extra), stdout=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and run.poll() is None:
            if any(str(spill_dir) in target for target in open_files(run.pid)):
                break
            time.sleep(0.005)
        else:
            pytest.fail("the run spilled nothing")
        run.send_signal(signal.SIGKILL)
    assert list(spill_dir.iterdir()) == []
    report, _ = run_limited(tmp_path / "again", spill_dir, 1 << 30)
    assert report["status"] == "ok"
    assert list(spill_dir.iterdir()) == []


def test_a_limit_on_spilling_is_one_clear_error(tmp_path):
    extra = ["--memory", least_memory(tmp_path), "--spill-limit", "100KiB", "--spill-dir", tmp_path / "spill"]
    done = subprocess.run(command(tmp_path / "out", *extra), capture_output=True, text=True)
    assert done.returncode == 1
    assert "--spill-limit" in done.stderr
    assert not (tmp_path / "out" / "parquet" / "manifest.json").exists()
