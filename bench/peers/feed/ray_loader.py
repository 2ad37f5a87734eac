"""Ray Data: read_parquet() and iter_torch_batches(), rows mixed in a local buffer. Ray starts before the clock."""

import os

os.environ |= {"RAY_DEDUP_LOGS": "0", "RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}

import ray  # noqa: E402
import torch  # noqa: E402
from loader import report  # noqa: E402


def make(request):
    files = ray.data.read_parquet(request["read"], columns=list(request["columns"]), shuffle="files")
    return files.iter_torch_batches(
        batch_size=request["batch_size"],
        local_shuffle_buffer_size=request["window"],
        local_shuffle_seed=request["seed"],
        prefetch_batches=2,
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=2 << 30)
    report(make, f"{ray.__version__}, torch {torch.__version__}", torch.Tensor)
