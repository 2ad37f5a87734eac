"""What the loaders of `make bench-feed` share: the request they get, the clock, and the line of JSON they print.

    python PEER.py REQUEST.json                 one timed pass
    python PEER.py REQUEST.json --order OUT.npy one pass without a clock: what was delivered, and in which order

A request is a file of JSON: `read`, the files to read, `folder` where they are, `columns` as {name: [dtype, length of a
list or 0]}, `rows` in all files, `batch_size`, `window`, the rows that are shuffled together, `seed`, and what else a
peer needs (its docstring says). A peer is a function of the request that gives batches, each a dict of all columns.
Imports are over before the clock starts; it stops after the last batch. The line has `rows`, `seconds`,
`first_batch_seconds`, `processor_seconds`, the memory held before the loader was made and at most (of this process),
`version`; and with --order `digests` of all columns, made as in bench/formats. OUT.npy has the impression_ids as they
came.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "formats"))

from digests import Tally  # noqa: E402

KEY = "impression_id"


def memory(field):
    """A figure of this process, in bytes: "VmRSS" is what it holds, "VmHWM" the most it has held."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) << 10


def as_array(values):
    """The array behind a tensor of PyTorch or TensorFlow. PyTorch may be built for another numpy, hence DLPack."""
    if isinstance(values, np.ndarray):
        return values
    return values.numpy() if type(values).__module__.startswith("tensorflow") else np.from_dlpack(values)


def rows_of(batch):
    return next(iter(batch.values())).shape[0]


def processor_seconds():
    """Of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def timed_pass(make, request):
    rows, first = 0, None
    started, processor = time.perf_counter(), processor_seconds()
    for batch in make(request):
        if first is None:
            first = time.perf_counter() - started
        rows += rows_of(batch)
    seconds = time.perf_counter() - started
    spent = processor_seconds() - processor
    return {"seconds": seconds, "rows": rows, "first_batch_seconds": first, "processor_seconds": spent}


def checked_pass(make, request, kind, order):
    tally, keys, sizes = Tally(request["columns"], digest=True), [], []
    for batch in make(request):
        if not isinstance(batch, dict) or not all(isinstance(values, kind) for values in batch.values()):
            sys.exit(f"a batch is not a dict of {kind.__name__}: {[type(values) for values in batch.values()]}")
        arrays = {name: as_array(values) for name, values in batch.items()}
        tally.add(arrays)
        keys.append(arrays[KEY].copy())
        sizes.append(len(keys[-1]))
    np.save(order, np.concatenate(keys))
    return {"rows": tally.rows, "digests": tally.digests, "batches": len(sizes), "sizes": sorted(set(sizes))}


def report(make, version, kind):
    """Runs a peer as the command line says; `kind` is the type that the values of its batches must have."""
    request = json.loads(Path(sys.argv[1]).read_text())
    random.seed(request["seed"])
    baseline = memory("VmRSS")
    if "--order" in sys.argv:
        result = checked_pass(make, request, kind, sys.argv[sys.argv.index("--order") + 1])
    else:
        result = timed_pass(make, request)
    result |= {"baseline_bytes": baseline, "own_peak_bytes": memory("VmHWM"), "version": version}
    print(json.dumps(result), flush=True)
