"""PyTorch's DataLoader over an IterableDataset that reads row groups by pyarrow and permutes the rows in a window. The
request's `workers` says how many processes; 0 is the loop's own. Workers share out the row groups, and each has a
window of its own.
"""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import torch
from loader import report
from row_groups import RowGroups, plain
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class ShuffledRows(IterableDataset):
    def __init__(self, request):
        self.request = request

    def __iter__(self):
        columns, size = self.request["columns"], self.request["batch_size"]
        worker = get_worker_info()
        torch.set_num_threads(1)
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        groups = RowGroups(self.request["read"], columns)
        random = np.random.default_rng(self.request["seed"])
        numbers = random.permutation(len(groups))[first::step]
        parts, count = defaultdict(list), 0
        for k, number in enumerate(numbers):
            for name, array in groups.read(number).items():
                parts[name].append(array)
            count += groups.rows[number]
            is_last = k == len(numbers) - 1
            if count < self.request["window"] and not is_last:
                continue
            index = random.permutation(count)
            ready = count if is_last else count // size * size
            window = {name: np.take(np.concatenate(arrays), index) for name, arrays in parts.items()}
            tensors = [
                torch.from_dlpack(plain(window[name][:ready], *columns[name])).split(size) for name in columns
            ]  # fmt: skip
            for values in zip(*tensors, strict=True):
                yield dict(zip(columns, values, strict=True))
            # What does not fill a batch is mixed into the next window.
            parts = defaultdict(list, {name: [array[ready:]] for name, array in window.items()})
            count -= ready


def whole(batch):
    """A batch as the loop's process gets it: a view's whole window would be sent for it."""
    return {name: values.clone() for name, values in batch.items()}


def make(request):
    workers = request["workers"]
    options = {"collate_fn": whole, "prefetch_factor": 4} if workers else {}
    return DataLoader(ShuffledRows(request), batch_size=None, num_workers=workers, **options)


if __name__ == "__main__":
    pa.set_cpu_count(2)
    report(make, f"{torch.__version__}, pyarrow {pa.__version__}", torch.Tensor)
