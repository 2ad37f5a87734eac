"""Which rows a feed gives, and when: for ranks, workers, remainders, files, windows, threads and states."""

import hashlib
import itertools
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from headrace._feed import Unpacker, batches_of, open_feed

import headrace as hr
from headrace import _core
from tests.python.feed_order import batches_of_epoch, epoch_order

WORLDS = (1, 2, 3, 4, 8)
WORKERS = (1, 2, 4)
REMAINDERS = ("short", "drop", "pad", "wrap")
ROWS = 107  # prime: nothing divides it
BLOCK_ROWS = 13
BLOCKS = [BLOCK_ROWS] * (ROWS // BLOCK_ROWS) + [ROWS % BLOCK_ROWS]
SEED = 7
WINDOW = 30


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """Rows that are their own numbers."""
    path = tmp_path_factory.mktemp("numbers") / "numbers.parquet"
    pq.write_table(pa.table({"id": pa.array(range(ROWS), pa.int64())}), path, row_group_size=BLOCK_ROWS)
    return path


def feed_of(path, **options):
    return hr.feed(path, **{"batch_size": 8, "shuffle": SEED, "window": WINDOW, "threads": 1, **options})


def ids_of(feed):
    """The rows of one iteration."""
    return [row for batch in feed for row in batch["id"].tolist()]


def rows_of(batch):
    """The rows of a batch, None for padding."""
    ids = batch["id"].tolist()
    return ids if "is_row" not in batch else [i if real else None for i, real in zip(ids, batch["is_row"], strict=True)]


def steps_of_rank(path, workers, state=None, *, epoch_end=1, **options):
    """By (epoch, step), the rows that a rank's workers give, each of them from a feed of its own."""
    config = feed_of(path, **options).config
    found = {}
    for worker in range(workers):
        opened = open_feed(config, worker=worker, worker_count=workers)
        start = _core.FeedPosition()
        if state is not None:
            opened, start = opened.resume(json.dumps(state))
        unpacker = Unpacker(opened, numpy_of, list)
        for batch in batches_of(_core.Feed(opened, start, epoch_end)):
            assert batch.step % workers == worker
            assert (batch.epoch, batch.step) not in found
            found[batch.epoch, batch.step] = rows_of(unpacker.unpack(batch))
    return found


def numpy_of(shared, is_bool):
    array = np.asarray(shared)
    return array.view(np.bool_) if is_bool else array


def steps_of_world(path, world_size, workers, state=None, **options):
    """By (epoch, step) in their order, the rows of each rank."""
    ranks = [
        steps_of_rank(path, workers, state, rank=rank, world_size=world_size, **options) for rank in range(world_size)
    ]
    for rank in ranks[1:]:
        assert rank.keys() == ranks[0].keys()
    return {key: [rank[key] for rank in ranks] for key in sorted(ranks[0])}


def expected_steps(first_epoch, first, epoch_end, batch_size, world_size, remainder, window=WINDOW):
    steps = {}
    for epoch in range(first_epoch, epoch_end):
        order = epoch_order(BLOCKS, SEED, window, epoch)
        begin = first if epoch == first_epoch else 0
        for step, ranks in enumerate(batches_of_epoch(order, begin, batch_size, world_size, remainder)):
            steps[epoch, step] = ranks
    return steps


# --- the order itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [1, 5, BLOCK_ROWS, 26, 30, ROWS, 1000])
def test_the_order_is_the_one_that_its_description_says(numbers, window):
    feed = feed_of(numbers, window=window)
    for epoch in range(3):
        assert ids_of(feed) == epoch_order(BLOCKS, SEED, window, epoch)


def test_the_order_of_a_seed_never_changes(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array(range(10_000), pa.int64())}), path, row_group_size=700)
    feed = hr.feed(path, batch_size=64, shuffle=2026, window=1500, epochs=2)
    ids = np.array(ids_of(feed), dtype="<i8")
    assert ids[:6].tolist() == GOLDEN_ROWS
    assert hashlib.sha256(ids.tobytes()).hexdigest() == GOLDEN_DIGEST


GOLDEN_ROWS = [5604, 5813, 1203, 5842, 9887, 870]
GOLDEN_DIGEST = "df27b364e971962a6234a8a8d94f052ad934f055bfc7b873b15a84bfc9716ba2"


def test_rows_come_as_they_are_stored_without_a_seed(numbers):
    feed = feed_of(numbers, shuffle=False)
    assert ids_of(feed) == list(range(ROWS)) == ids_of(feed)


