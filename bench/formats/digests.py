"""What the readers of the comparison share: the request they get, digests of columns, and the line of JSON they print.

A request is a file of JSON: `files` or `folder`, `columns` as {name: [dtype, length of a list or 0]}, `digest`, and
what else a reader needs. Digests are made when the clock has stopped, by reading again. A column's digest is the sum,
modulo 2^64, of the bits of its values as unsigned integers; value i within a list counts i + 1 times. It is exact, and
the same for any order of the rows. formats.cc has the same.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np


def digest_of(values):
    """The digest of an array of int64 or float32, a row each; the rows may be lists of one length."""
    values = np.asarray(values)
    bits = np.ascontiguousarray(values).view({8: np.uint64, 4: np.uint32}[values.dtype.itemsize]).astype(np.uint64)
    if bits.ndim == 2:
        bits = bits * np.arange(1, bits.shape[1] + 1, dtype=np.uint64)
    return int(bits.sum(dtype=np.uint64))


class Tally:
    """Counts rows of batches, and digests them if that is asked for."""

    def __init__(self, columns, digest):
        self.columns = columns
        self.digests = dict.fromkeys(columns, 0) if digest else None
        self.rows = 0

    def add(self, batch):
        """A batch maps names to arrays, or to what numpy makes arrays of; its columns must be those asked for."""
        first = next(iter(self.columns))
        self.rows += len(batch[first])
        if self.digests is not None:
            if set(batch) != set(self.columns):
                sys.exit(f"a batch has the columns {sorted(batch)}")
            for name, (dtype, length) in self.columns.items():
                values = np.asarray(batch[name])
                if values.dtype != dtype or values.shape[1:] != ((length,) if length else ()):
                    sys.exit(f"{name}: {values.dtype} of shape {values.shape}, {dtype} of {length} expected")
                self.digests[name] = (self.digests[name] + digest_of(values)) % 2**64


def report(read, version):
    """Runs `read(request, tally)` on the request that the command line names, and prints what it took."""
    request = json.loads(Path(sys.argv[-1]).read_text())
    tally = Tally(request["columns"], digest=False)
    started = time.perf_counter()
    read(request, tally)
    result = {"seconds": time.perf_counter() - started, "rows": tally.rows, "version": version}
    if request["digest"]:
        again = Tally(request["columns"], digest=True)
        read(request, again)
        result["digests"] = again.digests if again.rows == tally.rows else {}
    print(json.dumps(result))
