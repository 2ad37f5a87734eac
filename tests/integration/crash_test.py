"""What a run leaves behind when it is killed or the system fails it: the old data set or the new one, whole.

A pipeline over a few thousand rows replaces a data set of other rows. It is killed at random moments, and at each
write, fsync, rename, unlink and mkdir once; and each of these calls is made to fail once with ENOSPC, EIO and EINTR.
HEADRACE_CRASHES=1000 makes more of the random kills, and hits every call.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from tests.conftest import HEADRACE

KILLS = int(os.environ.get("HEADRACE_CRASHES", "40"))
# Of the system calls of one kind, every how many one is hit. The long form hits all.
STRIDE = 1 if KILLS > 40 else 3
PIPELINE = """\
version: 1
name: crash
parameters: {rows: rows.csv}
sources:
  rows: {path: "${rows}", on_error: quarantine, schema: {id: int64, name: string, price: float64}}
tables:
  kept: {from: rows, steps: [{filter: id >= 0}]}
features:
  - {name: id, role: key}
  - {name: name, transforms: [{vocabulary: {min_count: 1}}]}
  - {name: price, transforms: [standardize]}
outputs:
  - {path: out/parquet, format: parquet, shards: 3}
  - {path: out/tfrecord, format: tfrecord, shards: 2, index: true}
state: out/state
quarantine: out/quarantine
report: out/run.json
"""
DATA_SETS = ("parquet", "tfrecord")


def write_rows(path, count, offset):
    lines = [f"{i + offset},name {i % 17},{'x' if i % 97 == 50 else i % 31}" for i in range(count)]
    path.write_text("id,name,price\n" + "\n".join(lines) + "\n")


def command(folder, rows):
    return [str(HEADRACE), "run", str(folder / "pipeline.yaml"), "--quiet", "--threads", "2", "--set", f"rows={rows}"]


def manifest(folder, data_set):
    return json.loads((folder / "out" / data_set / "manifest.json").read_text())


def digests(folder):
    return tuple(manifest(folder, data_set)["row_digest"] for data_set in DATA_SETS)


def shard_checksums(folder):
    return [
        [shard["checksum"] for part in manifest(folder, data_set)["parts"] for shard in part["shards"]]
        for data_set in DATA_SETS
    ]


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A folder in which the old rows are published."""
    folder = tmp_path_factory.mktemp("crash") / "old"
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(PIPELINE)
    write_rows(folder / "old.csv", 3000, 0)
    write_rows(folder / "rows.csv", 5000, 10)
    subprocess.run(command(folder, "old.csv"), check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def new(old):
    """What an undisturbed run makes of the new rows."""
    folder = old.parent / "new"
    shutil.copytree(old, folder, symlinks=True)
    subprocess.run(command(folder, "rows.csv"), check=True, capture_output=True)
    return folder


@pytest.fixture
def folder(old, tmp_path):
    shutil.copytree(old, tmp_path / "run", symlinks=True)
    return tmp_path / "run"


def check_whole(folder, old, new):
    """Each data set is the old one or the new one, by its manifest and by every byte of it."""
    for data_set in DATA_SETS:
        done = subprocess.run(
            [HEADRACE, "verify", folder / "out" / data_set, "--quiet"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        expected = [manifest(at, data_set)["row_digest"] for at in (old, new)]
        assert manifest(folder, data_set)["row_digest"] in expected


def check_run_again(folder, new):
    """The next run makes what an undisturbed one makes, and nothing of a dead run stays."""
    done = subprocess.run(command(folder, "rows.csv"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert digests(folder) == digests(new)
    assert shard_checksums(folder) == shard_checksums(new)
    for data_set in DATA_SETS:
        names = sorted(path.name for path in (folder / "out" / data_set).iterdir())
        run = f"data-{manifest(folder, data_set)['run_id']}"
        assert [name for name in names if name.startswith(("data-", "."))] == [run]


def reset(folder, old):
    shutil.rmtree(folder)
    shutil.copytree(old, folder, symlinks=True)


def test_a_run_killed_at_any_moment_leaves_a_whole_data_set(folder, old, new):
    start = time.monotonic()
    subprocess.run(command(folder, "rows.csv"), check=True, capture_output=True)
    seconds = time.monotonic() - start
    chance = random.Random(1)
    killed = 0
    for number in range(KILLS):
        if number % 8 == 0:
            reset(folder, old)  # the others start from what dead runs left
        with subprocess.Popen(command(folder, "rows.csv"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
            time.sleep(chance.uniform(0, seconds * 1.1))
            run.send_signal(signal.SIGKILL)
            run.communicate()
        killed += run.returncode == -signal.SIGKILL
        check_whole(folder, old, new)
        if number % 8 == 7:
            check_run_again(folder, new)
    assert killed > KILLS / 2


def strace(arguments, folder, rows="rows.csv"):
    run = ["strace", "-f", "-qq", "-o", str(folder / "strace.txt"), *arguments, *command(folder, rows)]
    return subprocess.run(run, capture_output=True, text=True)


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strace")
    probe = ["strace", "-f", "-o", str(folder / "probe.txt"), "true"]
    if shutil.which("strace") is None or subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.skip("strace cannot trace here")


def call_count(folder, call):
    """How often a run makes a system call on files below its folder."""
    strace(["-e", f"trace={call}"], folder)
    return sum(f"{call}(" in line for line in (folder / "strace.txt").read_text().splitlines())


CALLS = ("write", "fsync", "rename", "unlink", "mkdir", "openat")


@pytest.mark.parametrize("call", CALLS)
def test_a_run_killed_at_each_system_call_leaves_a_whole_data_set(traced, folder, old, new, call):
    count = call_count(folder, call)
    assert count > 0
    stride = STRIDE if call != "openat" else max(STRIDE, count // 12)
    for number in range(1, count + 1, stride):
        reset(folder, old)
        strace(["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"], folder)
        check_whole(folder, old, new)
    check_run_again(folder, new)


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "EINTR"])
@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_system_call_that_fails_ends_in_one_error_and_a_whole_data_set(traced, folder, old, new, call, fault):
    count = call_count(folder, call)
    failed = 0
    for number in range(1, count + 1, STRIDE):
        reset(folder, old)
        done = strace(["-e", f"trace={call}", "-e", f"inject={call}:error={fault}:when={number}"], folder)
        check_whole(folder, old, new)
        if done.returncode != 0:
            failed += 1
            assert done.returncode == 1
            # It is told, unless telling it is what failed.
            assert not done.stderr or done.stderr.startswith("error: ")
            assert done.stderr.count("\nerror: ") == 0, done.stderr
            # A call on a file that was interrupted is made again.
            assert fault != "EINTR" or call == "rename" or "cannot write to stdout" in done.stderr, done.stderr
    assert failed > 0 or fault == "EINTR"
    check_run_again(folder, new)


def test_a_full_disk_ends_in_one_error_and_the_old_data_set(folder, old, new, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) + (64 << 10)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        shutil.copytree(folder, disk / "run", symlinks=True)
        done = subprocess.run(command(disk / "run", "rows.csv"), capture_output=True, text=True)
        assert done.returncode == 1
        assert "No space left on device" in done.stderr
        check_whole(disk / "run", old, old)
        for data_set in DATA_SETS:
            names = [path.name for path in (disk / "run" / "out" / data_set).iterdir() if path.name.startswith("data-")]
            assert names == [f"data-{manifest(old, data_set)['run_id']}"]
    finally:
        subprocess.run(["umount", disk], check=True)
