"""What programs of the tests of feeds share."""

import gc
import time
from pathlib import Path


def count_leftovers(allowed_threads=None, seconds=5):
    """Threads and open files of this process, when those that are on their way out are gone."""
    gc.collect()
    end = time.monotonic() + seconds
    while True:
        threads, files = len(list(Path("/proc/self/task").iterdir())), len(list(Path("/proc/self/fd").iterdir()))
        if allowed_threads is None or threads <= allowed_threads or time.monotonic() > end:
            assert allowed_threads is None or threads <= allowed_threads, f"{threads} threads are left"
            return threads, files
        time.sleep(0.02)
