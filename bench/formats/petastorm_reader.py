"""Reads a Petastorm data set to batches by make_batch_reader with two threads, and PyTorch's BatchedDataLoader if there
is a PyTorch: python petastorm_reader.py REQUEST.json
"""

import warnings

warnings.filterwarnings("ignore")
import petastorm  # noqa: E402
from digests import report  # noqa: E402
from petastorm import make_batch_reader  # noqa: E402

try:
    import torch
    from petastorm.pytorch import BatchedDataLoader

    torch.set_num_threads(2)
    VERSION = f"{petastorm.__version__}, torch {torch.__version__}"
except ImportError:
    BatchedDataLoader = None
    VERSION = f"{petastorm.__version__}, no torch"


def read(request, tally):
    reader = make_batch_reader(
        [f"file://{file}" for file in request["files"]],
        schema_fields=[f"^{name}$" for name in request["columns"]],
        reader_pool_type="thread",
        workers_count=2,
        shuffle_row_groups=False,
    )
    with reader:
        if BatchedDataLoader is None:
            for group in reader:
                tally.add(group._asdict())
        else:
            for batch in BatchedDataLoader(reader, batch_size=4096):
                tally.add(batch)


if __name__ == "__main__":
    report(read, VERSION)
