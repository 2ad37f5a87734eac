"""What goes wrong with feeds: files, stores, processes, memory, loops that stop. Each is a clear error or goes on, in
seconds, and leaves no thread, file or shared memory behind."""

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import headrace as hr
from tests.conftest import ROOT
from tests.integration.fault_proxy import Fault, FaultProxy, wait_for_port

SECONDS_MAX = 10
ROWS = 200_000
MOTO = ROOT / "build/envs/moto/bin/moto_server"

COMMON = """
import gc, json, os, signal, sys, time
from pathlib import Path
import headrace as hr

path = sys.argv[1]

def feed_of(**options):
    return hr.feed(path, **{"batch_size": 512, "shuffle": 3, "window": 4096, "threads": 3, **options})

def leftovers():
    gc.collect()
    return len(list(Path("/proc/self/task").iterdir())), len(list(Path("/proc/self/fd").iterdir()))

def check_nothing_is_left(before):
    after = leftovers()
    assert after[0] <= before[0] and after[1] <= before[1], (before, after)

for _ in zip(range(3), feed_of()): pass  # what is loaded at first use stays
before = leftovers()
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    write(path, ROWS)
    return path


def write(path, count, **options):
    columns = {name: pa.array(range(count), pa.int64()) for name in ("id", "b", "c", "d")}
    pq.write_table(pa.table(columns), path, **{"row_group_size": 10_000, **options})


def run(python, tmp_path, program, *arguments, code=0, seconds=60, **more):
    """Runs a program, whose start is not counted; returns what it prints and says."""
    command, environment = python
    file = tmp_path / "program.py"
    file.write_text(COMMON + program)
    done = subprocess.run(
        [*command, file, *map(str, arguments)],
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def ids_of(feed):
    return [row for batch in feed for row in batch["id"].tolist()]


def feed_of(path, **options):
    return hr.feed(path, **{"batch_size": 512, "shuffle": 3, "window": 4096, "threads": 2, **options})


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def data_set(tmp_path):
    """Of three shards; returns the folder and a list of them."""
    frame = hr.from_dict({name: pa.array(range(30_000), pa.int64()) for name in ("id", "b")})
    frame.sink_parquet(tmp_path / "set", shards=3)
    return tmp_path / "set", sorted((tmp_path / "set").rglob("*.parquet"))


def test_a_truncated_shard_is_an_error_that_names_it(data_set, tmp_path):
    folder, shards = data_set
    for path, cut in ((folder, shards[1]), (shards, shards[2])):
        whole = cut.read_bytes()
        for size in (0, 3, len(whole) // 2, len(whole) - 1):
            cut.write_bytes(whole[:size])
            with pytest.raises(hr.HeadraceError) as error:
                ids_of(feed_of(path))
            assert cut.name in str(error.value)
        cut.write_bytes(whole)
    assert sorted(ids_of(feed_of(folder))) == list(range(30_000))


def test_damage_inside_of_a_shard_is_found_where_pages_have_checksums(data_set):
    folder, shards = data_set
    whole = shards[1].read_bytes()
    group = pq.ParquetFile(shards[1]).metadata.row_group(0)
    for column in range(group.num_columns):
        chunk = group.column(column)
        begin = chunk.dictionary_page_offset or chunk.data_page_offset
        for place in (0.3, 0.7):
            at = begin + int(chunk.total_compressed_size * place)
            shards[1].write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
            for threads in (1, 4):
                with pytest.raises(hr.HeadraceError) as error:
                    ids_of(feed_of(folder, threads=threads))
                assert shards[1].name in str(error.value)
    shards[1].write_bytes(whole)
    assert sorted(ids_of(feed_of(folder))) == list(range(30_000))


def test_batches_before_the_damage_are_given(data_set):
    """Without shuffling it is known which these are."""
    folder, shards = data_set
    whole = shards[2].read_bytes()
    chunk = pq.ParquetFile(shards[2]).metadata.row_group(0).column(0)
    at = chunk.data_page_offset + chunk.total_compressed_size - 30
    shards[2].write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
    got = []
    with pytest.raises(hr.HeadraceError, match=shards[2].name):
        for batch in feed_of(folder, shuffle=False, window=1000, batch_size=100):
            got += batch["id"].tolist()
    stored = [row for shard in shards[:2] for row in pq.read_table(shard, columns=["id"])["id"].to_pylist()]
    assert len(got) > 10_000 and got == stored[: len(got)]


def test_a_missing_shard_is_an_error_that_names_it(data_set):
    folder, shards = data_set
    shards[1].unlink()
    with pytest.raises(hr.NotFoundError) as error:
        ids_of(feed_of(folder))
    assert shards[1].name in str(error.value)


def test_a_shard_that_goes_away_or_changes_while_it_is_read_is_an_error_or_does_no_harm(data_set, tmp_path):
    folder, shards = data_set
    want = ids_of(feed_of(folder))
    opened = feed_of(folder, batch_size=64, window=256)
    batches = iter(opened)
    next(batches)
    batches.close()
    for change in (shards[1].unlink, lambda: shutil.copy(shards[0], shards[1])):
        feed = feed_of(folder)
        change_now = iter(feed)
        got = next(change_now)["id"].tolist()
        saved = shards[1].read_bytes()
        change()
        try:
            for batch in change_now:
                got += batch["id"].tolist()
            assert got == want
        except hr.HeadraceError as error:
            assert shards[1].name in str(error)
            assert got == want[: len(got)]
        shards[1].unlink(missing_ok=True)
        shards[1].write_bytes(saved)


def test_truncated_tfrecord_files_are_errors_with_a_manifest_and_without(tmp_path):
    hr.from_dict({"id": pa.array(range(5000), pa.int64())}).sink_tfrecord(tmp_path / "set", shards=2)
    shard = sorted((tmp_path / "set").rglob("*.tfrecord"))[1]
    whole = shard.read_bytes()
    bare = tmp_path / "bare.tfrecord"
    record = len(whole) // 2500
    for size in (5, record * 100 + 7, len(whole) - 1):
        for cut, source in ((shard, tmp_path / "set"), (bare, bare)):
            cut.write_bytes(whole[:size])
            with pytest.raises(hr.BadDataError, match=cut.name):
                ids_of(feed_of(source))
    # Between two records nothing but the manifest tells.
    for size in (0, record * 100):
        shard.write_bytes(whole[:size])
        with pytest.raises(hr.BadDataError, match="its manifest says 5000") as error:
            ids_of(feed_of(tmp_path / "set"))
        assert "headrace verify" in str(error.value)


# --- memory -----------------------------------------------------------------------------------------------------------


def test_batches_that_are_held_until_memory_is_full_are_an_error_that_says_so(rows):
    feed = feed_of(rows, batch_size=4096, memory="4MiB")
    held = []
    begin = time.monotonic()
    with pytest.raises(hr.MemoryBudgetError) as error:
        for batch in feed:
            held.append(batch)  # noqa: PERF402
    assert time.monotonic() - begin < SECONDS_MAX
    assert "batches that were taken are still held" in str(error.value) and "let go of batches" in str(error.value)
    kept = [row for batch in held for row in batch["id"].tolist()]
    # What was held is whole, and when it is let go of, the feed goes on.
    del held, batch, error
    want = ids_of(feed_of(rows, batch_size=4096))
    assert kept == want[: len(kept)] and len(kept) > 4096
    assert ids_of(feed) == want[len(kept) :]


def test_a_window_that_does_not_fit_is_an_error_with_what_would(rows):
    with pytest.raises(hr.MemoryBudgetError, match="a window of 100000 rows") as error:
        ids_of(feed_of(rows, window=100_000, memory="2MiB"))
    assert 'memory="' in str(error.value) and "smaller window" in str(error.value)


def test_the_memory_that_the_message_asks_for_is_enough(rows):
    with pytest.raises(hr.MemoryBudgetError) as error:
        ids_of(feed_of(rows, window=100_000, memory="100KiB"))
    memory = str(error.value).split('memory="')[1].split('"')[0]
    assert len(ids_of(feed_of(rows, window=100_000, memory=memory))) == ROWS


# --- processes, threads and loops -------------------------------------------------------------------------------------


def test_iterators_that_are_left_half_way_leave_nothing_behind(python_with_headrace, tmp_path, rows):
    run(
        python_with_headrace,
        tmp_path,
        """
