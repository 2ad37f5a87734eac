"""Feeds under PyTorch: its loaders, ranks, and training that is killed and goes on, in the environment `training`."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import headrace as hr
from tests.conftest import ROOT, run_flights  # noqa: F401
from tests.python.tests_of_feeds import write_rows

ENVIRONMENT = ROOT / "build/envs/training"
HERE = ROOT / "tests/python"
ROWS = 1000
SECONDS_MAX = 240
SECONDS_OF_FAULTS = 10


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The command and environment of a Python with PyTorch, our package and pyarrow, but no NumPy: Debian's PyTorch was
    built for another one."""
    if not (ENVIRONMENT / "bin/python").exists():
        pytest.fail("no PyTorch: python3 tools/setup.py env training")
    site = tmp_path_factory.mktemp("site")
    (site / "headrace").symlink_to(ROOT / "build/release/python/headrace")
    (site / "pyarrow").symlink_to(pa.__path__[0])
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(site),
        "PYTHONPATH": str(site),
        "LD_LIBRARY_PATH": (ENVIRONMENT / "debian.libraries").read_text(),
        "OMP_NUM_THREADS": "1",
    }
    return [ENVIRONMENT / "bin/python"], environment


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = write_rows(tmp_path_factory.mktemp("rows") / "rows.parquet", ROWS)
    return write_epochs(path)


def write_epochs(path):
    """Beside the rows, their order in three epochs, of batches for NumPy."""
    feed = hr.feed(path, batch_size=100, columns=["id"], shuffle=3, window=200)
    epochs = [[row for batch in feed for row in batch["id"].tolist()] for _ in range(3)]
    path.with_name(path.name + ".epochs").write_text(json.dumps(epochs))
    return path


@pytest.fixture(scope="module")
def ids(rows, tmp_path_factory):
    """The same rows without the column that has nulls."""
    path = tmp_path_factory.mktemp("ids") / "ids.parquet"
    pq.write_table(pq.read_table(rows, columns=["id", "f", "l"]), path, row_group_size=130)
    return write_epochs(path)


def check(python, name, *arguments, **more):
    """Runs a check, whose output is read when it fails; returns the last line of it."""
    command, environment = python
    done = subprocess.run(
        [*command, HERE / "feed_torch_loaders.py", name, *map(str, arguments)],
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()[-1] if done.stdout else ""


def test_loaders_with_forked_workers_give_the_order_of_the_feed(python, ids):
    check(python, "loaders", ids)


def test_loaders_with_spawned_workers_give_it_too(python, ids):
    check(python, "spawned_loaders", ids)


def test_ranks_have_workers(python, ids):
    check(python, "remainders", ids)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_stateful_loaders_go_on_from_any_step(python, ids, workers):
    check(python, "stateful", ids, f"workers={workers}")


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_stateful_loaders_go_on_behind_an_epoch(python, ids, workers):
    check(python, "stateful_at_the_end", ids, f"workers={workers}")


def test_states_go_from_feeds_to_datasets_and_back(python, ids):
    check(python, "states", ids)


def test_tensors_have_their_types_and_share_memory_with_the_feed(python, rows):
    check(python, "tensors", rows)
    check(python, "kept", rows)


@pytest.mark.parametrize("how", ["distributed", "environment"])
def test_two_processes_get_equal_steps_and_disjoint_rows(python, ids, tmp_path, how):
    command, environment = python
    processes = [
        subprocess.Popen(
            [*command, HERE / "feed_torch_loaders.py", "rank", ids, how, str(rank), tmp_path / "rendezvous"],
            env=environment | ({"RANK": str(rank), "WORLD_SIZE": "2"} if how == "environment" else {}),
            stdout=subprocess.PIPE,
            stderr=(tmp_path / f"log-{rank}").open("w"),
            text=True,
        )
        for rank in range(2)
    ]
    steps = []
    for rank, process in enumerate(processes):
        out, _ = process.communicate(timeout=SECONDS_MAX)
        assert process.returncode == 0, (tmp_path / f"log-{rank}").read_text()[-4000:]
        steps.append(json.loads(out.splitlines()[-1]))
    assert len(steps[0]) == len(steps[1]) == 2 * -(-ROWS // 64)
    half = len(steps[0]) // 2
    for epoch in (slice(0, half), slice(half, None)):
        mine, others = ({row for batch in rank[epoch] for row in batch} for rank in steps)
        assert not mine & others and mine | others == set(range(ROWS))


def test_a_worker_that_is_killed_is_an_error_in_seconds(python, ids, tmp_path):
    command, environment = python
    log = tmp_path / "log"
    process = subprocess.Popen(
        [*command, HERE / "feed_torch_loaders.py", "worker_that_dies", ids],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=log.open("w"),
        text=True,
    )
    workers = json.loads(process.stdout.readline())
    os.kill(workers[0], signal.SIGKILL)
    assert process.wait(SECONDS_OF_FAULTS) == 1
    # PyTorch raises in the midst of whatever the process does; while it receives, the connection breaks first.
    assert re.search(r"killed by signal|EOFError|Connection\w+Error|BrokenPipeError", log.read_text())
    end = time.monotonic() + SECONDS_OF_FAULTS
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end, "a worker is left"
        time.sleep(0.05)


def test_loaders_that_are_dropped_leave_nothing_behind(python, ids):
    check(python, "dropped", ids)


# --- training ---------------------------------------------------------------------------------------------------------


def training(python, flights, folder, *arguments):
    command, environment = python
    return subprocess.Popen(
        [*command, HERE / "feed_torch_training.py", flights, folder, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("a"),
        text=True,
    )


def train(python, flights, folder, *arguments):
    """To the end; returns the last step and the AUC."""
    process = training(python, flights, folder, *arguments)
    out, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, (folder / "log").read_text()[-4000:]
    step, auc = out.split()
    return int(step), float(auc)


def losses(folder):
    """Loss by step; of steps that were done again there is a line each, which has to be the same."""
    by_step = {}
    file = folder / "losses.txt"
    for line in file.read_text().splitlines() if file.exists() else ():
        step, loss = line.split()
        assert by_step.setdefault(int(step), loss) == loss, f"step {step} was another one the second time"
    return by_step


@pytest.fixture(scope="module")
def trained(python, flights_out, tmp_path_factory):
    """The losses of a training that nothing disturbs."""
    folder = tmp_path_factory.mktemp("trained")
    step, auc = train(python, flights_out / "parquet", folder, 10_000, 0)
    assert step == 2 * -(-273_281 // 2048) and len(losses(folder)) == step
    # Guessing is worth 0.5; all that is known here is the schedule, the weather and the month before.
    assert auc > 0.68
    return losses(folder)


@pytest.mark.parametrize(("workers", "steps", "killed_behind", "pause"), [(0, 10_000, 105, 0.005), (2, 40, 15, 0.03)])
def test_training_that_is_killed_goes_on_bit_for_bit(
    python, flights_out, trained, tmp_path, workers, steps, killed_behind, pause
):
    process = training(python, flights_out / "parquet", tmp_path, steps, workers, pause)
    while len(losses(tmp_path)) < killed_behind:
        assert process.poll() is None, (tmp_path / "log").read_text()[-4000:]
        time.sleep(0.01)
    process.kill()
    process.wait()
    done = max(losses(tmp_path))
    assert (tmp_path / "checkpoint.pt").exists()
    step, auc = train(python, flights_out / "parquet", tmp_path, steps, workers)
    assert done < step
    assert losses(tmp_path) == {number: loss for number, loss in trained.items() if number <= step}
    assert auc > 0.68 or steps < 100
