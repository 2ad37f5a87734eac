"""Feeds under PyTorch, checked in an environment that has it; run by feed_torch_test.py: NAME and arguments of a check.

There is no NumPy in this environment, so tensors are looked at as lists.
"""

import itertools
import json
import multiprocessing
import os
import pickle
import sys
import time
import warnings
from pathlib import Path

import torch
from headrace._feed import batches_of
from tests_of_feeds import count_leftovers
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader

import headrace as hr
from headrace import _core

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
BATCH_SIZE = 32


def feed_of(path, **options):
    return hr.feed(path, **{"batch_size": BATCH_SIZE, "shuffle": 3, "window": 200, "threads": 2, **options})


def ids_of(batches):
    return [row for batch in batches for row in batch["id"].tolist()]


def epochs_of(path):
    """The order of the first epochs, as the feed gives it to NumPy in another process."""
    return json.loads(Path(f"{path}.epochs").read_text())


def batches_of_epochs(path):
    return [[ids[first : first + BATCH_SIZE] for first in range(0, len(ids), BATCH_SIZE)] for ids in epochs_of(path)]


def check_loader(path, workers, context, is_persistent):
    """Three iterations, the third from the first epoch again, are those of the feed itself."""
    want = epochs_of(path)[:2]
    dataset = feed_of(path).torch()
    loader = DataLoader(
        dataset,
        batch_size=None,
        num_workers=workers,
        persistent_workers=is_persistent,
        multiprocessing_context=context,
    )
    assert len(loader) == len(batches_of_epochs(path)[0])
    assert [ids_of(loader), ids_of(loader)] == want
    dataset.set_epoch(0)
    assert ids_of(loader) == want[0]


def check_loaders(path):
    for workers in (0, 1, 2):
        for is_persistent in (False, True) if workers else (False,):
            check_loader(path, workers, "fork" if workers else None, is_persistent)
    check_loader(path, 8, "fork", True)


def check_spawned_loaders(path):
    check_loader(path, 2, "spawn", True)
    loader = DataLoader(
        feed_of(path, epochs=2).torch(), batch_size=None, num_workers=1, multiprocessing_context="spawn"
    )
    assert ids_of(loader) == sum(epochs_of(path)[:2], [])


def check_remainders(path):
    """Workers of ranks: all of them together are the order."""
    for remainder, world_size, workers in itertools.product(("short", "pad", "wrap", "drop"), (2, 3), (0, 2)):
        ranks = [
            list(
                DataLoader(
                    feed_of(path, rank=rank, world_size=world_size, remainder=remainder).torch(),
                    batch_size=None,
                    num_workers=workers,
                )
            )
            for rank in range(world_size)
        ]
        alone = [
            list(feed_of(path, rank=rank, world_size=world_size, remainder=remainder).torch())
            for rank in range(world_size)
        ]
        for loaded, fed in zip(ranks, alone, strict=True):
            assert [batch["id"].tolist() for batch in loaded] == [batch["id"].tolist() for batch in fed]


def check_stateful(path, workers):
    """A loader that is made anew goes on from the state of another one, taken behind any step."""
    epochs = batches_of_epochs(path)
    steps = len(epochs[0])
    for taken in (0, 1, 2, 5, steps - 1, steps):
        loader = StatefulDataLoader(feed_of(path).torch(), batch_size=None, num_workers=workers)
        batches = iter(loader)
        got = [next(batches)["id"].tolist() for _ in range(taken)]
        assert got == epochs[0][:taken]
        state = pickle.loads(pickle.dumps(loader.state_dict()))
        del batches
        resumed = StatefulDataLoader(feed_of(path).torch(), batch_size=None, num_workers=workers)
        resumed.load_state_dict(state)
        # A whole iteration goes on with the next one. Workers do not know whether the loop has seen its end.
        want = [epochs[0][taken:], epochs[1]] if taken < steps or workers else epochs[1:]
        assert [[batch["id"].tolist() for batch in resumed] for _ in range(2)] == want, (workers, taken)


def check_stateful_at_the_end(path, workers):
    """The state behind a whole iteration, taken where the loop ended by itself, goes on with the next epoch."""
    epochs = batches_of_epochs(path)
    loader = StatefulDataLoader(feed_of(path).torch(), batch_size=None, num_workers=workers)
    assert [batch["id"].tolist() for batch in loader] == epochs[0]
    resumed = StatefulDataLoader(feed_of(path).torch(), batch_size=None, num_workers=workers)
    resumed.load_state_dict(loader.state_dict())
    assert [batch["id"].tolist() for batch in resumed] == epochs[1]
    assert [batch["id"].tolist() for batch in resumed] == epochs[2]


