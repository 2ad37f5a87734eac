"""TFRecord by TensorFlow, in its own environment: the Python writer, and tf.data with parse_example.

python tensorflow_peer.py write TABLE.parquet FILE ROWS
python tensorflow_peer.py read FOLDER COMPRESSION SCHEMA.json ROWS

TABLE.parquet is read by pandas before the clock starts. SCHEMA.json maps the names of the columns to read to their type
and length.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import tensorflow as tf


def write(values, path, rows):
    columns = dict(np.load(values))
    started = time.perf_counter()
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(rows):
            feature = {}
            for name, column in columns.items():
                value = np.atleast_1d(column[i])
                if value.dtype.kind == "f":
                    feature[name] = tf.train.Feature(float_list=tf.train.FloatList(value=value))
                else:
                    feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=value))
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return {"seconds": time.perf_counter() - started, "rows": rows, "bytes": Path(path).stat().st_size}


def read(folder, compression, schema, rows):
    columns = json.loads(Path(schema).read_text())
    features = {
        name: tf.io.FixedLenFeature([length] if length else [], getattr(tf, dtype))
        for name, (dtype, length) in columns.items()
    }
    first = next(name for name, (dtype, _) in columns.items() if dtype == "int64")
    files = sorted(str(file) for file in Path(folder).glob("*.tfrecord*") if not file.name.startswith("_"))
    started = time.perf_counter()
    records = tf.data.TFRecordDataset(files, compression_type=compression)
    if rows:
        records = records.take(rows)
    batches = records.batch(4096).map(lambda batch: tf.io.parse_example(batch, features), num_parallel_calls=2)
    count = total = 0
    for batch in batches.prefetch(2):
        count += len(batch[first])
        total += int(tf.reduce_sum(batch[first]))
    return {"seconds": time.perf_counter() - started, "rows": count, "sum": total}


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    result = write(words[0], words[1], int(words[2])) if command == "write" else read(*words[:3], int(words[3]))
    print(json.dumps(result | {"version": tf.__version__}))
