"""Reads the TFRecord shards of one part with TensorFlow and saves all values. Run by TensorFlow's own environment:

python tensorflow_reads.py DATA_SET PART OUT.npz
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

DTYPES = {"int": tf.int64, "timestamp": tf.int64, "date": tf.int64, "bool": tf.int64, "float": tf.float32}


def element_type(type_text):
    text = type_text.removeprefix("fixed_size_list<").removeprefix("list<")
    return next((dtype for prefix, dtype in DTYPES.items() if text.startswith(prefix)), tf.string)


def main(data_set, part, out):
    root = Path(data_set)
    manifest = json.loads((root / "manifest.json").read_text())
    shards = next(entry["shards"] for entry in manifest["parts"] if entry["name"] == part)
    features = {
        column["name"]: tf.io.FixedLenFeature(column["shape"], element_type(column["type"]))
        for column in manifest["columns"]
    }
    dataset = tf.data.TFRecordDataset([str(root / shard["file"]) for shard in shards])
    batches = dataset.batch(4096).map(lambda records: tf.io.parse_example(records, features))
    columns = {name: [] for name in features}
    for batch in batches:
        for name, values in batch.items():
            columns[name].append(values.numpy())
    np.savez(out, **{name: np.concatenate(values) for name, values in columns.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
