"""MDS by MosaicML Streaming.

python streaming_peer.py read REQUEST.json                   StreamingDataset, through PyTorch's DataLoader with two
                                                             workers if there is a PyTorch, else by itself
python streaming_peer.py write VALUES.npz FOLDER ROWS        MDSWriter
"""

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests/integration"))

from digests import report  # noqa: E402
from mds_streaming import HAS_TORCH, MDSWriter, StreamingDataset, streaming  # noqa: E402

if HAS_TORCH:
    import torch
    from torch.utils.data import DataLoader

    VERSION = f"{streaming.__version__}, torch {torch.__version__}"
else:
    VERSION = f"{streaming.__version__}, no torch"


def read(request, tally):
    data = StreamingDataset(local=request["folder"], batch_size=4096, shuffle=False, num_canonical_nodes=1)
    if HAS_TORCH:
        for batch in DataLoader(data, batch_size=4096, num_workers=2):
            tally.add(batch)
        return
    samples = []
    for sample in data:
        samples.append(sample)
        if len(samples) == 4096:
            tally.add(stacked(samples))
            samples.clear()
    if samples:
        tally.add(stacked(samples))


def stacked(samples):
    return {name: np.array([sample[name] for sample in samples]) for name in samples[0]}


def write(values, folder, rows):
    columns = dict(np.load(values))
    encodings = {
        name: f"ndarray:{column.dtype}:{column.shape[1]}" if column.ndim == 2 else str(column.dtype)
        for name, column in columns.items()
    }
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()
    with MDSWriter(out=folder, columns=encodings) as writer:
        for i in range(int(rows)):
            writer.write({name: column[i] for name, column in columns.items()})
    print(json.dumps({"seconds": time.perf_counter() - started, "rows": int(rows), "version": streaming.__version__}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        report(read, VERSION)
