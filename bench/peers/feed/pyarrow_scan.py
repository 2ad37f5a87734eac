"""A plain scan by pyarrow's datasets: all columns, two threads, no order, no tensors; batches are counted and dropped.

Seconds for 10,000,000 rows, the best and the processor time of three runs each in turn on a machine in use:

    as it comes                               0.76   1.49
    cache_metadata=False                      0.71   1.41   taken
    pre_buffer=False                          0.73   1.43
    batch_size 16 Ki                          0.77   1.53
    batch_size 32 Ki                          0.81   1.60
    batch_size 64 Ki                          0.74   1.41
    batch_size 1 Mi                           0.74   1.46
    batch_readahead 4, fragment_readahead 2   0.74   1.44
    batch_readahead 2, fragment_readahead 1   0.84   1.39
    use_buffered_stream, of 1 MiB             0.82   1.62
    files mapped into memory                  0.78   1.52
    mapped, pre_buffer=False                  0.81   1.59
    use_threads=False                         0.76   1.47
    two threads for reading files             0.74   1.46
    the memory pool of the system             0.90   1.72   instead of mimalloc
    read_row_group() in two threads           0.75   1.48   no scanner
    the same, files mapped into memory        0.68   1.27   no scanner
"""

import sys
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from loader import report
from pyarrow_reader import array_of


def make(request):
    """Batches that know the number of their rows only; with --order, of arrays."""
    data = ds.dataset(request["read"], format="parquet")
    scanner = data.scanner(columns=list(request["columns"]), cache_metadata=False)
    for batch in scanner.to_batches():
        yield arrays_of(batch) if "--order" in sys.argv else {"": Rows((batch.num_rows,))}


class Rows(NamedTuple):
    shape: tuple


def arrays_of(batch):
    return {name: array_of(batch[name]) for name in batch.schema.names}


if __name__ == "__main__":
    pa.set_cpu_count(2)
    report(make, pa.__version__, np.ndarray)