shared = set(Path("/dev/shm").iterdir())
for turn in range(30):
    batches = iter(feed_of(epochs=None))
    for _ in range(turn):
        next(batches)
    del batches
check_nothing_is_left(before)
def work(batches):
    raise RuntimeError("of the loop")
for turn in range(10):
    try:
        for batch in feed_of(epochs=None):
            work(batch)
    except RuntimeError as error:
        assert str(error) == "of the loop"
check_nothing_is_left(before)
batches = iter(feed_of())
kept = next(batches)["id"]
total = int(kept.sum())
del batches
check_nothing_is_left(before)
assert int(kept.sum()) == total
assert set(Path("/dev/shm").iterdir()) == shared
""",
        rows,
    )


def test_a_consumer_that_sleeps_finds_its_batches_and_costs_nothing(python_with_headrace, tmp_path, rows):
    run(
        python_with_headrace,
        tmp_path,
        """
want = [batch["id"].tolist() for batch in feed_of()]
feed = feed_of()
batches = iter(feed)
got = [next(batches)["id"].tolist()]
time.sleep(1)  # to be ahead as far as is allowed
begin = sum(os.times()[:2])
time.sleep(float(os.environ.get("HEADRACE_FEED_SLEEP", "2")))
assert sum(os.times()[:2]) - begin < 0.2, "threads work while all batches wait"
got += [batch["id"].tolist() for batch in batches]
assert got == want
assert feed.stats()["peak_bytes"] < 64 << 20
""",
        rows,
        seconds=200,
    )


def test_a_fork_is_told_that_the_feed_is_of_its_parent_and_may_have_its_own(python_with_headrace, tmp_path, rows):
    run(
        python_with_headrace,
        tmp_path,
        """
