"""What programs of the tests of feeds share."""

import gc
import time
from pathlib import Path


def write_rows(path, count):
    """Rows of every kind of column that is a tensor, as Parquet in small row groups; returns the path."""
    # Programs that run where pyarrow is not imported yet share this module, too.
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "id": pa.array(range(count), pa.int64()),
            "f": pa.array([i / 2 for i in range(count)], pa.float32()),
            "b": pa.array([i % 3 == 0 for i in range(count)]),
            "l": pa.array([list(range(i % 4)) for i in range(count)], pa.list_(pa.int64())),
            "v": pa.FixedSizeListArray.from_arrays(pa.array(range(3 * count), pa.int32()), 3),
            "nu": pa.array([None if i % 5 == 0 else i for i in range(count)], pa.int64()),
        }
    )
    pq.write_table(table, path, row_group_size=130)
    return path


def count_leftovers(allowed_threads=None, seconds=5):
    """Threads and open files of this process, when those that are on their way out are gone."""
    gc.collect()
    # A thread that was joined is listed for a moment longer.
    time.sleep(0.1)
    end = time.monotonic() + seconds
    while True:
        threads, files = len(list(Path("/proc/self/task").iterdir())), len(list(Path("/proc/self/fd").iterdir()))
        if allowed_threads is None or threads <= allowed_threads or time.monotonic() > end:
            assert allowed_threads is None or threads <= allowed_threads, f"{threads} threads are left"
            return threads, files
        time.sleep(0.02)
