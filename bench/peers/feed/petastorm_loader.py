"""Petastorm: make_batch_reader with row groups permuted, and its BatchedDataLoader, which permutes rows of a window."""

import warnings

warnings.filterwarnings("ignore")
import petastorm  # noqa: E402
import torch  # noqa: E402
from loader import report  # noqa: E402
from petastorm import make_batch_reader  # noqa: E402
from petastorm.pytorch import BatchedDataLoader  # noqa: E402


def make(request):
    reader = make_batch_reader(
        [f"file://{file}" for file in request["read"]],
        schema_fields=[f"^{name}$" for name in request["columns"]],
        reader_pool_type=request.get("pool", "thread"),
        workers_count=2,
        shuffle_row_groups=True,
        shard_seed=request["seed"],
    )
    with reader:
        yield from BatchedDataLoader(
            reader, batch_size=request["batch_size"], shuffling_queue_capacity=request["window"]
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    report(make, f"{petastorm.__version__}, torch {torch.__version__}", torch.Tensor)