def test_every_seed_and_epoch_has_an_order_of_its_own_with_all_rows(numbers):
    orders = {tuple(ids_of(feed_of(numbers, shuffle=seed))) for seed in range(20)}
    feed = feed_of(numbers, shuffle=0, epochs=20)
    ids = ids_of(feed)
    orders |= {tuple(ids[first : first + ROWS]) for first in range(0, len(ids), ROWS)}
    assert len(orders) == 39  # seed 0 at epoch 0 is among both
    assert all(sorted(order) == list(range(ROWS)) for order in orders)


def test_the_order_does_not_depend_on_threads_or_memory(tmp_path):
    rows = 60_000
    path = tmp_path / "rows.parquet"
    columns = {name: pa.array(range(rows), pa.int64()) for name in ("id", "b", "c")}
    pq.write_table(pa.table(columns), path, row_group_size=4096)
    want = epoch_order([4096] * 14 + [rows - 14 * 4096], SEED, 5000, 0)
    for threads, memory in itertools.product((1, 2, 8, None), ("3MiB", "512MiB")):
        got = []
        for batch in hr.feed(path, batch_size=512, shuffle=SEED, window=5000, threads=threads, memory=memory):
            assert (batch["b"] == batch["id"]).all() and (batch["c"] == batch["id"]).all()
            got += batch["id"].tolist()
        assert got == want, (threads, memory)


@pytest.mark.parametrize("window", [7, 30])
@pytest.mark.parametrize("size", [1, 29, 30, 31, 1000])
def test_row_groups_may_be_of_any_size(tmp_path, size, window):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array(range(ROWS), pa.int64())}), path, row_group_size=size)
    blocks = [min(size, ROWS - first) for first in range(0, ROWS, size)]
    assert ids_of(feed_of(path, window=window)) == epoch_order(blocks, SEED, window, 0)


def test_the_window_is_rows_bytes_or_all(numbers):
    assert feed_of(numbers, window=30).window_rows == 30
    assert feed_of(numbers, window="240B").window_rows == 30  # of 8 bytes each
    assert feed_of(numbers, window="all").window_rows == ROWS
    assert ids_of(feed_of(numbers, window="all")) == epoch_order(BLOCKS, SEED, ROWS, 0)


