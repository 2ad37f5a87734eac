"""Feeds for PyTorch. Needs PyTorch: ``pip install "headrace[torch]"``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headrace import _core
from headrace._errors import InvalidArgumentError, MissingPackageError
from headrace._feed import Feed, Unpacker, batches_of, check_portable, epoch_end, open_feed
from headrace._optional import install_command, need

try:
    import torch
    from torch.utils.data import IterableDataset, get_worker_info
except ImportError as _missing:
    raise MissingPackageError(
        "headrace.torch needs torch, which is not installed", install_command("torch")
    ) from _missing

_WORKERS_MAX = 1024


def keyed_jagged(batch: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The ragged columns `keys` of a batch as TorchRec's ``KeyedJaggedTensor``: values and lengths, key by key.

    Raises
    ------
    MissingPackageError
        Without torchrec.
    """
    torchrec = need("torchrec", "keyed_jagged()")
    values, lengths = jagged_parts(batch, keys)
    return torchrec.KeyedJaggedTensor(keys=list(keys), values=values, lengths=lengths)


def jagged_parts(batch: Mapping[str, Any], keys: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """What a ``KeyedJaggedTensor`` of `keys` is made of: the values of all rows of the first key, then of the next one,
    shape (n,), and how many each row has, in the same order, shape (keys * rows,)."""
    columns = [batch[key] for key in keys]
    return torch.cat([column.values for column in columns]), torch.cat([column.lengths for column in columns])


class FeedDataset(IterableDataset):  # type: ignore[misc]
    """Batches of a feed as dicts of tensors: dense columns as tensors, lists of any length as `Ragged` of tensors.

    Works by itself and under ``DataLoader(dataset, batch_size=None, num_workers=…)``, whose workers, forked or spawned,
    persistent or not, take turns: the order is that without workers. Threads of the feed are cheaper than workers,
    which copy each batch once more. Each iteration is the next epoch, or the next ``epochs`` epochs.

    Examples
    --------
    >>> dataset = hr.feed("out/train", batch_size=4096, shuffle=7).torch()  # doctest: +SKIP
    >>> for batch in dataset:  # doctest: +SKIP
    ...     loss = model(batch["price"], batch["late"])
    """

    def __init__(self, feed: Feed, *, pin_memory: bool | None = None) -> None:
        self._config = feed.config | {"window_rows": feed.window_rows}
        self._window_chosen = feed.config["window_rows"]
        self._length = None if feed.epochs is None else len(feed)
        self._pin_memory = pin_memory
        # Where the first iteration begins, as epoch, position, window, and how often each worker has begun one. In
        # shared memory: copies in workers see what is set here, and count on where each epoch has new workers.
        self._start = torch.zeros(3, dtype=torch.int64).share_memory_()
        self._begun = torch.zeros(_WORKERS_MAX, dtype=torch.int64).share_memory_()
        self._set_start(feed.state_dict())
        # Of this process only:
        self._opened: dict[tuple[int, int], _core.OpenFeed] = {(0, 1): feed._open}
        self._loaded: str | None = None  # the state of a worker, inside of the first iteration
        self._current: tuple[_core.OpenFeed, _core.FeedPosition] | None = None
        self._iteration = 0  # the first epoch of the iteration at hand
        self._running: _core.Feed | None = None

    def __getstate__(self) -> dict[str, Any]:
        check_portable(self._config)
        return self.__dict__ | {"_opened": {}, "_current": None, "_running": None}

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError("a feed without end has no length: give epochs")
        return self._length

    def __iter__(self) -> Iterator[dict[str, Any]]:
        info = get_worker_info()
        worker, count = (0, 1) if info is None else (info.id, info.num_workers)
        if count > _WORKERS_MAX:
            raise InvalidArgumentError(f"{count} workers", f"{_WORKERS_MAX} or fewer")
        opened, start, self._iteration = self._next_start(worker, count)
        self._current = (opened, start)
        if info is not None:
            self._count(worker)
        return self._batches(opened, start, is_counted=info is not None)

    def _count(self, worker: int) -> None:
        self._begun[worker] += 1
        self._loaded = None

    def _batches(
        self, opened: _core.OpenFeed, start: _core.FeedPosition, *, is_counted: bool
    ) -> Iterator[dict[str, Any]]:
        if not is_counted:  # with the first batch, since StatefulDataLoader makes iterators that it throws away at once
            self._count(0)
        running = _core.Feed(opened, start, epoch_end(self._iteration, self._config["epochs"]))
        self._running = running
        unpacker = self._unpacker(opened)
        for batch in batches_of(running):
            self._current = (opened, running.position)
            yield unpacker.unpack(batch)

    def _next_start(self, worker: int, count: int) -> tuple[_core.OpenFeed, _core.FeedPosition, int]:
        """Where the next iteration begins, and its first epoch."""
        first, position, window = self._start.tolist()
        key = (worker, count)
        if key not in self._opened or self._opened[key].window_rows != window:
            self._opened[key] = open_feed(self._config | {"window_rows": window}, worker=worker, worker_count=count)
        opened = self._opened[key]
        iterations = int(self._begun[worker])
        start = _core.FeedPosition()
        if iterations == 0:
            start.epoch, start.position = first, position
        else:
            epochs = self._config["epochs"] or 1
            start.epoch = (first // epochs + iterations) * epochs
        iteration = start.epoch
        if self._loaded is not None:
            opened, start = opened.resume(self._loaded)
        return opened, start, iteration

    def _unpacker(self, opened: _core.OpenFeed) -> Unpacker:
        pins = torch.cuda.is_available() if self._pin_memory is None else self._pin_memory

        def tensor_of(shared: Any, is_bool: bool) -> torch.Tensor:
            tensor = torch.from_dlpack(shared)
            if is_bool:
                tensor = tensor.view(torch.bool)
            return tensor.pin_memory() if pins else tensor

        return Unpacker(opened, tensor_of, torch.unbind)

    # --- state --------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Where the iteration is: behind the last batch that this process was given. ``StatefulDataLoader`` calls it
        in its workers.

        Raises
        ------
        InvalidArgumentError
            Where workers of a ``DataLoader`` make the batches: they are ahead of the loop, and only it knows how many
            it has taken. Count them, and use `Feed.state_at`, or take ``StatefulDataLoader``.
        """
        info = get_worker_info()
        if self._current is not None:
            opened, position = self._current
        elif info is None and bool(self._begun.any()):
            raise InvalidArgumentError(
                "workers make the batches, and are ahead of the training loop",
                "count its batches and take state_at(step, epoch) of the feed, or torchdata's StatefulDataLoader",
            )
        else:
            opened, position, self._iteration = self._next_start(
                *((0, 1) if info is None else (info.id, info.num_workers))
            )
        state = json.loads(opened.state(position))
        if info is not None:
            state["iteration"] = self._iteration  # which it is in, also when it has given all its batches
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, by this or by `Feed.state_dict`, with the next iteration. Before the loader
        starts its workers.

        Raises
        ------
        InvalidArgumentError
            When the state is of other rows, another seed or another window.
        """
        info = get_worker_info()
        if info is not None and "iteration" in state:
            self._loaded = json.dumps(dict(state))
            self._start[0] = int(state["iteration"])
            self._start[2] = int(state["window_rows"])
            self._begun[info.id] = 0
            return
        opened = open_feed(self._config | {"window_rows": self._window_chosen}, worker=0, worker_count=1)
        resumed, _ = opened.resume(json.dumps(dict(state)))
        self._opened = {(0, 1): resumed}
        self._set_start(state)

    def set_epoch(self, epoch: int) -> None:
        """Begin with the first batch of `epoch` at the next iteration, also in persistent workers."""
        if epoch < 0:
            raise InvalidArgumentError(f"epoch is {epoch}", "0 or more")
        self._start[0], self._start[1] = epoch, 0
        self._begun.zero_()
        self._current = None

    def _set_start(self, state: Mapping[str, Any]) -> None:
        for index, key in enumerate(("epoch", "position", "window_rows")):
            self._start[index] = int(state[key])
        self._begun.zero_()
        self._current = None

    def stats(self) -> dict[str, Any]:
        """As `Feed.stats`, of the iteration at hand or the last one in this process."""
        return {} if self._running is None else self._running.stats()
