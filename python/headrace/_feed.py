"""Batches for training loops: `feed`, and what it gives."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from headrace import _core
from headrace._errors import InvalidArgumentError
from headrace._expr import Expr
from headrace._frame import LazyFrame, _storage_of
from headrace._optional import need

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from headrace._pipeline import FittedPipeline

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | LazyFrame
Nulls = Literal["error", "zero", "nan", "mask"]
Remainder = Literal["short", "drop", "pad", "wrap"]

_POLL_MILLISECONDS = 50
_SECONDS_OF_EXIT = 5


class Ragged(NamedTuple):
    """Lists of any length: row i has ``values[offsets[i]:offsets[i + 1]]``.

    Attributes
    ----------
    values : array or tensor, shape (n,)
        The values of all rows, one row after another.
    offsets : array or tensor of int64, shape (rows + 1,)
        Where each row begins, and the end.
    """

    values: Any
    offsets: Any

    @property
    def lengths(self) -> Any:
        """How many values each row has, shape (rows,)."""
        return self.offsets[1:] - self.offsets[:-1]


class Replace(NamedTuple):
    """Put `value` in the place of a value with `probability`: masking, or dropout of categories.

    Attributes
    ----------
    probability : float
        0 to 1, for each value by itself.
    value : float or int
        What comes instead; by default 0.
    """

    probability: float
    value: float = 0


class Noise(NamedTuple):
    """Add normal noise to a floating column.

    Attributes
    ----------
    deviation : float
        Its standard deviation.
    """

    deviation: float


class Feed:
    """Batches of a data set, in an order that a seed fixes. Made by `feed`.

    Iterating gives ``epochs`` epochs as dicts of NumPy arrays, and goes on where it was: after a state was loaded,
    behind the batch that it was taken at; after all epochs, with the next ones, in another order each.

    Examples
    --------
    >>> feed = hr.feed("out/train", batch_size=2, shuffle=7)  # doctest: +SKIP
    >>> for batch in feed:  # doctest: +SKIP
    ...     train(batch["price"], batch["late"])
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self._open = open_feed(config, worker=0, worker_count=1)
        self._position = _core.FeedPosition()
        self._running: _core.Feed | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        check_portable(self.config)
        return (_restored, (self.config, self.state_dict()))

    # --- what there is ------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The batches of one iteration, known from metadata."""
        if self.epochs is None:
            raise TypeError("a feed without end has no length: give epochs")
        return self.epochs * self.steps_per_epoch

    @property
    def epochs(self) -> int | None:
        """How many epochs one iteration has; None: without end."""
        return self.config["epochs"]

    @property
    def steps_per_epoch(self) -> int:
        """The batches of an epoch, the same number on every rank."""
        return self._open.steps_per_epoch

    @property
    def row_count(self) -> int:
        """The rows of the data set, on all ranks together."""
        return self._open.row_count

    @property
    def window_rows(self) -> int:
        """How many rows are mixed with each other."""
        return self._open.window_rows

    @property
    def schema(self) -> dict[str, tuple[str, tuple[int | None, ...]]]:
        """By column: dtype and shape, whose first length, the rows, is None; a second None is of lists of any length.

        >>> feed.schema  # doctest: +SKIP
        {'price': ('float32', (None,)), 'words': ('int64', (None, 8))}
        """
        return {column.name: (column.dtype, _shape_of(column)) for column in self._open.columns()}

    @property
    def state_digest(self) -> str:
        """The digest of the fitted state that the rows were encoded with; empty where nothing was fitted."""
        return self._open.state_digest

    def __repr__(self) -> str:
        return (
            f"<headrace.Feed {_name_of(self.config)}: {self.row_count} rows, {self.steps_per_epoch} batches an epoch>"
        )

    # --- batches ------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[dict[str, npt.NDArray[Any] | Ragged]]:
        numpy = need("numpy", "iterating over a feed")

        def array_of(shared: Any, is_bool: bool) -> np.ndarray[Any, Any]:
            array = numpy.asarray(shared)
            return array.view(numpy.bool_) if is_bool else array

        return self._batches(Unpacker(self._open, array_of, list))

    def _batches(self, unpacker: Unpacker) -> Iterator[dict[str, Any]]:
        running = _core.Feed(self._open, self._position, epoch_end(self._position.epoch, self.epochs))
        self._running = running
        for batch in batches_of(running):
            self._position = running.position
            yield unpacker.unpack(batch)

    def _is_within_iteration(self) -> bool:
        return self._position.position > 0 or self._position.epoch % (self.epochs or 1) > 0

    def _skip_iteration(self) -> None:
        """To the beginning of the next iteration, unless it is at one."""
        epochs = self.epochs or 1
        if self._is_within_iteration():
            self.set_epoch((self._position.epoch // epochs + 1) * epochs)

    def torch(self, *, pin_memory: bool | None = None) -> Any:
        """The same batches as dicts of PyTorch tensors, which share their memory with the feed: an `IterableDataset`
        for a loop of its own or for a ``DataLoader(…, batch_size=None)``.

        Parameters
        ----------
        pin_memory : bool, optional
            Copy batches to pinned memory, for GPUs; by default where CUDA is there.
        """
        need("torch", "Feed.torch()")
        from headrace.torch import FeedDataset

        return FeedDataset(self, pin_memory=pin_memory)

    def tensorflow(self) -> Any:
        """The same batches as a ``tf.data.Dataset`` of dicts, whole batches already, with specs."""
        need("tensorflow", "Feed.tensorflow()")
        from headrace.tensorflow import dataset_of

        return dataset_of(self)

    # --- state --------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Where the feed is: behind the last batch that was taken. Small, and nothing but JSON.

        It goes with any number of ranks, threads and workers, and any batch size, over the same rows and order.
        """
        return json.loads(self._open.state(self._position))

    def state_at(self, step: int, epoch: int | None = None) -> dict[str, Any]:
        """The state behind ``step`` batches of an epoch, for programs that count batches themselves: those that load
        through workers, which are ahead of the training loop.

        Parameters
        ----------
        step : int
            How many batches of the epoch are behind; 0 to ``steps_per_epoch``.
        epoch : int, optional
            By default the one that the feed is in.
        """
        if not 0 <= step <= self.steps_per_epoch:
            raise InvalidArgumentError(f"step is {step}", f"0 to {self.steps_per_epoch}")
        position = _core.FeedPosition()
        position.epoch = self._position.epoch if epoch is None else epoch
        if step > 0:
            position = self._open.behind(position, position.epoch, step - 1)
        return json.loads(self._open.state(position))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises
        ------
        InvalidArgumentError
            When the state is of other rows, another seed or another window.
        """
        self._open, self._position = self._open.resume(json.dumps(dict(state)))

    def set_epoch(self, epoch: int) -> None:
        """Begin with the first batch of `epoch` next."""
        if epoch < 0:
            raise InvalidArgumentError(f"epoch is {epoch}", "0 or more")
        self._position = _core.FeedPosition()
        self._position.epoch = epoch

    def stats(self) -> dict[str, Any]:
        """What the iteration at hand, or the last one, did and waited for.

        Returns
        -------
        dict
            ``batches`` and ``rows`` taken; ``waiting_seconds``: the consumer waited for a batch; and, of all threads
            together, ``storage_seconds``: waited for bytes of files, ``decode_seconds``: made batches,
            ``full_seconds``: waited for the consumer; ``threads`` at work; ``peak_bytes`` of the memory cap in use.
        """
        return {} if self._running is None else self._running.stats()


class Unpacker:
    """Makes dicts of batches of the core, by a function from an array of the core to one of a library."""

    def __init__(self, opened: _core.OpenFeed, array_of: Any, split: Any) -> None:
        """`array_of(array, is_bool)` converts, `split(array)` gives its parts along the first axis."""
        columns = opened.columns()
        self._names = [column.name for column in columns]
        self._are_bools = [columns[members[0]].dtype == "bool" for members in opened.groups()]
        self._ragged = [(index, column.dtype == "bool") for index, column in enumerate(columns) if column.is_ragged]
        self._array_of = array_of
        self._split = split
        # Where each column is among those of all groups and the ragged ones, one behind another.
        order = [index for members in opened.groups() for index in members] + [index for index, _ in self._ragged]
        self._places = [order.index(index) for index in range(len(columns))]

    def unpack(self, batch: _core.FeedBatch) -> dict[str, Any]:
        values: list[Any] = []
        for shared, is_bool in zip(batch.groups(), self._are_bools, strict=True):
            values.extend(self._split(self._array_of(shared, is_bool)))
        for index, is_bool in self._ragged:
            lists, offsets = batch.ragged(index)
            values.append(Ragged(self._array_of(lists, is_bool), self._array_of(offsets, is_bool=False)))
        return dict(zip(self._names, map(values.__getitem__, self._places), strict=True))


def epoch_end(epoch: int, epochs: int | None) -> int | None:
    """Where an iteration ends that is in `epoch`, of iterations of so many epochs."""
    if epochs is None:
        return None
    return (epoch // epochs + 1) * epochs if epochs else 0


def batches_of(running: _core.Feed) -> Iterator[_core.FeedBatch]:
    """What a feed of the core gives, while Ctrl-C is listened for."""
    _running.add(running)
    try:
        while not running.is_at_end():
            if _ending.is_set():
                _park()
            _inside.add(running)
            batch = running.next(_POLL_MILLISECONDS)
            _inside.discard(running)
            if _ending.is_set():
                _park()
            if batch is not None:
                yield batch
    finally:
        _inside.add(running)
        running.stop()
        _running.discard(running)
        _inside.discard(running)


# At exit daemon threads may be at work. One that is inside of the core would end the process with a crash, as Python
# unwinds its frames when it wants to go on. So they are parked outside.
_running: set[_core.Feed] = set()
_inside: set[_core.Feed] = set()
_ending = threading.Event()
os.register_at_fork(after_in_child=_running.clear)
os.register_at_fork(after_in_child=_inside.clear)


def _park() -> None:
    while threading.current_thread() is not threading.main_thread():
        time.sleep(_SECONDS_OF_EXIT)


def stop_all() -> None:
    """At exit: waits until daemon threads are outside of the core, and ends all feeds."""
    _ending.set()
    end = time.monotonic() + _SECONDS_OF_EXIT
    while _inside and time.monotonic() < end:
        time.sleep(0.001)
    for running in list(_running):
        if running not in _inside:
            running.stop()


def check_portable(config: Mapping[str, Any]) -> None:
    """A feed of a frame stays in its process and forks of it."""
    if not all(isinstance(source, list) for source in config["sources"]):
        raise TypeError("a feed of a frame cannot be sent to another process: use forked workers, or none")


def _shape_of(column: _core.TensorColumn) -> tuple[int | None, ...]:
    if column.is_ragged:
        return (None, None)
    return (None, column.width) if column.is_vector else (None,)


def _restored(config: dict[str, Any], state: dict[str, Any]) -> Feed:
    feed = Feed(config)
    feed.load_state_dict(state)
    return feed


def open_feed(config: Mapping[str, Any], *, worker: int, worker_count: int) -> _core.OpenFeed:
    """Opens what `config` says, for one of the workers that share its batches and its memory."""
    options = _core.FeedOptions()
    for name in ("batch_size", "columns", "list_lengths", "shuffle_seed", "shuffles_fully", "rank", "world_size"):
        setattr(options, name, config[name])
    options.window_rows = config["window_rows"]
    if config["window_bytes"]:
        options.window_bytes = config["window_bytes"]
    options.worker = worker
    options.worker_count = worker_count
    options.threads = config["threads"]
    options.set_nulls(config["nulls"])
    options.set_nulls_of(config["nulls_of"])
    options.set_dtypes(config["dtypes"])
    options.set_remainder(config["remainder"])
    for column, change in config["augment"].items():
        if isinstance(change, Noise):
            options.add_noise(column, change.deviation)
        else:
            options.replace(column, change.probability, float(change.value))
    memory = _core.FeedMemory(str(_core.parse_bytes(config["memory"]) // worker_count))
    opened = [_open_source(config, source, options, memory) for source in config["sources"]]
    if len(opened) == 1:
        return opened[0]
    return _core.OpenFeed.mix(opened, config["ratios"], config["mix_until"] == "all")


def _open_source(
    config: Mapping[str, Any], source: Sequence[str] | _core.Frame, options: _core.FeedOptions, memory: _core.FeedMemory
) -> _core.OpenFeed:
    choice = _choice_of(config)
    if isinstance(source, _core.Frame):
        return _core.OpenFeed.of_frame(source, choice, options, memory, *config["cache"])
    # Three tries of it are less than ten seconds: training is told soon of a store that hangs.
    storage = _storage_of({"request_timeout": 3.0} | config["storage_options"])
    return _core.OpenFeed.open(
        source, config["part"], config["format"], choice, options, storage, memory, *config["cache"]
    )


def _choice_of(config: Mapping[str, Any]) -> _core.RowChoice:
    choice = _core.RowChoice()
    choice.seed = config["shuffle_seed"] or 0
    if config["where"]:
        choice.set_where(config["where"])
    if config["sample"]:
        condition, rate = config["sample"]
        choice.set_sample(condition, rate, config["sample_weight"])
    if config["repeat_by"]:
        choice.set_repeat_by(config["repeat_by"])
    return choice


def feed(
    source: Source | Mapping[Any, float],
    *,
    batch_size: int,
    columns: Sequence[str] | None = None,
    shuffle: int | Literal[False] = False,
    window: int | str = "64MiB",
    epochs: int | None = 1,
    rank: int | None = None,
    world_size: int | None = None,
    remainder: Remainder = "short",
    mix_until: Literal["first", "all"] = "first",
    where: str | Expr | None = None,
    sample: tuple[str | Expr, float] | None = None,
    sample_weight: str | None = None,
    repeat_by: str | Expr | None = None,
    augment: Mapping[str, Replace | Noise] | None = None,
    nulls: Nulls | Mapping[str, Nulls] = "error",
    dtypes: Mapping[str, str] | None = None,
    list_lengths: Mapping[str, int] | None = None,
    part: str | None = None,
    format: Literal["parquet", "tfrecord", "arrow"] | None = None,
    memory: str = "512MiB",
    threads: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    cache_size: str = "10GiB",
    expect_schema: Mapping[str, str] | None = None,
    expect_state: FittedPipeline | str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Feed:
    """Batches of a data set, or of any Parquet, TFRecord or Arrow files, for a training loop.

    Threads read ahead within a memory cap. The order is a function of the rows, the seed and the window, whatever the
    number of threads, workers, ranks or machines, and a feed goes on from any batch (`Feed.state_dict`).

    Parameters
    ----------
    source : path, list of paths, LazyFrame, or dict of one of these to a ratio
        The folder of a data set; or files, globs and folders, local or ``s3://``. Or a frame whose steps take rows one
        by one, such as ``fitted.transform(hr.scan_parquet("prepared"))``: its features are computed while rows are
        read, with the same bits that a run would write. A dict mixes several in every batch:
        ``{"out/clicks": 0.8, "out/surveys": 0.2}``.
    batch_size : int
        Rows of a batch, on each rank.
    columns : list of str, optional
        By default all.
    shuffle : int or False
        The seed of the order. False: rows come as they are stored.
    window : int, str
        How many rows are mixed with each other, as rows (``262144``), as bytes that they take in memory (``"64MiB"``),
        or ``"all"``: a full permutation, which holds all rows in memory. Row groups are put in a random order first,
        and windows are cut from it.
    epochs : int, optional
        How many epochs one iteration has; None: without end.
    rank, world_size : int, optional
        Which part of each step is delivered. By default those of ``torch.distributed`` where it is initialised, or of
        the environment (``RANK``, ``WORLD_SIZE``), else 0 of 1. With ``batch_size * world_size`` the same, a step has
        the same rows for any number of ranks.
    remainder : {"short", "drop", "pad", "wrap"}
        What becomes of the rows at an epoch's end that do not fill a step: dealt out evenly, so that the last batches
        are shorter, perhaps empty; left out of this epoch; filled up with rows of zeros, where the column of bools
        ``is_row`` is False; filled up with the first rows of the epoch. Every rank has the same number of batches.
    mix_until : {"first", "all"}
        When a mixed epoch ends: when one data set has given all of its rows, or when all have, the smaller ones
        beginning again.
    where : str or Expr, optional
        Only rows for which this is true. What it reads is read once when the feed is opened, to know how many rows
        there are; row groups whose statistics rule it out are not read at all.
    sample : (str or Expr, float), optional
        A condition and a rate: of the rows for which it is true only so many are kept, drawn by the seed, the same ones
        in every epoch. ``sample=("clicked = 0", 0.1)`` keeps a tenth of the negatives.
    sample_weight : str, optional
        The name of a float32 column that makes up for `sample`: 1 / rate for rows of the condition, else 1.
    repeat_by : str or Expr, optional
        A weight, 0 or more: rows come in proportion to it, several times or not at all, the same ones in every epoch,
        and in all about as many as there are.
    augment : dict of column to Replace or Noise, optional
        Changes at random, the same for any number of threads, ranks and workers: ``{"brand": hr.Replace(0.05, 1)}``.
    nulls : {"error", "zero", "nan", "mask"} or dict of column to one of these
        What a null becomes: an error, 0, NaN (of floating columns), or 0 with a column of bools beside it, called like
        the column with ``_is_valid`` behind.
    dtypes : dict of column to dtype, optional
        Columns that shall have another dtype than they are stored in: ``{"price": "float32"}``. A value that does not
        fit is an error.
    list_lengths : dict of column to int, optional
        Lists of any length that are cut, or filled up with zeros, to this one: shape (rows, n) instead of `Ragged`.
    part : str, optional
        Of a data set, such as ``"train"``; by default all.
    format : {"parquet", "tfrecord", "arrow"}, optional
        By default what the files' names say.
    memory : str
        The cap for all that grows with data: batches, windows, pages. Workers share it.
    threads : int, optional
        By default as many as the training loop keeps busy, by measured stalls, up to one a processor.
    cache : path, optional
        A folder of this machine that keeps what was read of files, with checksums, so that later epochs and processes
        need not fetch it from a store again. Several processes may share it.
    cache_size : str
        The most that the cache holds; what was used least recently goes first.
    expect_schema : dict of column to dtype, optional
        What the training code was written for: an error tells the first column that is missing or of another dtype.
    expect_state : FittedPipeline or str, optional
        The fitted state, or its digest, that the rows have to be encoded with.
    storage_options : dict, optional
        As for `scan_parquet`; ``request_timeout`` is 3 seconds here, so that a store that hangs is an error soon.

    Raises
    ------
    NotFoundError
        When the source, or a shard, is not there.
    UnsupportedError
        When a column is no tensor: texts, decimals and structs.
    MemoryBudgetError
        When a window does not fit into `memory`.
    InvalidArgumentError
        When options do not go with each other or with the rows.

    Examples
    --------
    >>> hr.from_dict({"x": [1, 2, 3, 4]}).sink_parquet("numbers")  # doctest: +SKIP
    >>> [batch["x"].tolist() for batch in hr.feed("numbers", batch_size=2)]  # doctest: +SKIP
    [[1, 2], [3, 4]]
    """
    if shuffle is True:
        raise InvalidArgumentError("shuffle is True", "a seed, such as shuffle=7, so that the order can be had again")
    ratios = dict(source) if isinstance(source, Mapping) else {None: 1.0}
    sources = [_source_of(each) for each in (ratios if isinstance(source, Mapping) else [source])]
    if not sources:
        raise InvalidArgumentError("a feed needs a source", "name a data set or files")
    if not all(isinstance(each, list) for each in sources) and (part or format or storage_options):
        raise InvalidArgumentError("part, format and storage_options are of files", "give them to the frame's scan")
    found_rank, found_size = _rank()
    config = {
        "sources": sources,
        "ratios": [float(ratio) for ratio in ratios.values()],
        "mix_until": mix_until,
        "part": part or "",
        "format": format or "",
        "batch_size": batch_size,
        "columns": list(columns or []),
        "shuffle_seed": None if shuffle is False else shuffle,
        "epochs": epochs,
        "rank": found_rank if rank is None else rank,
        "world_size": found_size if world_size is None else world_size,
        "remainder": remainder,
        "where": "" if where is None else _text_of(where),
        "sample": None if sample is None else (_text_of(sample[0]), sample[1]),
        "sample_weight": sample_weight or "",
        "repeat_by": "" if repeat_by is None else _text_of(repeat_by),
        "augment": dict(augment or {}),
        "nulls": nulls if isinstance(nulls, str) else "error",
        "nulls_of": {} if isinstance(nulls, str) else dict(nulls),
        "dtypes": dict(dtypes or {}),
        "list_lengths": dict(list_lengths or {}),
        "memory": memory,
        "threads": threads or 0,
        "storage_options": dict(storage_options or {}),
        "cache": (os.fspath(cache) if cache is not None else "", _core.parse_bytes(cache_size)),
        **_window(window),
    }
    made = Feed(config)
    _check_schema(made, expect_schema or {})
    if expect_state is not None:
        _check_state(made, expect_state if isinstance(expect_state, str) else expect_state.digest)
    return made


def _name_of(config: Mapping[str, Any]) -> str:
    names = [", ".join(source) if isinstance(source, list) else "a frame" for source in config["sources"]]
    return " and ".join(names)


def _source_of(source: Any) -> list[str] | _core.Frame:
    if isinstance(source, LazyFrame):
        return source._native
    paths = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    return [os.fspath(path) for path in paths]


def _text_of(expr: str | Expr) -> str:
    return expr if isinstance(expr, str) else str(expr)


def _window(window: int | str) -> dict[str, Any]:
    rows, size, is_all = 0, 0, window == "all"
    if isinstance(window, int):
        rows = window
        if rows < 1:
            raise InvalidArgumentError(f"window is {window}", 'rows, a size such as "64MiB", or "all"')
    elif not is_all:
        size = _core.parse_bytes(window)
    return {"window_rows": rows, "window_bytes": size, "shuffles_fully": is_all}


def _rank() -> tuple[int, int]:
    """Which process of how many this is, as PyTorch or the environment tells."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    try:
        return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    except ValueError as error:
        raise InvalidArgumentError(
            "RANK and WORLD_SIZE of the environment are no numbers", "give rank and world_size"
        ) from error


def _check_schema(made: Feed, expected: Mapping[str, str]) -> None:
    there = made.schema
    for name, dtype in expected.items():
        if name not in there:
            raise InvalidArgumentError(
                f"column '{name}' is expected, and {_name_of(made.config)} has none",
                f"there are: {', '.join(there)}",
            )
        if there[name][0] != dtype:
            raise InvalidArgumentError(
                f"column '{name}' is {there[name][0]}, and {dtype} is expected", f'dtypes={{"{name}": "{dtype}"}}'
            )


def _check_state(made: Feed, digest: str) -> None:
    if made.state_digest != digest:
        raise InvalidArgumentError(
            f"the rows were encoded with the fitted state {made.state_digest or '(none)'}, and {digest} is expected",
            "write the data set with that state, or load the state that stands beside it",
        )
