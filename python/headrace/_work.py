"""How work of the core is done: in a thread of its own, while the caller's thread listens for Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from headrace import _core
from headrace._errors import MissingPackageError, UnsupportedError
from headrace._optional import need

T = TypeVar("T")

_POLL_SECONDS = 0.05
_PROGRESS_AFTER_SECONDS = 1.0

# Work that has not ended, with the events that say when it has.
_running: dict[_core.Work, threading.Event] = {}


def _can_show() -> bool:
    """Whether somebody watches: in a terminal, or a notebook, whose kernel has none."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class _Bar:
    """Progress in a terminal or a notebook, when tqdm is there and nobody switched it off."""

    def __init__(self, wanted: bool | None) -> None:
        self._bar: Any = None
        self._stage = ""
        self._tqdm: Any = None
        if wanted:
            self._tqdm = need("tqdm.auto", "progress=True").tqdm
        elif wanted is None and _can_show() and os.environ.get("HEADRACE_PROGRESS", "1") != "0":
            with contextlib.suppress(MissingPackageError):
                self._tqdm = need("tqdm.auto", "a bar").tqdm

    def show(self, progress: tuple[str, int, int, int]) -> None:
        stage, done, count, rows = progress
        if self._tqdm is None or not stage:
            return
        if stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = self._tqdm(total=count, desc=stage, leave=False)
        self._bar.total = count
        self._bar.n = done
        self._bar.set_postfix_str(f"{rows:,} rows")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Thread(Generic[T]):
    """A thread in which the core works; `ended` says that there are `results` or `failures`."""

    def __init__(self, handle: _core.Work, work: Callable[[], T]) -> None:
        self.results: list[T] = []
        self.failures: list[BaseException] = []
        # Not Thread.join(): one that Ctrl-C interrupts takes the thread for ended (Python 3.11).
        self.ended = threading.Event()
        self._handle = handle
        self._work = work
        threading.Thread(target=self._run, name="headrace", daemon=True).start()

    def _run(self) -> None:
        _running[self._handle] = self.ended
        try:
            self.results.append(self._work())
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            self.failures.append(error)
        finally:
            _running.pop(self._handle, None)
            self.ended.set()

    def raise_failure(self) -> None:
        """Raises in the caller's thread what the work raised, if it did."""
        if self.failures:
            raise self.failures[0].with_traceback(None)


def do(
    work: Callable[[_core.Work], T],
    *,
    threads: int | None = None,
    memory: str | None = None,
    progress: bool | None = None,
) -> T:
    """Do `work` and give its result, or raise what it raised. Ctrl-C stops it within a tenth of a second."""
    bar = _Bar(progress)
    handle = _core.Work(threads or 0, memory or "")
    thread = _Thread(handle, lambda: work(handle))
    waited = 0.0
    try:
        while not thread.ended.wait(_POLL_SECONDS):
            waited += _POLL_SECONDS
            if waited >= _PROGRESS_AFTER_SECONDS:
                bar.show(handle.progress())
    except BaseException:
        handle.cancel()
        thread.ended.wait()
        raise
    finally:
        bar.close()
    thread.raise_failure()
    return thread.results[0]


def stream(
    frame: _core.Frame, *, chunk_rows: int, threads: int | None = None, memory: str | None = None
) -> Iterator[_core.Rows]:
    """The rows of a frame, chunk by chunk, while a thread makes more. Who stops asking stops that thread."""
    process = os.getpid()
    handle = _core.Work(threads or 0, memory or "")
    rows = _core.FrameStream(frame, handle, chunk_rows)
    thread = _Thread(handle, rows.run)
    try:
        while True:
            if os.getpid() != process:
                raise UnsupportedError(
                    f"these rows are made by a thread of process {process}, from which this one was forked",
                    "begin with them in the process that reads them",
                )
            if rows.is_at_end() or thread.failures:
                break
            chunk = rows.next(int(_POLL_SECONDS * 1000))
            if chunk is not None:
                yield chunk
    finally:
        if os.getpid() == process:
            handle.cancel()
            rows.abandon()
            thread.ended.wait()
    thread.raise_failure()


# Threads stay in the parent when a process forks: what they do will not end here.
os.register_at_fork(after_in_child=_running.clear)


def stop_all() -> None:
    """End what is still running: the interpreter must not go while the core works."""
    for handle, ended in list(_running.items()):
        handle.cancel()
        ended.wait()
