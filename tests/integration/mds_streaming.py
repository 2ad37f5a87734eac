"""Reads and writes MDS folders with MosaicML Streaming. Run by its own environment:

python mds_streaming.py read FOLDER OUT.pickle      all samples of a folder, in order, as StreamingDataset gives them
python mds_streaming.py write FOLDER COLUMNS.json   a folder of 200 samples of the encodings that the file maps names to
"""

import importlib.util
import json
import pickle
import sys
import types
from decimal import Decimal
from pathlib import Path

import numpy as np
import xxhash


def stand_in(name, **names):
    module = types.ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module


class Base:
    """In place of the classes of PyTorch that others derive from: iterating is all that is done with them here."""

    def __init__(self, *_, **__):
        pass

    def __class_getitem__(cls, _):
        return cls


HAS_TORCH = importlib.util.find_spec("torch") is not None


def stand_in_for_torch():
    """The package index has PyTorch only with CUDA, in several GiB; what reading local folders takes of it is this."""
    distributed = types.SimpleNamespace(is_available=lambda: False, is_initialized=lambda: False)
    stand_in("torch", Tensor=Base, distributed=distributed, cuda=types.SimpleNamespace(is_available=lambda: False))
    stand_in("torch.distributed", **vars(distributed))
    stand_in("torch.utils")
    data = {name: type(name, (Base,), {}) for name in ("Dataset", "IterableDataset", "DataLoader")}
    stand_in("torch.utils.data", get_worker_info=lambda: None, **data)


def stand_in_for_others():
    """What is imported only to derive classes for images and texts from it."""
    stand_in("torchvision")
    stand_in("torchvision.datasets", VisionDataset=type("VisionDataset", (Base,), {}))
    stand_in("torchvision.transforms")
    stand_in("torchvision.transforms.functional", to_tensor=None)
    stand_in("transformers")
    stand_in("transformers.feature_extraction_utils", BatchFeature=Base)
    stand_in("transformers.tokenization_utils_base", BatchEncoding=Base)
    stand_in("transformers.models")
    stand_in("transformers.models.auto")
    stand_in("transformers.models.auto.tokenization_auto", AutoTokenizer=None)


if not HAS_TORCH:
    stand_in_for_torch()
stand_in_for_others()

import streaming  # noqa: E402, F401  (what it imports has to be there first)
from streaming import MDSWriter, StreamingDataset  # noqa: E402


def read(folder, out):
    for shard in json.loads((Path(folder) / "index.json").read_text())["shards"]:
        data = (Path(folder) / shard["raw_data"]["basename"]).read_bytes()
        assert shard["raw_data"]["bytes"] == len(data)
        assert shard["raw_data"]["hashes"] == {"xxh3_64": xxhash.xxh3_64(data).hexdigest()}
    dataset = StreamingDataset(local=folder, batch_size=1, shuffle=False)
    by_place = [dataset[i] for i in range(len(dataset))]
    streamed = list(dataset)
    Path(out).write_bytes(pickle.dumps((by_place, streamed)))


def value_of(encoding, row):
    """A value of an encoding; mds_streaming_test.py knows the same rule."""
    name, _, rest = encoding.partition(":")
    if name == "ndarray":
        dtype, _, shape = rest.partition(":")
        count = int(np.prod([int(size) for size in shape.split(",")])) if shape else 1 + row % 300
        array = np.array([(row * 7 + i) % 100 for i in range(count)], dtype)
        return array.reshape([int(size) for size in shape.split(",")]) if shape else array
    if name == "str":
        return "" if row % 5 == 0 else f"tëxt {row}"
    if name == "bytes":
        return bytes(range(row % 7))
    if name == "json":
        return {"row": row}
    if name == "str_decimal":
        return Decimal(row * 1001 - 50_000) / 100
    if name in ("int", "str_int"):
        return row * 1_000_003 - 5_000_000
    if name in ("str_float", "float16", "float32", "float64"):
        return row / 4
    return row % 100


def write(folder, columns):
    encodings = json.loads(Path(columns).read_text())
    with MDSWriter(out=folder, columns=encodings, size_limit=1 << 15, hashes=["xxh3_64"]) as writer:
        for row in range(200):
            writer.write({name: value_of(encoding, row) for name, encoding in encodings.items()})


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
