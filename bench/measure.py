"""Runs a command as a benchmark does: whole process, then sync; with the peak memory of all its processes."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Measurement:
    seconds: float
    peak_bytes: int
    stdout: str
    exit_code: int
    stderr: str


def peak_of_tree(pid):
    """The sum of the peaks, so far, of a process and its descendants that live now."""
    total, todo = 0, [pid]
    while todo:
        process = Path(f"/proc/{todo.pop()}")
        try:
            status = (process / "status").read_text()
            for task in (process / "task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it has ended
        total += next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM")), 0)
    return total


def measure(command, log, env=None, syncs=True, beside=()):
    """Runs a command, its outputs to files beside `log`; `syncs` says whether the sync after it counts. The peak is the
    greater of the kernel's figure for the process itself and of samples over the whole tree, since Java runs as a child
    of Python, and over the trees of the processes `beside` it, which work for it."""
    if syncs:
        os.sync()  # nothing of the one before is left to be written
    peak, done = 0, threading.Event()

    def sample(pid):
        nonlocal peak
        while not done.wait(SAMPLE_SECONDS):
            peak = max(peak, sum(map(peak_of_tree, (pid, *beside))))

    out, err = log.with_suffix(".out"), log.with_suffix(".err")
    with out.open("wb") as stdout, err.open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), stdout=stdout, stderr=stderr, env={**os.environ, **(env or {})}
        )
        sampler = threading.Thread(target=sample, args=(process.pid,))
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        if syncs:
            os.sync()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    done.set()
    sampler.join()
    return Measurement(
        seconds, max(peak, usage.ru_maxrss * 1024), out.read_text(), process.returncode, err.read_text(errors="replace")
    )