feed = feed_of()
batches = iter(feed)
first = next(batches)["id"].tolist()
def child(work):
    pid = os.fork()
    if pid == 0:
        signal.alarm(9)
        sys.exit(work())  # by way of atexit, with the parent's batches at hand
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def use():
    try:
        next(batches)
    except hr.UnsupportedError as error:
        return 7 if "forked" in str(error) else 2
    return 3
def make():
    ids = [row for batch in feed_of() for row in batch["id"].tolist()]
    return 8 if sorted(ids) == list(range(len(ids))) and ids[:512] == first else 4
def drop():
    global batches
    del batches
    gc.collect()
    return 9
def go_on():
    return 10 if sum(len(batch["id"]) for batch in feed) == 200_000 - 512 else 5
codes = [child(work) for work in (use, make, drop, go_on, lambda: 11)]
assert codes == [7, 8, 9, 10, 11], codes
assert len(first) + sum(len(batch["id"]) for batch in batches) == 200_000
""",
        rows,
    )


@pytest.mark.parametrize("where", ["main", "daemon"])
def test_a_program_ends_while_it_reads(python_with_headrace, tmp_path, rows, where):
    begin = time.monotonic()
    said = run(
        python_with_headrace,
        tmp_path,
        """
import threading

def read():
    for batch in feed_of(epochs=None):
        pass
if sys.argv[2] == "daemon":
    for _ in range(3):
        threading.Thread(target=read, daemon=True).start()
    time.sleep(0.3)
batches = iter(feed_of(epochs=None))
kept = [next(batches) for _ in range(3)]
sys.exit(0)
""",
        rows,
        where,
        seconds=30,
    )
    assert said == ""
    assert time.monotonic() - begin < SECONDS_MAX


def interrupted(python, tmp_path, program, *arguments, before=lambda: None, **more):
    """Sends Ctrl-C when the program is ready, behind `before`; returns its exit code, what it said, and the seconds."""
    command, environment = python
    file = tmp_path / "program.py"
    file.write_text(COMMON + program)
    process = subprocess.Popen(
        [*command, file, *map(str, arguments)],
        env=environment | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores Ctrl-C, and so would all that comes of it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        before()
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    return process.returncode, said, time.monotonic() - begin


def test_ctrl_c_ends_a_loop_at_once(python_with_headrace, tmp_path, rows):
    code, said, seconds = interrupted(
        python_with_headrace,
        tmp_path,
        """
