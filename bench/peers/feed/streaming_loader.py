"""MosaicML Streaming: StreamingDataset, samples permuted in blocks, in PyTorch's DataLoader with two workers.

The folder is MDS, written by `headrace convert`.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "tests/integration"))

import torch  # noqa: E402
from loader import report  # noqa: E402
from mds_streaming import StreamingDataset, streaming  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402


def make(request):
    streaming.base.util.clean_stale_shared_memory()
    data = StreamingDataset(
        local=request["folder"],
        batch_size=request["batch_size"],
        shuffle=True,
        shuffle_seed=request["seed"],
        shuffle_block_size=request["window"],
        num_canonical_nodes=1,
    )
    return DataLoader(data, batch_size=request["batch_size"], num_workers=request.get("workers", 2))


if __name__ == "__main__":
    torch.set_num_threads(1)
    report(make, f"{streaming.__version__}, torch {torch.__version__}", torch.Tensor)
