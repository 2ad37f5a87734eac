"""What an order of rows is worth: python quality.py REQUEST.json ORDER.npy

The request has the Parquet `files` and how many of their first `rows` were to be delivered; ORDER.npy has the keys as
they came. Prints JSON: `complete`, whether each row came exactly once, and `quality`.

The quality is the mean, over whole batches of BATCH rows, of the Kolmogorov-Smirnov distance between the places that
the rows of the batch have in the files, and the uniform distribution over all places. 0 is a batch that represents all
rows, 1 one that has all its rows from one end. A uniform permutation has about 0.87 / sqrt(4096) = 0.0136; rows in the
order of the files 0.75, since a batch from one place has 1 at the ends and 0.5 in the middle.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

BATCH = 4096
KEY = "impression_id"


def keys_in_files(files, rows):
    parts = []
    for file in files:
        parts.append(pq.read_table(file, columns=[KEY])[KEY].to_numpy())
        rows -= len(parts[-1])
        if rows <= 0:
            break
    keys = np.concatenate(parts)
    return keys[: len(keys) + min(rows, 0)]


def places_of(order, keys):
    """The place in the files of each row, or None unless each came once."""
    if len(order) != len(keys):
        return None
    sorting = np.argsort(keys, kind="stable")
    found = np.searchsorted(keys, order, sorter=sorting)
    places = sorting[np.minimum(found, len(keys) - 1)]
    seen = np.zeros(len(keys), bool)
    seen[places] = True
    return places if seen.all() and np.array_equal(keys[places], order) else None


def quality_of(places, batch=BATCH):
    """The mean distance; None where there is no whole batch."""
    count = len(places) // batch
    if count == 0:
        return None
    ranks = np.arange(batch) / batch
    distances = []
    for k in range(count):
        shares = np.sort((places[k * batch : (k + 1) * batch] + 0.5) / len(places))
        distances.append(max((shares - ranks).max(), (ranks + 1 / batch - shares).max()))
    return float(np.mean(distances))


def main(request, order):
    request = json.loads(Path(request).read_text())
    places = places_of(np.load(order), keys_in_files(request["files"], request["rows"]))
    result = {"complete": places is not None, "quality": None if places is None else quality_of(places)}
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