for number, batch in enumerate(feed_of(epochs=None)):
    if number == 20:
        print("ready", flush=True)
""",
        rows,
    )
    assert code == -signal.SIGINT and "KeyboardInterrupt" in said
    assert seconds < SECONDS_MAX


# --- stores -----------------------------------------------------------------------------------------------------------

STORE_OPTIONS = {"region": "us-east-1", "access_key": "any", "secret_key": "any", "request_timeout": 1}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A server with a bucket that holds rows.parquet."""
    if not MOTO.exists():
        pytest.fail("no moto: python3 tools/setup.py env moto")
    folder = tmp_path_factory.mktemp("moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log").open("w")
    process = subprocess.Popen([MOTO, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    wait_for_port(port, 120)
    url = f"http://127.0.0.1:{port}"
    write(folder / "rows.parquet", 50_000)
    for name, body in (("", None), ("/rows.parquet", (folder / "rows.parquet").read_bytes())):
        request = urllib.request.Request(f"{url}/lake{name}", data=body, method="PUT")
        request.add_header("Content-Type", "application/octet-stream")
        request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request")
        urllib.request.urlopen(request, timeout=60).close()
    yield url
    process.terminate()
    process.wait(20)


@pytest.fixture
def proxy(store):
    with FaultProxy(store) as proxy:
        yield proxy


def feed_of_store(url, **options):
    return feed_of("s3://lake/rows.parquet", storage_options=STORE_OPTIONS | {"endpoint": url}, **options)


@pytest.fixture(scope="module")
def stored_ids(store):
    return ids_of(feed_of_store(store))


@pytest.mark.parametrize("fault", [Fault("busy", "GET", "rows.parquet", 3), Fault("cut", "GET", "rows.parquet", 2),
                                   Fault("hang", "GET", "rows.parquet", 1)], ids=str)  # fmt: skip
def test_a_store_that_fails_for_a_while_changes_nothing(proxy, stored_ids, fault):
    feed = feed_of_store(proxy.url)
    proxy.faults.append(fault)
    assert ids_of(feed) == stored_ids
    assert fault.times == 0


@pytest.mark.parametrize("kind", ["busy", "cut", "hang"])
def test_a_store_that_stays_broken_is_an_error_in_seconds(proxy, stored_ids, kind):
    feed = feed_of_store(proxy.url)
    proxy.faults.append(Fault(kind, "GET", "rows.parquet", 999))
    begin = time.monotonic()
    with pytest.raises(hr.HeadraceError, match="rows.parquet"):
        ids_of(feed)
    assert time.monotonic() - begin < SECONDS_MAX
    proxy.faults.clear()
    assert ids_of(feed) == stored_ids


def test_an_iterator_over_a_store_that_hangs_is_dropped_in_seconds(proxy, stored_ids):
    batches = iter(feed_of_store(proxy.url, window=512, epochs=None))
    next(batches)
    proxy.faults.append(Fault("hang", "GET", "rows.parquet", 999))
    time.sleep(0.5)
    begin = time.monotonic()
    batches.close()
    assert time.monotonic() - begin < SECONDS_MAX


def test_ctrl_c_ends_a_loop_that_waits_for_a_store(python_with_headrace, tmp_path, proxy, stored_ids, rows):
    program = """
store = json.loads(sys.argv[2])
feed = hr.feed("s3://lake/rows.parquet", batch_size=512, window=512, shuffle=3, storage_options=store, epochs=None)
for number, batch in enumerate(feed):
    if number == 3:
        print("ready", flush=True)
"""

    def hang():
        proxy.faults.append(Fault("hang", "GET", "rows.parquet", 999))
        proxy.faults[0].wait_until_met(SECONDS_MAX)
        time.sleep(0.5)

    options = json.dumps({**STORE_OPTIONS, "endpoint": proxy.url})
    code, said, seconds = interrupted(python_with_headrace, tmp_path, program, rows, options, before=hang)
    assert code == -signal.SIGINT and "KeyboardInterrupt" in said
    assert seconds < SECONDS_MAX
