"""Processes forked from one that has worked, or is at work: the child works too, and it ends."""

import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

# A child that hangs is killed with its parent, and the test fails.
SECONDS_MAX = 100

COMMON = """
import multiprocessing, os, sys, threading, time
import headrace as hr

path = sys.argv[1]

def total(_=0):
    frame = hr.scan_parquet(path).group_by("k").agg(total="sum(v)")
    return frame.collect(threads=2).to_dict()["total"]

def child_of_fork():
    child = os.fork()
    if child == 0:
        ok = total() == EXPECTED
        sys.exit(0 if ok else 3)  # by way of atexit
    return child

EXPECTED = total()
"""

AFTER_WORK = """
children = [child_of_fork() for _ in range(3)]
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
assert total() == EXPECTED
"""

AT_WORK = """
stop = False
def work():
    while not stop:
        assert total() == EXPECTED
workers = [threading.Thread(target=work) for _ in range(2)]
for worker in workers:
    worker.start()
for _ in range(15):
    time.sleep(0.01)
    assert os.waitpid(child_of_fork(), 0)[1] == 0
stop = True
for worker in workers:
    worker.join()
"""

HALF_READ = """
chunks = hr.scan_parquet(path).collect_batches(chunk_rows=1000)
first = next(chunks).height
if os.fork() == 0:
    try:
        next(chunks)
    except hr.UnsupportedError as error:
        sys.exit(7 if "forked" in error.message else 2)
    sys.exit(3)
if os.fork() == 0:
    sys.exit(8)  # with the chunks left behind
codes = sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2))
assert codes == [7, 8], codes
assert first + sum(chunk.height for chunk in chunks) == 200_000
"""

POOL = """
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[2]).Pool(2) as pool:
        assert pool.map(total, range(4)) == [EXPECTED] * 4
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    count = 200_000
    pq.write_table(
        pa.table({"k": [i % 100 for i in range(count)], "v": list(range(count))}), path, row_group_size=20_000
    )
    return path


def run(python, tmp_path, program, *arguments):
    command, environment = python
    file = tmp_path / "program.py"
    file.write_text(COMMON + program)
    done = subprocess.run(
        [*command, file, *arguments], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr


def test_children_of_a_process_that_has_worked_work(python_with_headrace, tmp_path, rows):
    run(python_with_headrace, tmp_path, AFTER_WORK, rows)


def test_children_of_a_process_at_work_work(python_with_headrace, tmp_path, rows):
    run(python_with_headrace, tmp_path, AT_WORK, rows)


def test_rows_that_a_thread_of_the_parent_makes_are_refused_in_a_child(python_with_headrace, tmp_path, rows):
    run(python_with_headrace, tmp_path, HALF_READ, rows)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_processes_of_multiprocessing_work(python_with_headrace, tmp_path, rows, method):
    run(python_with_headrace, tmp_path, POOL, rows, method)