# --- ranks and workers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("remainder", REMAINDERS)
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("world_size", WORLDS)
def test_ranks_and_workers_together_give_the_order(numbers, world_size, workers, remainder):
    got = steps_of_world(numbers, world_size, workers, batch_size=5, remainder=remainder, epoch_end=3)
    assert got == expected_steps(0, 0, 3, 5, world_size, remainder)
    assert (
        len([key for key in got if key[0] == 0])
        == feed_of(numbers, batch_size=5, world_size=world_size, remainder=remainder, rank=0).steps_per_epoch
    )
    for epoch in range(3):
        flat = [row for key, ranks in got.items() if key[0] == epoch for rank in ranks for row in rank]
        real = [row for row in flat if row is not None]
        step_rows = 5 * world_size
        if remainder in ("short", "pad"):
            assert sorted(real) == list(range(ROWS))
        if remainder == "drop":
            assert len(real) == len(set(real)) == ROWS // step_rows * step_rows
        if remainder == "wrap":
            assert set(real) == set(range(ROWS)) and len(real) == -(-ROWS // step_rows) * step_rows


@pytest.mark.parametrize("remainder", REMAINDERS)
def test_with_one_global_batch_a_step_has_the_same_rows_for_any_number_of_ranks(numbers, remainder):
    steps = {
        world: [
            [row for rank in ranks for row in rank]
            for ranks in steps_of_world(numbers, world, 1, batch_size=24 // world, remainder=remainder).values()
        ]
        for world in WORLDS
    }
    assert all(found == steps[1] for found in steps.values())


@pytest.mark.parametrize("remainder", ["short", "pad", "wrap"])
def test_more_ranks_than_rows_are_served(tmp_path, remainder):
    path = tmp_path / "few.parquet"
    pq.write_table(pa.table({"id": pa.array(range(3), pa.int64())}), path)
    order = epoch_order([3], SEED, WINDOW, 0)
    got = steps_of_world(path, 8, 1, batch_size=2, remainder=remainder)
    assert got == {(0, 0): batches_of_epoch(order, 0, 2, 8, remainder)[0]}


# --- resuming ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("remainder", REMAINDERS)
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("world_size", WORLDS)
def test_a_feed_goes_on_from_every_batch_with_any_ranks_workers_and_batch_sizes(
    numbers, world_size, workers, remainder
):
    """From the state behind every step of two epochs, also behind the last one."""
    others = itertools.cycle(itertools.product((3, 1, 2, 8), (2, 1, 4), (4, 5, 11), (1, 2)))
    for _ in range((WORLDS.index(world_size) * 3 + WORKERS.index(workers)) * 5):
        next(others)
    size = 6 if world_size > 4 else 24 // world_size
    feed = feed_of(numbers, batch_size=size, world_size=world_size, rank=world_size - 1, remainder=remainder)
    for epoch, step in itertools.product(range(2), range(feed.steps_per_epoch + 1)):
        state = feed.state_at(step, epoch)
        place = step * size * world_size
        if step == feed.steps_per_epoch:
            assert (state["epoch"], state["position"]) == ((epoch + 1, 0))
            epoch, place = epoch + 1, 0
        # as it was, and as another one:
        for world, count, batch_size, threads in [(world_size, workers, size, 1), next(others)]:
            options = {"batch_size": batch_size, "remainder": remainder, "threads": threads}
            got = steps_of_world(numbers, world, count, state, epoch_end=epoch + 1, **options)
            assert got == expected_steps(epoch, place, epoch + 1, batch_size, world, remainder)


@pytest.mark.parametrize("remainder", REMAINDERS)
def test_a_state_is_behind_the_batch_taken_last(numbers, remainder):
    feed = feed_of(numbers, remainder=remainder, epochs=2)
    whole = [rows_of(batch) for batch in feed]
    feed.set_epoch(0)
    states = [feed.state_dict()]
    for _ in feed:
        states.append(feed.state_dict())
    assert len(states) == len(whole) + 1
    steps = feed.steps_per_epoch
    for taken, state in enumerate(states):
        assert state == feed.state_at(taken % steps, taken // steps)
        resumed = feed_of(numbers, remainder=remainder, epochs=2)
        resumed.load_state_dict(json.loads(json.dumps(state)))
        # An iteration ends where the two epochs do that it is in.
        rest = [rows_of(batch) for batch in resumed]
        assert rest == whole[taken:] if taken < len(whole) else len(rest) == len(whole)


def test_an_iterator_that_was_left_goes_on_behind_its_last_batch(numbers):
    whole = ids_of(feed_of(numbers))
    feed = feed_of(numbers)
    got = []
    while len(got) < ROWS:
        batches = iter(feed)
        got += next(batches)["id"].tolist()
        del batches
    assert got == whole
    assert ids_of(feed) == epoch_order(BLOCKS, SEED, WINDOW, 1)


def test_a_worker_of_several_goes_on_from_its_own_state(numbers):
    """As StatefulDataLoader keeps them: each worker's state, whichever batch it is at."""
    config = feed_of(numbers, batch_size=5).config
    whole = steps_of_rank(numbers, 3, batch_size=5, epoch_end=2)
    for worker in range(3):
        opened = open_feed(config, worker=worker, worker_count=3)
        running = _core.Feed(opened, _core.FeedPosition(), 2)
        unpacker = Unpacker(opened, numpy_of, list)
        mine = [key for key in sorted(whole) if key[1] % 3 == worker]
        for taken, _ in enumerate(batches_of(running), 1):
            state = opened.state(running.position)
            assert json.loads(state)["worker"] == worker
            resumed, start = open_feed(config, worker=worker, worker_count=3).resume(state)
            rest = {(b.epoch, b.step): rows_of(unpacker.unpack(b)) for b in batches_of(_core.Feed(resumed, start, 2))}
            assert rest == {key: whole[key] for key in mine[taken:]}


def test_a_feed_is_pickled_with_where_it_is(numbers):
    import pickle

    feed = feed_of(numbers)
    whole = ids_of(feed_of(numbers))
    got = next(iter(feed))["id"].tolist()
    assert got + ids_of(pickle.loads(pickle.dumps(feed))) == whole


def test_a_state_is_small_and_nothing_but_json(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array(range(20_000), pa.int64())}), path, row_group_size=2)
    feed = feed_of(path, window="all")
    next(iter(feed))
    text = json.dumps(feed.state_dict())
    assert len(text) < 1024
    assert json.loads(text) == feed.state_dict()


def refused(feed, state):
    with pytest.raises(hr.InvalidArgumentError) as refusal:
        feed.load_state_dict(state)
    return str(refusal.value)


def test_a_state_of_something_else_is_refused(numbers, tmp_path):
    feed = feed_of(numbers)
    state = feed.state_at(3)
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": pa.array(range(ROWS), pa.int64())}), other, row_group_size=20)
    fewer = tmp_path / "fewer.parquet"
    pq.write_table(pa.table({"id": pa.array(range(50), pa.int64())}), fewer)
    assert "its seed is 7, not 8" in refused(feed_of(numbers, shuffle=8), state)
    assert "its seed is 7, not none" in refused(feed_of(numbers, shuffle=False), state)
    assert "its window is 30, not 31" in refused(feed_of(numbers, window=31), state)
    assert "its window is 30, not 107" in refused(feed_of(numbers, window="all"), state)
    assert "its number of rows is 107, not 50" in refused(feed_of(fewer), state)
    assert "other files or row groups" in refused(feed_of(other), state)
    assert "version 2, and 1 is known" in refused(feed, state | {"version": 2})
    assert "behind the last row" in refused(feed, state | {"position": ROWS + 1})
    for key in ("epoch", "position", "window_rows", "rows", "version"):
        for wrong in (None, -1, "3", 1.5):
            assert f"'{key}'" in refused(feed, state | {key: wrong})
    assert "'epoch'" in refused(feed, {key: value for key, value in state.items() if key != "epoch"})
    assert feed.state_dict()["position"] == 0, "a state that was refused changes nothing"


def test_a_window_of_bytes_is_the_one_of_the_state(numbers):
    """It follows from the rows' size, which another version may count in another way."""
    feed = feed_of(numbers, window="1KiB")
    state = feed.state_at(2) | {"window_rows": 30}
    feed.load_state_dict(state)
    assert feed.window_rows == 30
    assert ids_of(feed) == epoch_order(BLOCKS, SEED, 30, 0)[16:]


# --- files ------------------------------------------------------------------------------------------------------------


def test_any_files_are_fed_with_every_row_once(tmp_path):
    rows = 1000
    table = pa.table({"id": pa.array(range(rows), pa.int64()), "half": pa.array(range(rows), pa.float32())})
    for part in range(4):
        piece = table.slice(part * 250, 250)
        pq.write_table(piece, tmp_path / f"part-{part}.parquet", row_group_size=90)
        with pa.ipc.new_file(str(tmp_path / f"part-{part}.arrow"), piece.schema) as writer:
            writer.write_table(piece, max_chunksize=90)
    row_groups, whole_files = [90, 90, 70] * 4, [250] * 4
    for source, blocks in (
        (tmp_path / "*.parquet", row_groups),
        (sorted(tmp_path.glob("*.parquet")), row_groups),
        (tmp_path / "*.arrow", whole_files),
        (sorted(map(str, tmp_path.glob("*.arrow"))), whole_files),
    ):
        want = epoch_order(blocks, SEED, WINDOW, 0)
        got = []
        for batch in feed_of(source):
            assert (batch["half"] == batch["id"]).all()
            got += batch["id"].tolist()
        assert got == want, source


def with_sink(folder, sink):
    frame = hr.from_dict({"id": pa.array(range(1000), pa.int64()), "half": pa.array(range(1000), pa.float32())})
    getattr(frame, sink)(folder, shards=3)
    return folder


@pytest.mark.parametrize("sink", ["sink_parquet", "sink_tfrecord", "sink_ipc"])
def test_data_sets_of_all_forms_are_fed(tmp_path, sink):
    folder = with_sink(tmp_path / "set", sink)
    feed = feed_of(folder)
    ids = []
    for batch in feed:
        assert (batch["half"] == batch["id"]).all()
        ids += batch["id"].tolist()
    assert ids != sorted(ids) and sorted(ids) == list(range(1000)) and feed.row_count == 1000
    again = feed_of(folder, batch_size=50, threads=1)
    again.load_state_dict(feed_of(folder, batch_size=32).state_at(5))
    assert ids_of(again) == ids[160:]


def test_tfrecord_files_without_an_index_are_counted_and_fed(tmp_path):
    folder = with_sink(tmp_path / "set", "sink_tfrecord")
    bare = tmp_path / "bare"
    bare.mkdir()
    for number, file in enumerate(sorted(folder.rglob("*.tfrecord"))):
        shutil.copy(file, bare / f"{number}.tfrecord")
    blocks = [len(ids_of(feed_of(file, shuffle=False))) for file in sorted(bare.iterdir())]
    stored = ids_of(feed_of(bare / "*.tfrecord", shuffle=False))
    got = ids_of(feed_of(bare / "*.tfrecord"))
    assert got == [stored[row] for row in epoch_order(blocks, SEED, WINDOW, 0)]
    assert sorted(got) == list(range(1000))


def test_parts_of_a_data_set_are_fed_by_name(tmp_path):
    rows = hr.from_dict({"id": pa.array(range(1000), pa.int64())})
    hr.Pipeline(
        "parts",
        rows,
        features=[hr.features.Feature("id", role="key")],
        split={"hash": "id", "salt": "s", "parts": {"train": 0.8, "eval": 0.2}},
        outputs=[{"path": tmp_path / "set", "format": "parquet", "shards": 2}],
    ).run()
    train, test = (sorted(ids_of(feed_of(tmp_path / "set", part=part))) for part in ("train", "eval"))
    assert 700 < len(train) < 900 and sorted(train + test) == list(range(1000))
    assert sorted(ids_of(feed_of(tmp_path / "set"))) == list(range(1000))
    with pytest.raises(hr.HeadraceError, match="train"):
        feed_of(tmp_path / "set", part="trian")


def test_files_with_no_rows_have_no_batches(tmp_path):
    path = tmp_path / "none.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.int64())}), path)
    for remainder in REMAINDERS:
        feed = feed_of(path, remainder=remainder)
        assert len(feed) == 0 and ids_of(feed) == []
        assert ids_of(feed_of(path, remainder=remainder, epochs=None)) == []


# --- quality ----------------------------------------------------------------------------------------------------------


def chi_square(counts):
    """How far counts are from equal ones, in standard deviations of what chance does."""
    counts = np.asarray(counts, dtype=float).ravel()
    mean = counts.mean()
    freedom = counts.size - 1
    return (((counts - mean) ** 2 / mean).sum() - freedom) / np.sqrt(2 * freedom)


def orders(path, rows, window, epochs):
    """An epoch a line, from feeds of many seeds, since a program's epochs are few."""
    lines = []
    for seed in range(epochs // 50):
        feed = hr.feed(path, batch_size=rows, shuffle=seed, window=window, epochs=50, threads=1)
        lines += [batch["id"].copy() for batch in feed]
    return np.array(lines)


def test_rows_of_a_window_come_at_every_place_equally_often(tmp_path):
    path = tmp_path / "rows.parquet"
    rows, epochs = 16, 8000
    pq.write_table(pa.table({"id": pa.array(range(rows), pa.int64())}), path)
    found = orders(path, rows, "all", epochs)
    counts = np.zeros((rows, rows))
    for place in range(rows):
        counts[place] = np.bincount(found[:, place], minlength=rows)
    assert abs(chi_square(counts)) < 4
    # And which row comes behind which.
    after = np.bincount((found[:, :-1] * rows + found[:, 1:]).ravel(), minlength=rows * rows).reshape(rows, rows)
    assert abs(chi_square(after[~np.eye(rows, dtype=bool)])) < 4


def test_all_orders_of_a_small_window_are_equally_frequent(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array(range(4), pa.int64())}), path)
    found = orders(path, 4, 4, 8000)
    counts = np.bincount(found @ np.array([64, 16, 4, 1]))
    assert (counts > 0).sum() == 24
    assert abs(chi_square(counts[counts > 0])) < 4


