"""The memory of a feed stays below its cap and is flat over hours.

HEADRACE_FEED_SOAK is how many seconds that is tried: 30 by default, 3600 in `make test-long`."""

import json
import os
import subprocess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SECONDS = float(os.environ.get("HEADRACE_FEED_SOAK", "30"))
MIB = 1 << 20
COLUMNS = 12
ROWS = 2_000_000

COMMON = """
import ctypes, gc, json, os, sys, time
from pathlib import Path
import headrace as hr
import numpy

path = sys.argv[1]

def resident(key="VmRSS"):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024

def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")

def leftovers():
    # A thread that was joined is listed for a moment longer.
    gc.collect()
    counts = []
    for _ in range(20):
        counts.append((len(list(Path("/proc/self/task").iterdir())), len(list(Path("/proc/self/fd").iterdir()))))
        time.sleep(0.005)
    return min(counts)

# What is loaded at first use is no memory of the feed.
for batch in hr.feed(sys.argv[2], batch_size=100):
    pass
"""

PEAK = """
memory, options = sys.argv[3], json.loads(sys.argv[4])
before = resident()
forget_peak()
feed = hr.feed(path, memory=memory, **options)
rows, total = 0, 0
for batch in feed:
    rows += len(batch["c0"])
    total += int(batch["c1"].sum())
print(json.dumps({"rows": rows, "total": total, "growth": resident("VmHWM") - before, **feed.stats()}))
"""

SOAK = """
seconds = float(sys.argv[3])
memory = "64MiB"
end = time.monotonic() + seconds
samples, rows, turn = [], 0, 0
begun, before = leftovers(), resident()
while time.monotonic() < end or len(samples) < 12:
    # Epochs of other orders, windows and sizes of batches, some left half-way, some gone on from their state.
    turn += 1
    feed = hr.feed(path, batch_size=(1000, 4096, 16384)[turn % 3], shuffle=turn, window=("4MiB", 30000)[turn % 2],
                   memory=memory, threads=(None, 1, 2)[turn % 3])
    state = None
    for number, batch in enumerate(feed):
        rows += len(batch["c0"])
        if turn % 4 == 0 and number == 20:
            state = feed.state_dict()
            break
    if state is not None:
        resumed = hr.feed(path, batch_size=4096, shuffle=turn, window=feed.window_rows, memory=memory)
        resumed.load_state_dict(state)
        for batch in resumed:
            rows += len(batch["c0"])
    del feed, batch
    samples.append((resident(), *leftovers()))
print(json.dumps({"samples": samples, "rows": rows, "begun": begun, "before": before}))
"""


def write(path, rows, row_group_rows):
    draw = np.random.default_rng(1)
    with pq.ParquetWriter(path, pa.schema({f"c{i}": pa.int64() for i in range(COLUMNS)})) as writer:
        for first in range(0, rows, row_group_rows):
            count = min(row_group_rows, rows - first)
            numbers = {f"c{i}": draw.integers(1 << 62, size=count) for i in range(COLUMNS)}
            writer.write_table(pa.table(numbers), row_group_size=count)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Rows of 192 MB in memory, some of 29 MB, and few."""
    folder = tmp_path_factory.mktemp("rows")
    write(folder / "large.parquet", ROWS, 20_000)
    write(folder / "middle.parquet", 300_000, 20_000)
    write(folder / "few.parquet", 1000, 1000)
    return folder


def run(python, tmp_path, program, *arguments, seconds):
    command, environment = python
    file = tmp_path / "program.py"
    file.write_text(COMMON + program)
    done = subprocess.run(
        [*command, file, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("memory", "options"),
    [
        (32, {"batch_size": 4096, "shuffle": 1, "window": "4MiB", "threads": 2}),
        (64, {"batch_size": 4096, "shuffle": 1, "window": "16MiB"}),
        (64, {"batch_size": 16384, "shuffle": 1, "window": "8MiB", "threads": 4}),
        (32, {"batch_size": 4096, "shuffle": False, "window": "1MiB"}),
    ],
)
def test_memory_is_a_cap_for_all_that_grows_with_the_data(python_with_headrace, tmp_path, files, memory, options):
    found = run(
        python_with_headrace,
        tmp_path,
        PEAK,
        files / "large.parquet",
        files / "few.parquet",
        f"{memory}MiB",
        json.dumps(options),
        seconds=120,
    )
    assert found["rows"] == ROWS
    assert 0 < found["peak_bytes"] <= memory * MIB
    # Beside it there are threads' stacks, what the heap has free before it is given back, and the files' metadata.
    assert found["growth"] < memory * MIB * 1.125 + 8 * MIB


def test_memory_is_flat(python_with_headrace, tmp_path, files):
    found = run(
        python_with_headrace,
        tmp_path,
        SOAK,
        files / "middle.parquet",
        files / "few.parquet",
        SECONDS,
        seconds=SECONDS * 2 + 120,
    )
    resident = np.array([sample[0] for sample in found["samples"]])
    middle, last = np.array_split(resident, 3)[1:]
    # Samples differ by what the heap has free, so a leak shows in the middle of many.
    assert np.median(last) - np.median(middle) < 5 * MIB, resident.tolist()
    assert resident.max() - found["before"] < 64 * MIB * 1.125 + 8 * MIB
    assert all(sample[1] <= found["begun"][0] and sample[2] <= found["begun"][1] for sample in found["samples"])
