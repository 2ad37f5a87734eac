"""The first rows of Parquet files, in a process of their own: to the kernel, the peak memory of a process is at least
that of the one that started it, so compare.py holds no tables and imports nothing large.

python first_rows.py digests REQUEST.json ROWS      prints the digests of the columns
python first_rows.py save REQUEST.json ROWS OUT     saves the columns as arrays of numpy
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from digests import Tally
from pyarrow_reader import array_of


def first_rows(request, rows):
    """Maps of names to arrays, a file each, that together have so many rows."""
    for file in request["files"]:
        table = pq.read_table(file, columns=list(request["columns"])).slice(0, rows)
        yield {name: array_of(table[name].combine_chunks()) for name in request["columns"]}
        rows -= table.num_rows
        if rows == 0:
            return


def main(command, request, rows, out=None):
    request = json.loads(Path(request).read_text())
    parts = first_rows(request, int(rows))
    if command == "save":
        parts = list(parts)
        np.savez(out, **{name: np.concatenate([part[name] for part in parts]) for name in request["columns"]})
        return
    tally = Tally(request["columns"], digest=True)
    for part in parts:
        tally.add(part)
    print(json.dumps(tally.digests))


if __name__ == "__main__":
    main(*sys.argv[1:])