def check_states(path):
    """Those of the dataset and of the feed are one and the same, and go either way, also into workers."""
    whole, following, _ = epochs_of(path)
    dataset = feed_of(path).torch()
    batches = iter(dataset)
    got = [next(batches)["id"].tolist() for _ in range(5)]
    state = json.loads(json.dumps(dataset.state_dict()))
    assert state == feed_of(path).state_at(5)
    rest = whole[sum(map(len, got)) :]
    batches.close()
    assert ids_of(dataset) == following  # another iteration is the next epoch
    for workers in (0, 1, 3):
        dataset = feed_of(path).torch()
        dataset.load_state_dict(state)
        loader = DataLoader(dataset, batch_size=None, num_workers=workers)
        assert ids_of(loader) == rest
        assert ids_of(loader) == following
    feed = feed_of(path)
    feed.load_state_dict(state)
    assert ids_of(feed.torch()) == rest
    dataset = feed_of(path).torch()
    for _ in dataset:
        pass
    assert (dataset.state_dict()["epoch"], dataset.state_dict()["position"]) == (1, 0)
    dataset = feed_of(path).torch()
    ids_of(DataLoader(dataset, batch_size=None, num_workers=2))
    try:
        dataset.state_dict()
        raise AssertionError("workers are ahead of the loop, and a state was given")
    except hr.InvalidArgumentError as error:
        assert "state_at" in str(error) and "StatefulDataLoader" in str(error)
    try:
        dataset.load_state_dict(state | {"seed": 4})
        raise AssertionError("a state of another seed was taken")
    except hr.InvalidArgumentError as error:
        assert "its seed is 4, not 3" in str(error)


def check_tensors(path):
    """Types and shapes; columns of one type lie in one block of memory, which is that of the core."""
    dataset = feed_of(path, nulls={"nu": "mask"}, batch_size=64).torch()
    for batch in dataset:
        ids = batch["id"]
        rows = len(ids)
        assert ids.dtype == torch.int64 and ids.shape == (rows,) and ids.is_contiguous()
        assert batch["f"].dtype == torch.float32 and torch.equal(batch["f"], ids / 2)
        assert batch["b"].dtype == torch.bool and torch.equal(batch["b"], ids % 3 == 0)
        assert batch["v"].shape == (rows, 3) and torch.equal(batch["v"][:, 1].long(), ids * 3 + 1)
        assert torch.equal(batch["nu_is_valid"], ids % 5 != 0)
        assert torch.equal(batch["nu"], torch.where(ids % 5 == 0, torch.zeros_like(ids), ids))
        lists = batch["l"]
        assert lists.offsets.dtype == torch.int64 and torch.equal(lists.lengths, ids % 4)
        assert lists.values.tolist() == [value for number in ids.tolist() for value in range(number % 4)]
        assert ids.storage().data_ptr() == batch["nu"].storage().data_ptr()
        assert batch["nu"].data_ptr() - ids.data_ptr() == 64 * 8
    # The same tensors once more from the core: no bytes were copied on the way.
    running = _core.Feed(dataset._opened[0, 1], _core.FeedPosition(), 1)
    for fed in batches_of(running):
        once, again = ([torch.from_dlpack(group) for group in fed.groups()] for _ in range(2))
        assert [tensor.data_ptr() for tensor in once] == [tensor.data_ptr() for tensor in again]
        batch = dataset._unpacker(dataset._opened[0, 1]).unpack(fed)
        inside = {tensor.data_ptr() for tensor in once}
        assert batch["id"].data_ptr() in inside and batch["f"].data_ptr() in inside


def check_kept(path):
    """Tensors outlive the feed, and nothing is written over them."""
    kept = list(itertools.islice(iter(feed_of(path, nulls="zero").torch()), 6))
    for batch in kept:
        assert torch.equal(batch["f"], batch["id"] / 2)
    assert ids_of(kept) == epochs_of(path)[0][: 6 * BATCH_SIZE]


def check_rank(path, how, rank, rendezvous):
    """What one of two processes gets, which knows its rank from torch.distributed, or from the environment."""
    if how == "distributed":
        os.environ.pop("RANK", None)
        os.environ.pop("WORLD_SIZE", None)
        torch.distributed.init_process_group("gloo", f"file://{rendezvous}", rank=int(rank), world_size=2)
    feed = feed_of(path, epochs=2)
    assert (feed.config["rank"], feed.config["world_size"]) == (int(rank), 2)
    steps = []
    for batch in DataLoader(feed.torch(), batch_size=None, num_workers=1):
        steps.append(batch["id"].tolist())
        if how == "distributed":
            # A process with a batch more, or less, would wait here for ever.
            total = torch.tensor([len(steps[-1])])
            torch.distributed.all_reduce(total)
            assert int(total) <= 2 * BATCH_SIZE
    print(json.dumps(steps))


def check_worker_that_dies(path):
    """Says who the workers are, and reads for ever, as a loop that trains: PyTorch tells of a dead worker wherever the
    process is, and in the midst of receiving from it the broken connection is told instead."""
    batches = iter(DataLoader(feed_of(path, epochs=None).torch(), batch_size=None, num_workers=2))
    next(batches)
    print(json.dumps([worker.pid for worker in batches._workers]), flush=True)
    for _ in batches:
        time.sleep(0.2)


def check_dropped(path):
    """Loaders and iterators that are dropped half-way leave no process, thread, file or shared memory behind."""
    shared = set(Path("/dev/shm").iterdir())
    before = None
    for turn in range(4):
        for workers in (0, 2):
            batches = iter(DataLoader(feed_of(path, epochs=None).torch(), batch_size=None, num_workers=workers))
            for _ in range(3):
                next(batches)
            del batches
        found = count_leftovers()
        before = found if turn == 0 else before
    assert found[0] <= before[0] and found[1] <= before[1], (before, found)
    assert set(Path("/dev/shm").iterdir()) <= shared
    assert multiprocessing.active_children() == []


def main():
    torch.set_num_threads(1)
    name, *arguments = sys.argv[1:]
    if "workers=" in arguments[-1]:
        arguments[-1] = int(arguments[-1].removeprefix("workers="))
    globals()[f"check_{name}"](*arguments)


if __name__ == "__main__":
    main()
