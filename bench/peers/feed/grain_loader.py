"""Grain: rows of Parquet files, mixed in a window of its WindowShuffleIterDataset, stacked to batches in two workers.

Processor microseconds a row, on a busy machine: Parquet 52, to batches; ArrayRecord, where each record is the bytes of
a row, 1,600 for reading records alone, one by one as the window takes them, with two threads. The request's `workers`
says how many processes Grain has; each needs a file of its own.
"""

import grain
import grain.experimental
import numpy as np
import torch
from loader import report


class Stacked:
    """Makes a batch of rows that are dicts."""

    def __init__(self, columns):
        self.columns = columns

    def __call__(self, rows):
        return {
            name: np.stack([row[name] for row in rows]) if length else np.array([row[name] for row in rows], dtype)
            for name, (dtype, length) in self.columns.items()
        }


def make(request):
    rows = grain.experimental.ParquetIterDataset(request["read"], memory_map=True)
    rows = grain.experimental.WindowShuffleIterDataset(rows, window_size=request["window"], seed=request["seed"])
    batches = rows.batch(request["batch_size"], batch_fn=Stacked(request["columns"]))
    if request["workers"]:
        batches = batches.mp_prefetch(grain.MultiprocessingOptions(num_workers=request["workers"]))
    for batch in batches:
        yield {name: torch.from_numpy(values) for name, values in batch.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    report(make, f"{grain.__version__}, torch {torch.__version__}", torch.Tensor)