def test_row_groups_come_at_every_place_equally_often(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array(range(12), pa.int64())}), path, row_group_size=1)
    found = orders(path, 12, 1, 8000)
    counts = [np.bincount(found[:, place], minlength=12) for place in range(12)]
    assert abs(chi_square(counts)) < 4


def test_neighbours_of_the_file_are_strangers_in_the_feed(tmp_path):
    """The quality figure: how far two rows are apart in the feed that were neighbours in the file, against a uniform
    permutation, which has them a third of the rows apart on average."""
    path = tmp_path / "rows.parquet"
    rows = 20_000
    pq.write_table(pa.table({"id": pa.array(range(rows), pa.int64())}), path, row_group_size=500)
    figures = {}
    for window in (500, 5000, rows):
        place = np.empty(rows, dtype=np.int64)
        place[np.array(ids_of(hr.feed(path, batch_size=1000, shuffle=SEED, window=window)))] = np.arange(rows)
        figures[window] = np.abs(np.diff(place)).mean() / (rows / 3)
        # Where a row comes does not tell where it was.
        assert abs(np.corrcoef(place, np.arange(rows))[0, 1]) < 0.35
    assert figures[500] == pytest.approx(500 / rows, rel=0.2)
    assert figures[5000] == pytest.approx(5000 / rows, rel=0.2)
    assert figures[rows] == pytest.approx(1, rel=0.03)
